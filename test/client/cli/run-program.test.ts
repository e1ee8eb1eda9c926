import { expect, it } from 'vitest';
import { runProgram } from '../../../client/cli/at/run-program.ts';

it.each<[what: string, command: readonly [string, ...string[]], code: number]>([
  ['there is none of that name', ['noonmark-is-no-such-program'], 127],
  ['it is a folder', ['/'], 126],
  ['its path goes through a file', [`${import.meta.filename}/x`], 126],
  ['it has no name', [''], 126],
  ['its arguments are too long', ['true', 'x'.repeat(3_000_000)], 126],
])('no program is started where %s, and a shell’s code says so', async (_what, command, code) => {
  const before = process.listenerCount('SIGTERM');
  const { isStarted, ended } = runProgram(command);
  expect([isStarted, await ended]).toEqual([false, code]);
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

/** A program on a terminal of 60 × 8, by util-linux's `script`. */
import { spawnSync } from 'node:child_process';
import { type Child, startChild } from './child.ts';

/** For `describe.skipIf(!hasTerminal)`. */
export const hasTerminal = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;

/** What it shows is on `said.stdout`; what is written to `stdin` is typed. Its exit code is the program's. */
export const startOnTerminal = (...command: readonly string[]): Promise<Child> => {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return startChild('script', ['-qec', `stty rows 8 cols 60; ${quoted}; code=$?; stty -a; exit $code`, '/dev/null']);
};

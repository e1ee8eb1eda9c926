import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { programFault } from '../../../client/cli/at/find-program.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const folder = makeTempDir();
const [first, second] = [join(folder, 'first'), join(folder, 'second')];
for (const place of [first, second]) mkdirSync(place);
mkdirSync(join(first, 'folder'));
writeFileSync(join(first, 'both'), '');
for (const name of ['both', 'second']) writeFileSync(join(second, name), '', { mode: 0o755 });
writeFileSync(join(first, 'text'), '', { mode: 0o644 });
const path = [join(folder, 'gone'), join(first, 'text'), first, second].join(delimiter);

it.each<[what: string, file: string, fault: number | undefined]>([
  ['stands in the path', 'second', undefined],
  ['may be run in one folder, and not in an earlier one', 'both', undefined],
  ['is named by its own path', join(second, 'second'), undefined],
  ['is nowhere in the path', 'nothing', 127],
  ['is not where its own path says', join(first, 'second'), 127],
  ['has a path through a file', join(first, 'text', 'x'), 127],
  ['may not be run', 'text', 126],
  ['may not be run where its own path says', join(first, 'text'), 126],
  ['is a folder', 'folder', 126],
  ['is a folder by its path', '/', 126],
  ['has no name', '', 126],
])('of a program that %s is said what a shell would exit with', (_what, file, fault) => {
  expect(programFault(file, path)).toBe(fault);
});

it('is looked for in the folder that we are in where the path has an empty entry', () => {
  expect(programFault('package.json', delimiter)).toBe(126);
  expect(programFault('package.json', first)).toBe(127);
});

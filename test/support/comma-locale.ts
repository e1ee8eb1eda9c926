/** A locale that writes 1,5 for 1.5, as half of the world has it, whether this machine has one installed or not. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from './temp-dir.ts';

/** @returns the environment in which programs use it; undefined where this machine cannot make it. */
export const makeCommaLocale = (): Readonly<Record<string, string>> | undefined => {
  const folder = makeTempDir();
  const source = join(folder, 'source');
  writeFileSync(source, 'LC_NUMERIC\ndecimal_point ","\nthousands_sep ""\ngrouping -1\nEND LC_NUMERIC\n');
  spawnSync('localedef', ['-c', '-i', source, join(folder, 'comma')]); // fails for all that is not defined, and is made
  return existsSync(join(folder, 'comma/LC_NUMERIC')) ? { LOCPATH: folder, LC_ALL: 'comma' } : undefined;
};

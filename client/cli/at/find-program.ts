/** Whether there is a program, long before it is run. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { NOT_FOUND, NOT_RUNNABLE } from './run-program.ts';

/** Where `PATH` is not set, as execvp has it. */
const DEFAULT_PATH = '/bin:/usr/bin';

/**
 * Looks for it as execvp does: a name with a slash is a path, and an empty folder in `path` is the one that we are in.
 *
 * @returns what a shell would exit with; undefined where it may be run, and on Windows, which looks in other ways.
 */
export const programFault = (file: string, path = process.env.PATH ?? DEFAULT_PATH): number | undefined => {
  if (process.platform === 'win32') return undefined;
  const places = file.includes('/') ? [file] : path.split(delimiter).map((folder) => join(folder || '.', file));
  const faults = places.map(faultAt);
  if (faults.includes(undefined)) return undefined;
  return faults.includes(NOT_RUNNABLE) ? NOT_RUNNABLE : NOT_FOUND;
};

const faultAt = (place: string): number | undefined => {
  try {
    accessSync(place, constants.X_OK);
    return statSync(place).isFile() ? undefined : NOT_RUNNABLE;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? NOT_FOUND : NOT_RUNNABLE;
  }
};

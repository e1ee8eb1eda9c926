/** Files that hold a secret which others made: read within a bound, and only where nobody but their owner can. */
import { statSync } from 'node:fs';
import { readBounded } from './files.ts';
import { attempt, SetupError } from './setup-error.ts';

/**
 * @param what - such as "the key", for the message.
 * @returns undefined where it holds more than `most` octets.
 * @throws SetupError where it cannot be read, or by others than its owner too.
 */
export const readSecret = (what: string, path: string, most: number): Buffer | undefined => {
  const { mode } = attempt(`read ${what} ${path}`, () => statSync(path));
  if (mode & 0o077) throw new SetupError(`${what} ${path} is open to others than its owner: chmod 600 ${path}`);
  return attempt(`read ${what} ${path}`, () => readBounded(path, most));
};

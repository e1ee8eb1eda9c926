/** Files that hold a secret which others made: read within a bound, and only where nobody else can. */
import { lstatSync, type Stats, statSync } from 'node:fs';
import { readBounded } from './files.ts';
import { attempt, SetupError } from './setup-error.ts';

/** What others than the owner may do with it: nothing, or read it as members of its group. */
const MODES = { owner: '600', group: '640' } as const;

/**
 * @param what - such as "the key", for the message.
 * @param whose - who may read it.
 * @returns undefined where it holds more than `most` octets.
 * @throws SetupError where it cannot be read, or by others too.
 */
export const readSecret = (
  what: string,
  path: string,
  most: number,
  whose: keyof typeof MODES = 'owner',
): Buffer | undefined => {
  const stat = attempt(`read ${what} ${path}`, () => statIfAny(path));
  if (!stat?.isFile()) throw new SetupError(`${what} ${path} is no file; restore it, or move away what is there`);
  if (stat.mode & 0o077 & ~Number.parseInt(MODES[whose], 8)) {
    throw new SetupError(`${what} ${path} is open to others than its ${whose}: chmod ${MODES[whose]} ${path}`);
  }
  return attempt(`read ${what} ${path}`, () => readBounded(path, most));
};

/** @returns undefined for a link that leads nowhere, or to itself. */
const statIfAny = (path: string): Stats | undefined => {
  const isLink = lstatSync(path).isSymbolicLink();
  try {
    return statSync(path);
  } catch (error) {
    if (isLink) return undefined;
    throw error;
  }
};

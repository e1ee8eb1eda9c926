/** The master keys of our cookies: in the state directory, so that cookies outlive this process, and a new one each day. */
import { join } from 'node:path';
import { after, between, nanos } from '#contract/time.ts';
import type { Ports } from '../ports.ts';
import {
  cookieKeysOf,
  encodeMasterKeys,
  type MasterKeys,
  newMasterKeys,
  parseMasterKeys,
  ROTATE_AFTER,
  rotate,
} from '../protocol/master-keys.ts';
import type { CookieKey } from '../protocol/server-keys.ts';
import { readKept, writeAtomically } from './files.ts';
import { type Keeping, keeping } from './keeping.ts';
import { attempt, SetupError } from './setup-error.ts';

export type CookieKeys = { readonly now: () => readonly CookieKey[]; readonly close: () => void };

/** The days are this host's: the wall clock tells how old the kept keys are, and from then on the monotonic one. */
export type RotationClocks = Pick<Ports, 'wall' | 'mono' | 'timer'>;

const KEY_SIZE = 32;
const MOST_BYTES = 1_024;

/**
 * @param random - octets that nobody can guess.
 * @param rotated - told of the keys that count from now on.
 */
export const openCookieKeys = (
  stateDir: string,
  { wall, mono, timer }: RotationClocks,
  random: (size: number) => Buffer,
  rotated: (keys: readonly CookieKey[]) => void,
  { keep, failed, done }: Pick<Keeping, 'keep' | 'failed' | 'done'> = keeping,
): CookieKeys => {
  const path = join(stateDir, 'nts-keys');
  const write = (keys: MasterKeys): void =>
    attempt(`write ${path}`, () => writeAtomically(path, encodeMasterKeys(keys), 0o600));
  /** A copy: a Buffer may share its memory with others, and would take it along to the threads. */
  const secret = (): Uint8Array => Uint8Array.from(random(KEY_SIZE));

  const found = readKept(path, MOST_BYTES, parseMasterKeys, 'clients get new cookies');
  const fresh = (): MasterKeys => newMasterKeys(random(4).readUInt32BE(), [secret(), secret()], wall());
  let keys = typeof found === 'string' ? fresh() : found;
  if (typeof found === 'string') keep(path, () => write(keys));
  let isOpen = true;

  /** Those of now go on until it is done: one that is not on disk would be lost with all its cookies at the next start. */
  const rotateNow = (): boolean => {
    const next = rotate(keys, secret(), wall());
    try {
      write(next);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      failed(path, error.message, () => isOpen && rotateAndTell());
      return false;
    }
    done(path);
    keys = next;
    rotateAfter(ROTATE_AFTER);
    return true;
  };
  const rotateAndTell = (): void => {
    if (rotateNow()) rotated(cookieKeysOf(keys));
  };
  let forget = (): void => {};
  const rotateAfter = (length: number): void => {
    forget = timer(after(mono(), nanos(length)), rotateAndTell);
  };
  // A time that is yet to come was written by a wall clock that was ahead, or is read by one that is behind.
  const age = nanos(Math.max(0, between(keys.since, wall())));
  if (age >= ROTATE_AFTER) rotateNow();
  else rotateAfter(ROTATE_AFTER - age);
  return {
    now: () => cookieKeysOf(keys),
    close: () => {
      isOpen = false;
      forget();
    },
  };
};

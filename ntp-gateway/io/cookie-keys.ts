/** The master keys of our cookies: in the state directory, so that cookies outlive this process, and a new one each day. */
import { join } from 'node:path';
import { after, between, nanos, seconds } from '#contract/time.ts';
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
import { log } from './log.ts';
import { attempt, SetupError } from './setup-error.ts';

export type CookieKeys = { readonly now: () => readonly CookieKey[]; readonly close: () => void };

/** The days are this host's: the wall clock tells how old the kept keys are, and from then on the monotonic one. */
export type RotationClocks = Pick<Ports, 'wall' | 'mono' | 'timer'>;

const KEY_SIZE = 32;
const MOST_BYTES = 1_024;
const RETRY_AFTER = seconds(3_600);

/**
 * @param random - octets that nobody can guess.
 * @param rotated - told of the keys that count from now on.
 * @throws SetupError where the keys cannot be read or written.
 */
export const openCookieKeys = (
  stateDir: string,
  { wall, mono, timer }: RotationClocks,
  random: (size: number) => Buffer,
  rotated: (keys: readonly CookieKey[]) => void,
): CookieKeys => {
  const path = join(stateDir, 'nts-keys');
  const keep = (keys: MasterKeys): MasterKeys => {
    attempt(`write ${path}`, () => writeAtomically(path, encodeMasterKeys(keys), 0o600));
    return keys;
  };
  /** A copy: a Buffer may share its memory with others, and would take it along to the threads. */
  const secret = (): Uint8Array => Uint8Array.from(random(KEY_SIZE));
  const rotateOnce = (): MasterKeys => keep(rotate(keys, secret(), wall()));

  const found = attempt(`read ${path}`, () => readKept(path, MOST_BYTES, parseMasterKeys, 'clients get new cookies'));
  const fresh = (): MasterKeys => newMasterKeys(random(4).readUInt32BE(), [secret(), secret()], wall());
  let keys = typeof found === 'string' ? keep(fresh()) : found;
  // A time that is yet to come was written by a wall clock that was ahead, or is read by one that is behind.
  const age = nanos(Math.max(0, between(keys.since, wall())));
  if (age >= ROTATE_AFTER) keys = rotateOnce();

  /** @returns whether they are rotated. */
  const tryToRotate = (): boolean => {
    try {
      keys = rotateOnce();
      return true;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      // Those of now go on: one that is not on disk would be lost with all its cookies at the next start.
      const msg = `${error.message}: NTS keys are not rotated, which is tried again`;
      log({ event: 'nts-keys', level: 'warn', file: path, msg });
      return false;
    }
  };
  let forget = (): void => {};
  const rotateAfter = (length: number): void => {
    forget = timer(after(mono(), nanos(length)), () => {
      const isRotated = tryToRotate();
      rotateAfter(isRotated ? ROTATE_AFTER : RETRY_AFTER);
      if (isRotated) rotated(cookieKeysOf(keys));
    });
  };
  rotateAfter(age >= ROTATE_AFTER ? ROTATE_AFTER : ROTATE_AFTER - age);
  return { now: () => cookieKeysOf(keys), close: () => forget() };
};

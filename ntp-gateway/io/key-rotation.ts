/**
 * The gateway's key gives way to another, step by step in its state directory. After a crash in front of any step the old key
 * goes on, or the new one has begun, whole; and who is asked again goes on with the same new key, for two would be a fork.
 */
import { readFileSync, renameSync, statSync } from 'node:fs';
import { MAX_SUCCESSION_LENGTH, MOST_SUCCESSIONS, signSuccession } from '#contract/key-succession.ts';
import { readBounded, removeDurably, syncFolder, writeAtomically } from './files.ts';
import { createWhereMissing, edgeRoughtimeText, type GatewayKey, keyFiles, loadKey, newKeyText } from './keys.ts';
import { attempt, SetupError } from './setup-error.ts';

/** The word of the key that signs now, to be handed to the edges before anything here changes. */
export type Turn = {
  readonly key: GatewayKey;
  /** That it names; absent where none follows. */
  readonly next?: GatewayKey;
  readonly jws: string;
  /** What is left to do in the state directory. */
  readonly steps: readonly (() => void)[];
};

/** @throws SetupError where a file is missing, or cannot be read, written or trusted, as does the other. */
export const beginRotation = async (
  stateDir: string,
  gateway: string,
): Promise<Turn & { readonly next: GatewayKey }> => {
  const files = keyFiles(stateDir);
  const key = await loadKey(stateDir);
  createWhereMissing(files.next, statSync(files.current));
  const next = await loadKey(stateDir, 'next');
  const jws = await signSuccession({ version: 1, gateway, key: key.x, next: next.x }, key);
  const steps = [
    () => write(stateDir, files.edgeRoughtime, `${edgeRoughtimeText(stateDir)}\n`), // before its source goes
    () => keepSuccession(stateDir, jws),
    () => write(stateDir, files.retired, readFileSync(files.current, 'utf8')),
    () => takeUp(stateDir),
  ];
  return { key, next, jws, steps };
};

/**
 * A next key that was to follow may be as stolen as this one: another takes its place, of which that word says nothing. What Roughtime's
 * keys were made of is thrown away, too. Nothing is written before the edges are told: a full disk must not keep a thief's key alive.
 */
export const beginRevocation = async (stateDir: string, gateway: string): Promise<Turn> => {
  const files = keyFiles(stateDir);
  const key = await loadKey(stateDir);
  const jws = await signSuccession({ version: 1, gateway, key: key.x, next: null }, key);
  const steps = [
    () => write(stateDir, files.next, newKeyText()),
    () => keepSuccession(stateDir, jws),
    () => removeDurably(files.retired),
    () => removeDurably(files.edgeRoughtime),
    () => takeUp(stateDir),
  ];
  return { key, jws, steps };
};

/**
 * @returns the key that signs from now on. @throws SetupError also where another rotation or revocation came to its end while the edges
 *   were told: one more would retire what signs now.
 */
export const complete = async (stateDir: string, { key, next, steps }: Turn): Promise<GatewayKey> => {
  const isSame = (await loadKey(stateDir)).x === key.x && (!next || (await loadKey(stateDir, 'next')).x === next.x);
  if (!isSame)
    throw new SetupError(
      `another rotate-key or revoke-key has changed the key in ${stateDir} meanwhile: it stays as it is`,
    );
  attempt(`change the key in ${stateDir}`, () => {
    for (const step of steps) step();
  });
  return loadKey(stateDir);
};

const takeUp = (stateDir: string): void => {
  const { current, next } = keyFiles(stateDir);
  renameSync(next, current);
  syncFolder(current);
};

/** Whoever meets an edge later, or anew, can hand them in again: docs/keys.md. */
const keepSuccession = (stateDir: string, jws: string): void => {
  const { successions } = keyFiles(stateDir);
  const kept = readLines(successions).filter((line) => line !== '' && line !== jws);
  write(
    stateDir,
    successions,
    [...kept, jws]
      .slice(-MOST_SUCCESSIONS)
      .map((line) => `${line}\n`)
      .join(''),
  );
};

/** What cannot be read holds up no revocation. */
const readLines = (path: string): readonly string[] => {
  try {
    const text = readBounded(path, 2 * MOST_SUCCESSIONS * MAX_SUCCESSION_LENGTH);
    return text?.toString('latin1').split('\n') ?? [];
  } catch {
    return [];
  }
};

/** For whom the key belongs to: an administrator may do this for the daemon. */
const write = (stateDir: string, path: string, text: string): void =>
  attempt(`write ${path}`, () => writeAtomically(path, text, 0o600, statSync(keyFiles(stateDir).current)));

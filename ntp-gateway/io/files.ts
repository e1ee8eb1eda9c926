/** Files of the gateway: read within a bound, written whole or not at all. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fromUtf8 } from '#contract/web-platform.ts';
import { log } from './log.ts';
import { attempt, SetupError } from './setup-error.ts';

const MOST_CONFIG_BYTES = 1_000_000;
const MOST_EPOCH_BYTES = 16;

export const readConfigFile = (path: string): string => {
  const bytes = attempt(`read ${path}`, () => readBounded(path, MOST_CONFIG_BYTES));
  if (!bytes) throw new SetupError(`cannot read ${path}: it is larger than ${MOST_CONFIG_BYTES} bytes`);
  const text = fromUtf8(bytes);
  if (text === undefined) throw new SetupError(`cannot read ${path}: it is not UTF-8 text`);
  return text;
};

/** Makes the folder where it is missing, for its owner alone; one that exists is left as it is. */
export const openStateDir = (path: string): void =>
  attempt(`use the state directory ${path}`, () => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  });

/** An epoch that no earlier run has signed in. It is on disk before it is returned. */
export const nextEpoch = (stateDir: string): number =>
  attempt(`keep the epoch in ${stateDir}`, () => {
    const epoch = storedEpoch(stateDir) + 1;
    writeEpoch(stateDir, epoch);
    return epoch;
  });

/** The next start goes on above `epoch`, which is on disk before this returns. Never lowers the one that is kept. */
export const keepEpoch = (stateDir: string, epoch: number): void =>
  attempt(`keep the epoch in ${stateDir}`, () => {
    if (epoch > storedEpoch(stateDir)) writeEpoch(stateDir, epoch);
  });

const epochPath = (stateDir: string): string => join(stateDir, 'epoch');
const writeEpoch = (stateDir: string, epoch: number): void => writeAtomically(epochPath(stateDir), `${epoch}\n`, 0o600);

/**
 * The last epoch used; 0 before the first.
 *
 * Where the file is damaged the count goes on from the Unix seconds: epochs go up by one for each start or step, which
 * happens less than once a second, so no count has come that far. Where this host's clock is wrong as well, or an edge
 * had asked for more, the edge answers 409 with the epoch that it keeps, and the gateway goes on above that.
 */
const storedEpoch = (stateDir: string): number => {
  const found = readKept(epochPath(stateDir), MOST_EPOCH_BYTES, parseEpoch, 'counting on from the Unix time');
  if (found === 'damaged') return Math.floor(Date.now() / 1_000);
  return found === 'absent' ? 0 : found;
};

const parseEpoch = (text: string): number | undefined => (/^\d{1,15}\n$/.test(text) ? Number(text) : undefined);

/**
 * What an earlier run kept in a file of its own. One that `parse` cannot read is damaged, and set aside with a warning.
 *
 * @param parse - gets an empty text where the file holds more than `most` bytes; returns undefined for a damaged one.
 * @param instead - what is done without it, for the warning.
 */
export const readKept = <Kept>(
  path: string,
  most: number,
  parse: (text: string) => Kept | undefined,
  instead: string,
): Kept | 'absent' | 'damaged' => {
  if (!existsSync(path)) return 'absent';
  const kept = parse(readBounded(path, most)?.toString('latin1') ?? '');
  if (kept !== undefined) return kept;
  const aside = `${path}.damaged`;
  renameSync(path, aside);
  log(`${path} was damaged: kept as ${aside}, and ${instead}`, 'warning');
  return 'damaged';
};

/** @returns undefined where the file holds more than `most` bytes; also of one without end no more are read. */
export const readBounded = (path: string, most: number): Buffer | undefined => {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(most + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size <= most; size += read) {
      read = readSync(file, bytes, size, bytes.length - size, null);
    }
    return size <= most ? bytes.subarray(0, size) : undefined;
  } finally {
    closeSync(file);
  }
};

/** Whoever reads finds the old text or the new, also after a power cut. */
export const writeAtomically = (path: string, text: string, mode: number): void => {
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true }); // of a run that was killed
  createFile(fresh, text, mode);
  renameSync(fresh, path);
  syncFolder(path);
};

/** O_EXCL: never over a file that exists nor through a planted link. The mode holds from the first instant. */
export const createFile = (path: string, text: string, mode: number): void => {
  const file = openSync(path, 'wx', mode);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(path);
};

/** Gone when this returns, also after a power cut. */
export const removeDurably = (path: string): void => {
  rmSync(path, { force: true });
  syncFolder(path);
};

/** A name is kept by the folder that it stands in. */
const syncFolder = (path: string): void => {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};

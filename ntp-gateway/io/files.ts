/** Files of the gateway: read within a bound, written whole or not at all. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type * as v from 'valibot';
import { decodeText } from '#contract/fields.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { log } from './log.ts';
import { attempt, SetupError } from './setup-error.ts';

export type Owner = { readonly uid: number; readonly gid: number };

const MOST_CONFIG_BYTES = 1_000_000;

export const readConfigFile = (path: string): string => {
  const bytes = attempt(`read ${path}`, () => readBounded(path, MOST_CONFIG_BYTES));
  if (!bytes) throw new SetupError(`cannot read ${path}: it is larger than ${MOST_CONFIG_BYTES} bytes`);
  const text = fromUtf8(bytes);
  if (text === undefined) throw new SetupError(`cannot read ${path}: it is not UTF-8 text`);
  return text;
};

/**
 * Makes the folder where it is missing, for its owner alone; one that exists is left as it is. Whether it can be written to shows
 * as something is (keeping.ts): a gateway with a key can go on without.
 */
export const openStateDir = (path: string): void =>
  attempt(`use the state directory ${path}`, () => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.X_OK);
  });

/**
 * What an earlier run kept in a file of its own. One that cannot be read, or that `parse` cannot, is damaged: set aside with a warning.
 *
 * @param parse - gets an empty text where there is no file of at most `most` bytes; returns undefined for a damaged one.
 * @param instead - what is done without it, for the warning.
 */
export const readKept = <Kept>(
  path: string,
  most: number,
  parse: (text: string) => Kept | undefined,
  instead: string,
): Kept | 'absent' | 'damaged' => {
  if (!existsSync(path)) return 'absent';
  const kept = parse(readIfPossible(path, most));
  if (kept !== undefined) return kept;
  const msg = `${path} was damaged: ${setAside(path)}, and ${instead}`;
  const isSaid = damaged.get(path) === msg && existsSync(path); // it stays: what is to be kept there is tried again and again
  if (!isSaid) log({ event: 'file-damaged', level: 'warn', file: path, msg });
  damaged.set(path, msg);
  return 'damaged';
};

/** What this run has found so, by path. */
const damaged = new Map<string, string>();
export const damagedFiles = (): Readonly<Record<string, string>> => Object.fromEntries(damaged);

/** What says nothing of the file. */
const OURS = ['EMFILE', 'ENFILE', 'ENOMEM'];

/** A folder in its place, say, or a file of another user. */
const readIfPossible = (path: string, most: number): string => {
  try {
    return readBounded(path, most)?.toString('latin1') ?? '';
  } catch (error) {
    if (OURS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return '';
  }
};

/** @returns what became of it, for people. */
export const setAside = (path: string): string => {
  const aside = `${path}.damaged`;
  try {
    rmSync(aside, { force: true, recursive: true }); // a file cannot take the place of a folder
    renameSync(path, aside);
    return `kept as ${aside}`;
  } catch {
    return 'it stays where it is'; // a disk that is read-only
  }
};

/** The same of JSON, damaged where it is not as `schema` has it. */
export const readKeptJson = <Kept>(
  path: string,
  most: number,
  schema: v.GenericSchema<unknown, Kept>,
  instead: string,
): Kept | 'absent' | 'damaged' => {
  const parse = (text: string): Kept | undefined => {
    const decoded = decodeText(schema, text);
    return decoded.ok ? decoded.value : undefined;
  };
  return readKept(path, most, parse, instead);
};

/** Also a pipe that nobody writes into is opened at once: it is empty. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** @returns undefined where the file holds more than `most` bytes; also of one without end no more are read. */
export const readBounded = (path: string, most: number): Buffer | undefined => {
  const file = openSync(path, READ);
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

/**
 * Whoever reads finds the old text or the new, also after a power cut.
 *
 * @param owner - for whom an administrator writes it.
 */
export const writeAtomically = (path: string, text: string, mode: number, owner?: Owner): void => {
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true, recursive: true }); // of a run that was killed
  if (isFolder(path)) setAside(path); // which no file takes the place of
  writeNew(fresh, text, mode, owner);
  renameSync(fresh, path);
  syncFolder(path);
};

const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Never over a file that exists, nor through a planted link; of two who create one, one does. Whole or not at all, also where this is
 * killed in the middle: half a key would be a damaged one.
 *
 * @throws EEXIST where there is one.
 */
export const createFile = (path: string, text: string, mode: number, owner?: Owner): void => {
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true, recursive: true });
  writeNew(fresh, text, mode, owner);
  try {
    linkSync(fresh, path); // rename would take the place of another
  } finally {
    rmSync(fresh, { force: true });
  }
  syncFolder(path);
};

/** O_EXCL. The mode holds from the first instant. On a full disk nothing is left behind. */
const writeNew = (path: string, text: string, mode: number, owner: Owner | undefined): void => {
  const file = openSync(path, 'wx', mode);
  try {
    // This file, not what its name leads to by now: the folder may be another's, who would be given any file of ours.
    if (owner && owner.uid !== process.geteuid?.()) fchownSync(file, owner.uid, owner.gid);
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
};

/** Gone when this returns, also after a power cut, and also where a folder stands there. */
export const removeDurably = (path: string): void => {
  rmSync(path, { force: true, recursive: true });
  syncFolder(path);
};

/** A name is kept by the folder that it stands in. */
export const syncFolder = (path: string): void => {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};

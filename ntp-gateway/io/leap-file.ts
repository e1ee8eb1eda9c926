/** The leap second file of this host, which its package manager renews: read at start and once an hour. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { Ports } from '../ports.ts';
import { type LeapList, parseLeapList } from '../wire/leap-list.ts';
import { readBounded } from './files.ts';
import { attempt, SetupError } from './setup-error.ts';

/** The published ones have 5 to 11 kB. */
const MOST_BYTES = 65_536;
const LOOK_MS = 3_600_000;

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');

/** The text, or why there is none. */
const readText = (path: string): Result<string, 'unreadable' | 'too-large'> => {
  try {
    const bytes = attempt('read it', () => readBounded(path, MOST_BYTES));
    return bytes ? ok(bytes.toString('latin1')) : refuse('too-large', 'larger than 64 kB');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return refuse('unreadable', error.message);
  }
};

const parse = (text: ReturnType<typeof readText>): Result<LeapList, string> =>
  text.ok ? parseLeapList(text.value, sha1) : text;

/** Tells of the file as it is now, and whenever it reads otherwise than before. */
export const followLeapFile =
  (path: string, lookMs = LOOK_MS) =>
  (heard: Parameters<Ports['followLeapFile']>[1]): (() => void) => {
    let before = readText(path);
    heard(parse(before));
    const look = (): void => {
      const now = readText(path);
      if (isDeepStrictEqual(now, before)) return;
      before = now;
      heard(parse(now));
    };
    const timer = setInterval(look, lookMs).unref();
    return () => clearInterval(timer);
  };

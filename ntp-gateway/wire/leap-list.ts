/**
 * `leap-seconds.list`, as IERS and NIST publish it: lines of NTP seconds and TAI − UTC; `#$` last update, `#@` expiry, `#h`
 * a SHA-1 over the digits. The hash finds a damaged file, not a forged one: whoever can write it can hash it.
 */
import { ok, type Result, refuse } from '#contract/result.ts';
import type { UnixNanos } from '#contract/time.ts';
import { unixFromNtpSeconds } from './ntp-timestamp.ts';

export type LeapList = {
  /** What TAI − UTC is from when on, oldest first, each one second more or less than the one before. At least one. */
  readonly entries: readonly { readonly from: UnixNanos; readonly taiOffsetSeconds: number }[];
  /** From then on there may be leap seconds that the list does not know. */
  readonly expires: UnixNanos;
};

type Entry = LeapList['entries'][number];

/**
 * @param text - of a bounded length.
 * @param sha1 - of ASCII text, in hexadecimal.
 */
export const parseLeapList = (
  text: string,
  sha1: (text: string) => string,
): Result<LeapList, 'malformed' | 'wrong-hash'> => {
  let [updated, expiry, hash] = ['', '', ''];
  let hashed = '';
  const entries: Entry[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const malformed = (what: string) => refuse('malformed', `line ${index + 1}: ${what}`);
    if (line.startsWith('#$')) updated = digitsOf(line);
    else if (line.startsWith('#@')) expiry = digitsOf(line);
    else if (line.startsWith('#h')) hash = hashOf(line);
    if (line.startsWith('#') || line.trim() === '') continue;
    const [, seconds, offset] = /^\s*(\d{1,11})\s+(\d{1,3})\s*(?:#|$)/.exec(line) ?? [];
    if (seconds === undefined || offset === undefined) return malformed('not NTP seconds and TAI − UTC');
    const entry = { from: unixFromNtpSeconds(BigInt(seconds)), taiOffsetSeconds: Number(offset) };
    const last = entries.at(-1);
    if (last && entry.from <= last.from) return malformed('not later than the line before');
    if (last && Math.abs(entry.taiOffsetSeconds - last.taiOffsetSeconds) !== 1) return malformed('not one leap second');
    if (!isAfterLeap(entry.from)) return malformed('not the start of a January or July');
    entries.push(entry);
    hashed += seconds + offset;
  }
  if (entries.length === 0) return refuse('malformed', 'no line tells TAI − UTC');
  if (expiry === '') return refuse('malformed', 'no expiry (#@)');
  if (hash !== '' && hash !== sha1(updated + expiry + hashed))
    return refuse('wrong-hash', 'its SHA-1 (#h) does not fit');
  return ok({ entries, expires: unixFromNtpSeconds(BigInt(expiry)) });
};

const digitsOf = (line: string): string => /^#.\s*(\d{1,11})\s*$/.exec(line)?.[1] ?? '';

/** Five words, which older files write without leading zeros. What is no hash fits none. */
const hashOf = (line: string): string =>
  line
    .slice(2)
    .trim()
    .split(/\s+/)
    .map((word) => word.toLowerCase().padStart(8, '0'))
    .join('');

const isAfterLeap = (point: UnixNanos): boolean => {
  const date = new Date(Number(point / 1_000_000n));
  return /-(01|07)-01T00:00:00.000Z$/.test(date.toISOString());
};

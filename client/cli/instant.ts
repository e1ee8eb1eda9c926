/** Points and lengths of time in ms, as commands print them. */

import { milliseconds } from '#contract/time.ts';
import { formatDuration } from '#contract/units.ts';
import type { Reading, Skew } from '../estimate.ts';

/** RFC 3339 in UTC, to the µs: of Unix ms. @param round - outwards, where it is the end of an interval. */
export const instantText = (unixMs: number, round: (micros: number) => number = Math.round): string => {
  const micros = round(unixMs * 1_000);
  const seconds = new Date(Math.floor(micros / 1_000_000) * 1_000).toISOString().slice(0, -'.000Z'.length);
  return `${seconds}.${String(micros % 1_000_000).padStart(6, '0')}Z`;
};

export const durationText = (ms: number): string => formatDuration(milliseconds(ms));

/** The ± of a best guess: to the farther end. */
export const boundOf = ({ earliest, latest }: { earliest: number; latest: number }, guess: number): number =>
  Math.max(guess - earliest, latest - guess);

/** "3.2 ms slow": of the best guess, and nothing of how certain that is. */
export const offsetText = (offset: number): string =>
  `${durationText(Math.abs(offset))} ${offset < 0 ? 'fast' : 'slow'}`;

export const skewText = (skew: Skew): string =>
  `${offsetText(skew.offset)} ± ${durationText(boundOf(skew, skew.offset))}`;

/** For JSON: the ends rounded outwards, to the µs. */
export const readingJson = ({ earliest, time, latest }: Reading) => ({
  time: instantText(time),
  earliest: instantText(earliest, Math.floor),
  latest: instantText(latest, Math.ceil),
  unixMs: toMicros(time),
  earliestUnixMs: toMicros(earliest, Math.floor),
  latestUnixMs: toMicros(latest, Math.ceil),
});

/** True time − this host's clock: positive where the host is slow. */
export const skewJson = ({ earliest, offset, latest }: Skew) => ({
  offsetMs: toMicros(offset),
  leastOffsetMs: toMicros(earliest, Math.floor),
  mostOffsetMs: toMicros(latest, Math.ceil),
});

/** To the µs, in ms. */
export const toMicros = (ms: number, round: (value: number) => number = Math.round): number =>
  round(ms * 1_000) / 1_000;

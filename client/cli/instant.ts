/** Points and lengths of time in ms, as commands print them. */

import { milliseconds } from '#contract/time.ts';
import { formatDuration } from '#contract/units.ts';
import type { Reading, Skew } from '../estimate.ts';
import { boundText, errorOf } from '../lengths.ts';

/** RFC 3339 in UTC, to the µs: of Unix ms. @param round - outwards, where it is the end of an interval. */
export const instantText = (unixMs: number, round: (micros: number) => number = Math.round): string => {
  const micros = round(unixMs * 1_000);
  const second = Math.floor(micros / 1_000_000);
  const date = new Date(second * 1_000).toISOString().slice(0, -'.000Z'.length);
  return `${date}.${String(micros - second * 1_000_000).padStart(6, '0')}Z`;
};

export const durationText = (ms: number): string => formatDuration(milliseconds(ms));

/** The ± of a best guess: to the farther end. */
export const boundOf = ({ earliest, latest }: { earliest: number; latest: number }, guess: number): number =>
  Math.max(guess - earliest, latest - guess);

/** "131.2 ms slow ± 4.08 ms" */
export const skewText = (skew: Skew): string => {
  const { text, bound } = errorOf(skew);
  return `${text} ± ${bound}`;
};

/** "2026-11-30T13:19:09.975708Z ± 4.02 ms" */
export const readingText = (reading: Reading): string => {
  const shown = toMicros(reading.time);
  return `${instantText(shown)} ± ${boundText(boundOf(reading, shown))}`;
};

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

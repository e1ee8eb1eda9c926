/** Around a leap second: POSIX time has no number for it, so whoever counts through it is 1 s off until the next exchange. */
import { type Interval, later } from './interval.ts';
import { seconds } from './time.ts';

/** The second to be inserted or deleted at the end of this June or December. */
export type LeapNotice = 'none' | 'insert' | 'delete';

const SOON_MS = 2_000;

/** From 2 s before the end of June or December, to the end of the day that follows. @param unixMs - at the latest. */
export const isLeapAt = (unixMs: number): boolean => {
  const soon = new Date(unixMs + SOON_MS);
  return soon.getUTCDate() === 1 && (soon.getUTCMonth() === 0 || soon.getUTCMonth() === 6);
};

/**
 * From then for as long as a leap second is announced, both readings are possible: the interval with it, and 1 s before
 * (insert) or after (delete). Whoever has exchanged after it announces it no longer.
 */
export const guardLeap = <I extends Interval>(interval: I, notice: LeapNotice): I => {
  if (notice === 'none' || !isLeapAt(Number(interval.latest / 1_000_000n))) return interval;
  const [least, most] = notice === 'insert' ? [-1, 0] : [0, 1];
  return { ...interval, ...later(interval, seconds(least), seconds(most)) };
};

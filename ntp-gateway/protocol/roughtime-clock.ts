/** The served line → what may be signed, and for how long a key may sign it. */
import type { Delegation } from '#contract/roughtime/certificate.ts';
import { PROCESSING, type RoughTime, roughTime } from '#contract/roughtime/rough-time.ts';
import { afterAtLeast, type MonoNanos, type Nanos } from '#contract/time.ts';
import { openUtcClock } from './utc-clock.ts';

export type RoughtimeClock = {
  /**
   * @param now - of the monotonic clock. @param slept - how long the host has in all.
   * @returns what is true until `PROCESSING` has passed, and must not leave later; undefined where nothing may be signed.
   */
  readonly at: (now: MonoNanos, slept: Nanos) => RoughTime | undefined;
};

/**
 * @param lines - of the clock that is not smeared.
 * @param sleptSoFar - as `at` is told from now on.
 */
export const openRoughtimeClock = (lines: SharedArrayBuffer, sleptSoFar: Nanos): RoughtimeClock => {
  const clock = openUtcClock(lines, sleptSoFar);
  return {
    at: (now, slept) => {
      const reading = clock.at(now, slept);
      if (!reading) return undefined;
      const { time, earliest, latest } = reading;
      const interval = { earliest, latest: afterAtLeast(latest, PROCESSING) };
      // A leap second file may expire while we run, and sources announce late: RADI is 3 at least.
      return roughTime(interval, time, { knowsLeapSeconds: false });
    },
  };
};

const DAY = 86_400n;
/** What the next clock reads may be earlier: it is stepped, or its interval has shrunk. */
const BEFORE = 600n;

/** A key that signs from now on may do so for a day. */
export const delegate = (publicKey: Delegation['publicKey'], { midpoint }: RoughTime): Delegation => ({
  publicKey,
  from: midpoint - BEFORE,
  until: midpoint - BEFORE + DAY,
});

/** Half a day later there is to be another; at once where the clock was stepped out of the time of this one. */
export const isInUse = ({ from, until }: Delegation, { midpoint }: RoughTime): boolean =>
  midpoint >= from && midpoint <= until - DAY / 2n;

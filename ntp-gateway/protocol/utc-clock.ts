/** The served line that is not smeared → true time at one moment, for what is signed in a thread of its own. */
import type { LeapNotice } from '#contract/leap.ts';
import { type MonoNanos, type Nanos, unixNanos } from '#contract/time.ts';
import { leapOf } from '../wire/ntp-packet.ts';
import { unixFromNtpSeconds } from '../wire/ntp-timestamp.ts';
import { readerOf } from './line-memory.ts';
import { DISTANCE, FRACTION, newTold, SECONDS, tell } from './served-line.ts';
import type { ClockReading } from './server-state.ts';

export type UtcReading = ClockReading & { readonly leap: LeapNotice; readonly epoch: number };

export type UtcClock = {
  /**
   * @param now - of the monotonic clock. @param slept - how long the host has in all.
   * @returns undefined where nothing may be signed.
   */
  readonly at: (now: MonoNanos, slept: Nanos) => UtcReading | undefined;
};

/** ns. What the readings of two clocks are apart is less. */
export const LEAST_SLEEP = 1e6;
const SECOND = 1_000_000_000n;

/** @param sleptSoFar - as `at` is told from now on. */
export const openUtcClock = (lines: SharedArrayBuffer, sleptSoFar: Nanos): UtcClock => {
  const { line, refresh } = readerOf(lines);
  const told = newTold();
  let asleep = sleptSoFar;
  /** How many lines were written when the newest stopped being trusted; of those from before us nobody knows. */
  let heldAt = refresh();

  const at = (now: MonoNanos, slept: Nanos): UtcReading | undefined => {
    const written = refresh();
    // The oscillator stood still: no line from before counts.
    if (slept - asleep > LEAST_SLEEP) heldAt = written;
    asleep = slept;
    const leap = leapOf(line.leap);
    if (written === heldAt || leap === 'unknown') return undefined;
    tell(line, Number(now / SECOND), Number(now % SECOND), told);
    if (told[DISTANCE]! > line.limit) return undefined;

    const fraction = (BigInt(told[FRACTION]!) * SECOND) >> 32n;
    const time = unixNanos(unixFromNtpSeconds(BigInt(told[SECONDS]!)) + fraction);
    const distance = BigInt(Math.ceil(told[DISTANCE]!)) + 1n; // and 1 ns for what the fraction lost
    return {
      time,
      earliest: unixNanos(time - distance),
      latest: unixNanos(time + distance),
      leap,
      epoch: line.epoch,
    };
  };
  return { at };
};

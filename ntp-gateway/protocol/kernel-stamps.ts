/**
 * When a request came in and a reply left, by the oscillator. The kernel stamps them by its system clock, which can be set
 * and slewed; so all that is taken from a stamp is how long ago it was, and only while that clock was let be. A receive
 * stamp may come out late, never early; a transmit stamp early, never late: true time then stays in the client's interval.
 *
 * System clock − CLOCK_MONOTONIC changes where the former is set or the host slept, and else never: both are slewed alike.
 * Not noticed: what is set and set back between two looks, 0.1 s at most, and what is smaller than the time of reading.
 * Nor a fast slew that has only begun, until the clocks have parted by `SLEW` of the time since the last look and `NOISE`: a
 * receive stamp is then early by no more than that, nor than a tenth of its age. Ways take longer, so t1 to t4 still holds it.
 */

/**
 * Four clocks that were read in this order, each a struct timespec of a 64-bit system in 32-bit words. Of seconds the low
 * word will do, since only differences count.
 */
export type ClockWords = Int32Array;
export const MONOTONIC = 0;
export const SYSTEM = 4;
export const RAW = 8;
export const MONOTONIC_AGAIN = 12;
export const NANOS = 2;

export type KernelStamps = {
  /**
   * Looks at the clocks of a batch, before its stamps are asked about.
   * @returns false where the system clock was set since the last look, or the host slept.
   */
  readonly look: (clocks: ClockWords) => boolean;
  /** How long before the look's `RAW` a stamp was, whole ns of the oscillator, rather too little; 0 where unknown. */
  readonly waited: (seconds: number, nanos: number) => number;
  /** The same, rather too much; −1 where unknown. */
  readonly gone: (seconds: number, nanos: number) => number;
};

/** As the kernel's adjtime slews, and ntpd. chronyd's limit is 0.083; it is assumed where the clocks show more. */
const SLEW = 5e-4;
const FASTEST_SLEW = 0.1;
/** Between two looks the clocks are read with this much noise, ns, and by what they part beside `SLEW` tells nothing. */
const NOISE = 1_000;
/** Readings further apart, ns, were interrupted: a step of the system clock by no more could hide between them. */
const WIDEST = 2_000;
/** Nothing waits longer while the host is well. */
const LONGEST_S = 1;

export const openKernelStamps = (): KernelStamps => {
  const last = new Int32Array(16);
  let isFirst = true;
  /** Whole seconds of the difference, as int32; then between which ns beyond it is. */
  let base = 0;
  let [least, greatest] = [-Infinity, Infinity];
  /**
   * By the system clock: since when stamps count. Where it was set back, those from before it are of its future, and are
   * gone once that has come.
   */
  let [sinceSeconds, sinceNanos] = [0, 0];
  let [seconds, nanos, width, slew] = [0, 0, 0, SLEW];

  const start = (clocks: ClockWords): void => {
    base = (clocks[SYSTEM]! - clocks[MONOTONIC]!) | 0;
    least = beyond(clocks, MONOTONIC_AGAIN, base);
    greatest = beyond(clocks, MONOTONIC, base);
    sinceSeconds = (clocks[SYSTEM]! + (isFirst ? 0 : LONGEST_S)) | 0;
    sinceNanos = clocks[SYSTEM + NANOS]!;
  };

  const ageOf = (stampSeconds: number, stampNanos: number): number => {
    const age = span(stampSeconds, stampNanos, seconds, nanos);
    const isKnown =
      width <= WIDEST && age <= LONGEST_S * 1e9 && span(sinceSeconds, sinceNanos, stampSeconds, stampNanos) >= 0;
    return isKnown && age >= 0 ? age : -1;
  };

  return {
    look: (clocks) => {
      const [from, to] = [beyond(clocks, MONOTONIC_AGAIN, base), beyond(clocks, MONOTONIC, base)];
      const isSteady = !isFirst && from <= greatest && to >= least;
      if (isSteady) {
        least = Math.max(least, from);
        greatest = Math.min(greatest, to);
        const raw = between(last, clocks, RAW);
        const parted = Math.abs(between(last, clocks, MONOTONIC) - raw);
        slew = parted > raw * SLEW + NOISE ? FASTEST_SLEW : SLEW;
      } else {
        start(clocks);
      }
      last.set(clocks);
      seconds = clocks[SYSTEM]!;
      nanos = clocks[SYSTEM + NANOS]!;
      width = to - from;
      const isStep = !isSteady && !isFirst;
      isFirst = false;
      return !isStep;
    },
    waited: (stampSeconds, stampNanos) => {
      const age = ageOf(stampSeconds, stampNanos);
      return age < 0 ? 0 : Math.floor(age * (1 - slew)) | 0;
    },
    // `RAW` was read after the system clock, by no more than the width of all readings.
    gone: (stampSeconds, stampNanos) => {
      const age = ageOf(stampSeconds, stampNanos);
      return age < 0 ? -1 : Math.ceil((age + width) / (1 - slew)) | 0;
    },
  };
};

/** ns from one point to another of the same clock. */
const span = (fromSeconds: number, fromNanos: number, toSeconds: number, toNanos: number): number =>
  ((toSeconds - fromSeconds) | 0) * 1e9 + (toNanos - fromNanos);

const between = (from: ClockWords, to: ClockWords, clock: number): number =>
  span(from[clock]!, from[clock + NANOS]!, to[clock]!, to[clock + NANOS]!);

/** ns by which the system clock is further ahead of a monotonic reading than whole seconds. */
const beyond = (clocks: ClockWords, monotonic: number, base: number): number =>
  ((clocks[SYSTEM]! - clocks[monotonic]! - base) | 0) * 1e9 + (clocks[SYSTEM + NANOS]! - clocks[monotonic + NANOS]!);

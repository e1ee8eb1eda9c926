/** The served line → what may be signed, and for how long a key may sign it. */
import type { Delegation } from '#contract/roughtime/certificate.ts';
import { PROCESSING, type RoughTime, roughTime } from '#contract/roughtime/rough-time.ts';
import { type MonoNanos, type Nanos, unixNanos } from '#contract/time.ts';
import { leapBits } from '../wire/ntp-packet.ts';
import { unixFromNtpSeconds } from '../wire/ntp-timestamp.ts';
import { DISTANCE, FRACTION, newTold, readerOf, SECONDS, tell } from './served-line.ts';

export type RoughtimeClock = {
  /**
   * @param now - of the monotonic clock. @param slept - how long the host has in all.
   * @returns what is true until `PROCESSING` has passed, and must not leave later; undefined where nothing may be signed.
   */
  readonly at: (now: MonoNanos, slept: Nanos) => RoughTime | undefined;
};

/** What the readings of two clocks are apart is less. */
const LEAST_SLEEP = 1e6;
const UNKNOWN = leapBits('unknown');
const SECOND = 1_000_000_000n;

/**
 * @param lines - of the clock that is not smeared.
 * @param sleptSoFar - as `at` is told from now on.
 */
export const openRoughtimeClock = (lines: SharedArrayBuffer, sleptSoFar: Nanos): RoughtimeClock => {
  const { line, refresh } = readerOf(lines);
  const told = newTold();
  let asleep = sleptSoFar;
  /** How many lines were written when the newest stopped being trusted; of those from before us nobody knows. */
  let heldAt = refresh();

  const at = (now: MonoNanos, slept: Nanos): RoughTime | undefined => {
    const written = refresh();
    // The oscillator stood still: no line from before counts.
    if (slept - asleep > LEAST_SLEEP) heldAt = written;
    asleep = slept;
    if (written === heldAt || line.leap === UNKNOWN) return undefined;
    tell(line, Number(now / SECOND), Number(now % SECOND), told);
    if (told[DISTANCE]! > line.limit) return undefined;

    const fraction = (BigInt(told[FRACTION]!) * SECOND) >> 32n;
    const time = unixNanos(unixFromNtpSeconds(BigInt(told[SECONDS]!)) + fraction);
    const distance = BigInt(Math.ceil(told[DISTANCE]!)) + 1n; // and 1 ns for what the fraction lost
    const earliest = unixNanos(time - distance);
    const latest = unixNanos(time + distance + BigInt(PROCESSING));
    // A leap second file may expire while we run, and sources announce late: RADI is 3 at least.
    return roughTime({ earliest, latest }, time, { knowsLeapSeconds: false });
  };
  return { at };
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

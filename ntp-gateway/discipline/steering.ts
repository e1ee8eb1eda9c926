/** How the host's clock is led to ours: a rate, and a step where that is wanted and certain. Writes nothing. */
import { isLeapAt } from '#contract/leap.ts';
import { after, between, milliseconds, type Nanos, nanos, seconds } from '#contract/time.ts';
import type { SystemClockConfig } from '../config.ts';
import type { HostReading } from '../protocol/reference-clock.ts';
import { type Clock, FASTEST_SLEW, readClock } from './clock.ts';

/** UTC less the host's clock, ns: the best estimate, and what is certain. Positive: the host is slow. */
export type Beside = {
  readonly offset: Nanos;
  readonly least: Nanos;
  readonly most: Nanos;
  readonly deviation: Nanos;
};

export const compare = (clock: Clock, { now, wall, gap }: HostReading): Beside => ({
  offset: between(wall, readClock(clock, after(now, nanos(gap / 2))).time),
  least: between(wall, readClock(clock, now).earliest),
  most: between(wall, readClock(clock, after(now, gap)).latest),
  deviation: clock.standardDeviation,
});

/** How far off the host's clock may be, ns. */
export const boundOf = ({ least, most }: Beside): number => Math.max(Math.abs(least), Math.abs(most));

export const isInside = ({ least, most }: Beside): boolean => least <= 0 && most >= 0;

/** In which what is off goes down to a third, as long as no limit stands against it. */
const TIME_CONSTANT = seconds(16);
/**
 * The host's clock lies inside the interval, so nobody knows that it is wrong: the estimate may be. It is led there, but no
 * faster than this; and the kernel's stamps are converted most closely below 500 ppm (protocol/kernel-stamps.ts).
 */
const GENTLE = 1e-4;
/**
 * Where not even the interval comes this near. Below, a slew of a few seconds does it, and no program sees time leap; and a
 * step of less than 0.1 s is none to those who look for one (jump.ts).
 */
const STEP_BEYOND = milliseconds(500);

export type Steering = { readonly base: number; readonly rate: number; readonly step?: Nanos };

/** @param gap - of the reading: within half of it nobody knows where the two clocks stand. */
export const steer = (mode: SystemClockConfig, { frequency }: Clock, beside: Beside, gap: Nanos): Steering => {
  const { offset, least, most } = beside;
  if (mode === 'step-and-slew' && Math.max(least, -most) > STEP_BEYOND) {
    return { base: frequency, rate: frequency, step: nanos(Math.round(offset)) };
  }
  const error = Math.sign(offset) * Math.max(0, Math.abs(offset) - gap / 2);
  const slew = within(error / TIME_CONSTANT, isInside(beside) ? GENTLE : FASTEST_SLEW);
  return { base: frequency, rate: within(frequency + slew, FASTEST_SLEW) };
};

const within = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

/** From 2 s before a leap second until sources were asked after it: who of the two has gone through it is not known. */
export const isAmbiguous = ({ server: { leap } }: Clock, { most }: Beside, { wall }: HostReading): boolean =>
  (leap === 'insert' || leap === 'delete') && isLeapAt(Number(after(wall, most) / 1_000_000n));

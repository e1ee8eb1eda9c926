/**
 * What a measurement says, in plain seconds since the first reply: fast to reckon with, and a day keeps 10 ps. Every
 * offset is theirs − ours, ours being the free oscillator's count; a contestant's clock is such an offset too.
 */
import { after, between, type MonoNanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/reply.ts';
import type { ContestantReading } from '../contestant.ts';

export type Origin = { readonly mono: MonoNanos; readonly unix: UnixNanos };

export type Observation = {
  /** The middle of the exchange. */
  readonly at: number;
  readonly receivedAt: number;
  /** What the exchange says the offset was at `at`, were the two paths alike. */
  readonly offset: number;
  readonly delay: number;
  readonly precision: number;
  readonly rootDelay: number;
  readonly rootDispersion: number;
  readonly stratum: number;
};

export const originOf = ({ exchange }: Measurement): Origin => ({ mono: exchange.t1, unix: exchange.t2 });

export const momentOf = ({ mono }: Origin, now: MonoNanos): number => between(mono, now) / 1e9;

export const observe = (origin: Origin, measurement: Measurement): Observation => {
  const { t1, t2, t3, t4 } = measurement.exchange;
  const [sent, received] = [momentOf(origin, t1), momentOf(origin, t4)];
  const [arrived, left] = [between(origin.unix, t2) / 1e9, between(origin.unix, t3) / 1e9];
  return {
    at: (sent + received) / 2,
    receivedAt: received,
    offset: (arrived - sent + (left - received)) / 2,
    delay: received - sent - (left - arrived),
    precision: measurement.precision / 1e9,
    rootDelay: measurement.rootDelay / 1e9,
    rootDispersion: measurement.rootDispersion / 1e9,
    stratum: measurement.stratum,
  };
};

/** @param now - of the origin's own oscillator, in seconds, as `offset` and `distance` are. */
export const readingOf = (origin: Origin, now: number, offset: number, distance: number): ContestantReading => ({
  time: after(origin.unix, seconds(now + offset)),
  rootDistance: nanos(distance * 1e9),
});

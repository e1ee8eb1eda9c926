/**
 * One source's measurements → what they say about UTC now: an interval that holds it, and a best estimate inside.
 *
 * Two pieces that know nothing of each other. The interval is proven (bounds.ts, on A1 to A3 of ARCHITECTURE.md alone); the
 * estimate is believed (filter.ts: which delays and which wander explain best what was seen). Belief never narrows a proof;
 * where it says that the oscillator moves more than A3 declares, it widens one.
 */
import { clampInto, type Interval } from '#contract/interval.ts';
import { after, between, type MonoNanos, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';
import type { Measurement } from '../protocol/reply.ts';
import {
  type Believed,
  type Bounds,
  boundFrequency,
  carryProof,
  type Fit,
  type Parts,
  proofOf,
  prove,
} from './bounds.ts';
import { type Belief, carry, confineTo, type Filter, learn as learnDelays, newFilter } from './filter.ts';
import type { OneWay } from './hypothesis.ts';
import { boundsFromElsewhere, type FrequencyBounds, type Oscillator, within } from './oscillator.ts';

export type Estimator = {
  readonly bounds: Bounds;
  readonly filter: Filter;
  /** The offset that the filter speaks of is UTC less this line: `utc` at `at`, and as fast as our oscillator. */
  readonly origin: { readonly at: MonoNanos; readonly utc: UnixNanos };
  /** The middle of the newest exchange. */
  readonly at: MonoNanos;
  readonly newest: Measurement;
  /** How that one fitted what was proven before. */
  readonly fit: Fit;
  /** How many replies were learnt from since the last contradiction. */
  readonly measurements: number;
};

export type SourceEstimate = {
  readonly interval: Interval;
  readonly early: Parts;
  readonly late: Parts;
  readonly time: UnixNanos;
  /** Of `time`, as far as the spread of delays tells. */
  readonly standardDeviation: Nanos;
  readonly frequency: number;
  readonly frequencyDeviation: number;
  readonly frequencyBounds: FrequencyBounds;
  /** ns/s per √s. */
  readonly wander: number;
  /** The least that a round trip takes. */
  readonly roundTrip: Nanos;
};

/** Of the frequency before it was measured: this part of the most that it can be is one standard deviation. */
const DRIFT_DEVIATIONS = 5;
const BOUND_DEVIATIONS = 3;
/** Standard deviations by which a belief may lie outside of what is proven. */
const SURPRISE = 3;
/** ns/s, for a ratio. */
const PER_SECOND = 1e9;

/**
 * The estimator with one more measurement. Where that contradicts all that was proven, either the server or our own clock
 * was stepped, and only the newest word counts. One whose own four stamps contradict each other teaches nothing.
 *
 * @param asymmetry - the operator's `max_asymmetry` for this source, if there is one.
 */
export const learn = <Before extends Estimator | undefined>(
  estimator: Before,
  newest: Measurement,
  oscillator: Oscillator,
  asymmetry?: Nanos,
): Estimator | Before => {
  const { exchange } = newest;
  const believed = estimator ? believedOf(estimator.filter.belief) : believedAtFirst(oscillator);
  const frequency = estimator
    ? boundFrequency(estimator.bounds, exchange.t4, oscillator, believed)
    : boundsFromElsewhere(oscillator, exchange.t1, exchange.t4, believed.wander);
  const { bounds, fit } = prove(estimator?.bounds, proofOf(newest, frequency, asymmetry), oscillator, believed);
  if (!bounds || fit === 'absurd') return estimator;

  const at = middle(exchange);
  const measurements = estimator && fit !== 'contradicts' ? estimator.measurements + 1 : 1;
  if (estimator && fit !== 'contradicts') {
    const { origin } = estimator;
    const age = between(estimator.at, at) / 1e9;
    // One from before the last bounds what it bounds; a filter does not go back.
    if (age < 0) return { ...estimator, bounds, newest, fit, measurements };
    const { earliest, latest } = bounds.proofs.at(-1)!.utc;
    const offsetOf = (utc: UnixNanos) => between(origin.utc, utc) - between(origin.at, exchange.t4);
    const learnt = learnDelays(estimator.filter, age, delaysOf(newest, origin));
    const filter = confineTo(learnt, offsetOf(earliest), offsetOf(latest));
    const next = { bounds, filter, origin, at, newest, fit, measurements };
    if (isPossible(next)) return next;
  }
  const origin = { at: exchange.t4, utc: exchange.t3 };
  const rate = expectedRate(estimator, oscillator, exchange.t4, fit === 'contradicts');
  const filter = newFilter(delaysOf(newest, origin), rate, rootDistance(newest));
  return { bounds, filter, origin, at, newest, fit, measurements };
};

/**
 * Where a word of the operator's that made its proofs narrower no longer holds: the newest reply still proves what it proves by
 * itself, and what is believed is as likely as before.
 *
 * @param oscillator - as it is assumed now. @param asymmetry - likewise.
 */
export const proveAnew = (estimator: Estimator, oscillator: Oscillator, asymmetry?: Nanos): Estimator => {
  const { newest, filter } = estimator;
  const proof = proofOf(newest, within(oscillator.maxDrift), asymmetry);
  return { ...estimator, bounds: { proofs: [{ ...proof, believed: believedOf(filter.belief) }] } };
};

const believedOf = ({ rate, rateVariance, wander }: Belief): Believed => ({
  frequency: rate / PER_SECOND,
  deviation: Math.sqrt(rateVariance) / PER_SECOND,
  wander,
});

/** Nothing yet: too little to doubt a bound by. */
const believedAtFirst = ({ maxDrift, known }: Oscillator): Believed => ({
  frequency: 0,
  deviation: maxDrift,
  wander: known?.wander ?? 0,
});

/** What is believed must be a number, and possible by what is proven, or it is believed no longer. */
const isPossible = ({ bounds, filter, origin, at }: Estimator): boolean => {
  const { utc, at: provenAt } = bounds.proofs.at(-1)!;
  const { offset, offsetVariance } = carry(filter.belief, between(at, provenAt) / 1e9);
  if (!Number.isFinite(offset)) return false;
  const time = after(origin.utc, nanos(between(origin.at, provenAt) + offset));
  return Math.abs(between(clampInto(utc, time), time)) <= SURPRISE * Math.sqrt(offsetVariance);
};

const middle = ({ t1, t4 }: Measurement['exchange']): MonoNanos => after(t1, nanos(between(t1, t4) / 2));
const rootDistance = ({ rootDelay, rootDispersion }: Measurement): number => rootDelay / 2 + rootDispersion;

const delaysOf = ({ exchange, precision }: Measurement, origin: Estimator['origin']): OneWay => {
  const { t1, t2, t3, t4 } = exchange;
  return {
    there: between(origin.utc, t2) - between(origin.at, t1),
    back: between(origin.at, t4) - between(origin.utc, t3),
    resolution: Math.max(1, precision),
  };
};

/** @param wasStepped - the server's time or ours was, and the oscillator is what it was; else the belief itself was wrong. */
const expectedRate = (
  estimator: Estimator | undefined,
  oscillator: Oscillator,
  now: MonoNanos,
  wasStepped: boolean,
): { readonly mean: number; readonly deviation: number } => {
  const { known, expected, maxDrift } = oscillator;
  const unknown = (maxDrift / DRIFT_DEVIATIONS) * PER_SECOND;
  if (estimator) {
    const { rate, rateVariance } = estimator.filter.belief;
    return { mean: rate, deviation: wasStepped ? Math.sqrt(rateVariance) : unknown };
  }
  if (known) {
    const { least, greatest } = boundsFromElsewhere(oscillator, now, now, 0);
    const half = (greatest - least) / 2;
    return { mean: (least + half) * PER_SECOND, deviation: (half / BOUND_DEVIATIONS) * PER_SECOND };
  }
  if (expected) return { mean: expected.frequency * PER_SECOND, deviation: expected.deviation * PER_SECOND };
  return { mean: 0, deviation: unknown };
};

/** @param now - on the clock of the exchanges' t1 and t4. */
export const estimate = (estimator: Estimator, now: MonoNanos, oscillator: Oscillator): SourceEstimate => {
  const { bounds, filter, origin, at } = estimator;
  const { wander, ...frequencyBounds } = boundFrequency(bounds, now, oscillator, believedOf(filter.belief));
  const { utc: interval, early, late } = carryProof(bounds.proofs.at(-1)!, now, frequencyBounds, wander);
  const belief: Belief = carry(filter.belief, between(at, now) / 1e9);
  const time = after(origin.utc, nanos(between(origin.at, now) + belief.offset));
  const { least, greatest } = frequencyBounds;
  return {
    interval,
    early,
    late,
    time: clampInto(interval, time),
    standardDeviation: nanos(Math.sqrt(belief.offsetVariance)),
    frequency: Math.min(Math.max(belief.rate / PER_SECOND, least), greatest),
    frequencyDeviation: Math.sqrt(belief.rateVariance) / PER_SECOND,
    frequencyBounds,
    wander: belief.wander,
    roundTrip: nanos(Math.max(0, belief.floor)),
  };
};

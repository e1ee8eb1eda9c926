/**
 * One source's measurements → what they say about UTC now: an interval that holds it, and a best estimate inside.
 *
 * The interval rests on A1 and A3 of ARCHITECTURE.md alone. Each measurement bounds UTC at one moment; moved on to now by
 * what our oscillator can have done since, all of them hold, so their intersection does. The estimate is a weighted line.
 */
import { peerAtReceipt, roundTrip } from '#contract/exchange.ts';
import { clampInto, type Interval, intersect, intersectAll, later, widen } from '#contract/interval.ts';
import { after, between, type MonoNanos, type Nanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { Measurement } from '../protocol/association.ts';
import { fitLine, type Point } from './weighted-line.ts';

/** How fast UTC may pass against our oscillator, less one, as a ratio: 1e-6 is one ppm, positive means ours is slow. */
export type FrequencyBounds = { readonly least: number; readonly greatest: number };

/** What one measurement says, `at` being the moment of receipt. */
type Fact = Point & { readonly utc: Interval };

export type Estimator = {
  /** Oldest first, none contradicting another. */
  readonly facts: readonly Fact[];
  readonly frequency: FrequencyBounds;
  readonly newest: Measurement;
};

export type SourceEstimate = {
  readonly interval: Interval;
  readonly time: UnixNanos;
  /** Of `time`, as far as the spread of delays tells. */
  readonly standardDeviation: Nanos;
  readonly frequency: number;
  readonly frequencyBounds: FrequencyBounds;
};

const MOST_FACTS = 16;
/** A frequency measured longer ago than this says little about now. */
const LONGEST_SPAN = seconds(2 * 3600);
/** A3's declared wander: how far a frequency may have moved from its measured mean. A crystal in a room moves about this much. */
const WANDER = 2e-6;

const within = (drift: number): FrequencyBounds => ({ least: -drift, greatest: drift });

/** What `interval` has become after `age` ns of our oscillator; a negative age looks back. */
export const moved = (interval: Interval, age: Nanos, { least, greatest }: FrequencyBounds): Interval => {
  const [slow, fast] = [age * (1 + least), age * (1 + greatest)];
  return later(interval, nanos(Math.min(slow, fast)), nanos(Math.max(slow, fast)));
};

/**
 * The estimator with one more measurement. Where it contradicts the older ones, either the server or our own clock was
 * stepped, and only the newest word counts. One whose own four stamps contradict each other teaches nothing.
 *
 * @param maxDrift - A3's bound on our oscillator, a ratio.
 * @param known - what is certain of its frequency besides, from an earlier run.
 */
export const learn = <Before extends Estimator | undefined>(
  estimator: Before,
  newest: Measurement,
  maxDrift: number,
  known?: FrequencyBounds,
): Estimator | Before => {
  const fact = factOf(newest, maxDrift);
  if (fact.utc.earliest > fact.utc.latest) return estimator;
  const recent = (estimator?.facts ?? []).filter(({ at }) => between(at, fact.at) < LONGEST_SPAN).slice(1 - MOST_FACTS);
  const before = intersectAll(recent.map((old) => moved(old.utc, between(old.at, fact.at), within(maxDrift))));
  const agrees = before === undefined || intersect(before, fact.utc) !== undefined;
  const facts = agrees ? [...recent, fact] : [fact];
  return { facts, frequency: boundFrequency(facts, maxDrift, known), newest };
};

const factOf = ({ exchange, rootDelay, rootDispersion, precision }: Measurement, maxDrift: number): Fact => {
  const delay = nanos(Math.max(0, roundTrip(exchange)));
  // A1: the server is within root delay / 2 + root dispersion of UTC, and reads its clock in steps of its precision.
  const distance = nanos(rootDelay / 2 + rootDispersion + precision);
  return {
    at: exchange.t4,
    utc: widen(peerAtReceipt(exchange, maxDrift), distance),
    middle: after(exchange.t3, nanos(delay / 2)),
    delay,
  };
};

/**
 * The mean frequency from an older fact to the newest cannot have been lower than from its latest end to the earliest
 * now, nor higher than the reverse. All pairs hold at once; A3's wander is added, since the mean is not the present.
 */
const boundFrequency = (facts: readonly Fact[], maxDrift: number, known?: FrequencyBounds): FrequencyBounds => {
  const newest = facts.at(-1)!;
  let { least, greatest } = known ?? within(maxDrift);
  for (const { at, utc } of facts) {
    const elapsed = between(at, newest.at);
    if (elapsed <= 0) continue;
    least = Math.max(least, between(utc.latest, newest.utc.earliest) / elapsed - 1 - WANDER);
    greatest = Math.min(greatest, between(utc.earliest, newest.utc.latest) / elapsed - 1 + WANDER);
  }
  if (least <= greatest) return { least, greatest };
  return known ? boundFrequency(facts, maxDrift) : within(maxDrift);
};

/** @param now - on the clock of the exchanges' t1 and t4. */
export const estimate = ({ facts, frequency }: Estimator, now: MonoNanos, maxDrift: number): SourceEstimate => {
  const movedBy = (bounds: FrequencyBounds) =>
    intersectAll(facts.map(({ at, utc }) => moved(utc, between(at, now), bounds)));
  // The wider bounds cannot fail: `learn` keeps no facts that contradict each other under them.
  const interval = movedBy(frequency) ?? movedBy(within(maxDrift))!;
  const line = fitLine(facts);
  const { time, standardDeviation } = line.at(now);
  return {
    interval,
    time: clampInto(interval, time),
    standardDeviation,
    frequency: Math.min(Math.max(line.slope, frequency.least), frequency.greatest),
    frequencyBounds: frequency,
  };
};

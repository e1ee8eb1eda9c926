/** The selected sources' estimates → one. The interval is the majority's; this finds the likeliest point inside. */
import { agree, clampInto, type Interval, majority } from '#contract/interval.ts';
import { after, between, type Nanos, nanos, type UnixNanos, unixNanos } from '#contract/time.ts';
import type { Parts } from './bounds.ts';
import type { SourceEstimate } from './estimator.ts';
import type { FrequencyBounds } from './oscillator.ts';

/** One selected source. `path`: sources with the same word share the way to them, and so its errors. */
export type Member = { readonly estimate: SourceEstimate; readonly path: string; readonly prefer: boolean };

export type Combined = {
  readonly interval: Interval;
  /** Of the source whose end is the interval's. */
  readonly early: Parts;
  readonly late: Parts;
  readonly time: UnixNanos;
  readonly standardDeviation: Nanos;
  readonly frequency: number;
  readonly frequencyDeviation: number;
  readonly frequencyBounds: FrequencyBounds;
  /** ns/s per √s. */
  readonly wander: number;
};

/** How unequal the ways of a path are, of half its round trip: one standard deviation. No delays tell, so it is a guess. */
const ASYMMETRY = 0.1;
/** A server's error, of the root distance that it states: one standard deviation. */
const SERVER_ERROR = 1 / 3;

/**
 * Each source weighs one over its variance, which counts what its delays cannot show. Sources that share a path are as
 * many opinions as the best of them alone: they divide its weight among themselves.
 *
 * @param members - at least one, all estimates of the same instant.
 * @param interval - what their majority agrees on.
 */
export const combine = (members: readonly Member[], interval: Interval): Combined => {
  const all = members.map(({ estimate }) => estimate);
  const preferred = members.filter(({ prefer }) => prefer);
  const heard = preferred.length > 0 ? preferred : members;
  const weights = weigh(heard);
  const origin = all[0]!.time;
  let [sum, offset, rateSum, rate, wander] = [0, 0, 0, 0, 0];
  heard.forEach(({ estimate: one }, i) => {
    const weight = weights[i]!;
    const rateWeight = 1 / Math.max(1e-12, one.frequencyDeviation) ** 2;
    sum += weight;
    offset += weight * between(origin, one.time);
    rateSum += rateWeight;
    rate += rateWeight * one.frequency;
    wander += rateWeight * one.wander;
  });
  return {
    interval,
    ...partsOf(all, interval),
    time: clampInto(interval, after(origin, nanos(offset / sum))),
    standardDeviation: nanos(Math.sqrt(varianceTogether(heard, weights)) / sum),
    frequency: rate / rateSum,
    // No 1/√n: they all measure the one oscillator, whose wander is in each of them.
    frequencyDeviation: Math.min(...heard.map(({ estimate }) => estimate.frequencyDeviation)),
    frequencyBounds: agreedFrequency(all),
    wander: wander / rateSum,
  };
};

const varianceOf = ({ standardDeviation, roundTrip, early }: SourceEstimate): number =>
  standardDeviation ** 2 + ((ASYMMETRY * roundTrip) / 2) ** 2 + (SERVER_ERROR * early.rootDistance) ** 2 + 1;

const weigh = (members: readonly Member[]): readonly number[] => {
  const alone = members.map(({ estimate }) => 1 / varianceOf(estimate));
  return members.map(({ path }, i) => {
    const together = alone.filter((_, j) => members[j]!.path === path);
    return (alone[i]! * Math.max(...together)) / together.reduce((a, b) => a + b);
  });
};

/** Errors of one path are common ones and add up; those of different paths add in squares. */
const varianceTogether = (members: readonly Member[], weights: readonly number[]): number => {
  const byPath = new Map<string, number>();
  members.forEach(({ path, estimate }, i) => {
    byPath.set(path, (byPath.get(path) ?? 0) + weights[i]! * Math.sqrt(varianceOf(estimate)));
  });
  return [...byPath.values()].reduce((sum, deviation) => sum + deviation ** 2, 0);
};

const partsOf = (all: readonly SourceEstimate[], { earliest, latest }: Interval): Pick<Combined, 'early' | 'late'> => ({
  early: all.find((one) => one.interval.earliest === earliest)!.early,
  late: all.find((one) => one.interval.latest === latest)!.late,
});

/** Ratios as points that `agree` can order. */
const FINEST = 1e18;

/** What a majority says of the oscillator's frequency: the hull, as of their intervals. */
const agreedFrequency = (all: readonly SourceEstimate[]): FrequencyBounds => {
  const intervals = all.map(({ frequencyBounds: { least, greatest } }) => ({
    earliest: unixNanos(BigInt(Math.floor(least * FINEST))),
    latest: unixNanos(BigInt(Math.ceil(greatest * FINEST))),
  }));
  const agreed = agree(intervals, majority(all.length));
  if (agreed) return { least: Number(agreed.earliest) / FINEST, greatest: Number(agreed.latest) / FINEST };
  return {
    least: Math.min(...all.map(({ frequencyBounds }) => frequencyBounds.least)),
    greatest: Math.max(...all.map(({ frequencyBounds }) => frequencyBounds.greatest)),
  };
};

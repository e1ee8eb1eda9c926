/** The selected sources' estimates → one. The interval is the majority's; this finds the likeliest point inside. */
import { clampInto, type Interval, uncertainty } from '#contract/interval.ts';
import { after, between, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';
import type { FrequencyBounds, SourceEstimate } from './estimator.ts';

export type Combined = {
  readonly interval: Interval;
  readonly time: UnixNanos;
  readonly standardDeviation: Nanos;
  readonly frequency: number;
  readonly frequencyBounds: FrequencyBounds;
};

/**
 * Weighted by the square of one over each source's uncertainty: a source that bounds UTC ten times tighter has a
 * hundred times the say.
 *
 * @param estimates - at least one, all of the same instant.
 * @param interval - what their majority agrees on.
 */
export const combine = (estimates: readonly SourceEstimate[], interval: Interval): Combined => {
  const origin = estimates[0]!.time;
  let [sum, offset, frequency, variance] = [0, 0, 0, 0];
  for (const one of estimates) {
    const weight = 1 / Math.max(1, uncertainty(one.interval, one.time)) ** 2;
    sum += weight;
    offset += weight * between(origin, one.time);
    frequency += weight * one.frequency;
    variance += weight * one.standardDeviation ** 2; // no 1/n: the sources' errors may well be common ones
  }
  return {
    interval,
    time: clampInto(interval, after(origin, nanos(offset / sum))),
    standardDeviation: nanos(Math.sqrt(variance / sum)),
    frequency: frequency / sum,
    // One of them is right, and nothing says which: all that any of them allows.
    frequencyBounds: {
      least: Math.min(...estimates.map(({ frequencyBounds }) => frequencyBounds.least)),
      greatest: Math.max(...estimates.map(({ frequencyBounds }) => frequencyBounds.greatest)),
    },
  };
};

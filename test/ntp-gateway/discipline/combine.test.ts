import { describe, expect, it } from 'vitest';
import { after, between, milliseconds, nanos, unixNanos } from '#contract/time.ts';
import { combine } from '../../../ntp-gateway/discipline/combine.ts';
import type { SourceEstimate } from '../../../ntp-gateway/discipline/estimator.ts';

const TRUTH = unixNanos(1_795_336_200_000_000_000n);
const source = (offset: number, half: number, frequency = 0): SourceEstimate => ({
  interval: { earliest: after(TRUTH, milliseconds(offset - half)), latest: after(TRUTH, milliseconds(offset + half)) },
  time: after(TRUTH, milliseconds(offset)),
  standardDeviation: milliseconds(half / 10),
  frequency,
  frequencyBounds: { least: frequency - 1e-6, greatest: frequency + 1e-6 },
});
const wide = source(0, 100).interval;
const offsetOf = (sources: readonly SourceEstimate[], interval = wide): number =>
  between(TRUTH, combine(sources, interval).time) / 1e6;

describe('combine', () => {
  it('takes one source as it is', () => {
    expect(combine([source(3, 5, 2e-6)], wide)).toEqual({
      interval: wide,
      time: after(TRUTH, milliseconds(3)),
      standardDeviation: milliseconds(0.5),
      frequency: 2e-6,
      frequencyBounds: { least: 1e-6, greatest: 3e-6 },
    });
  });

  it('gives a source that is ten times tighter a hundred times the say', () => {
    expect(offsetOf([source(0, 1), source(101, 10)])).toBeCloseTo(1, 6);
  });

  it('stays inside what the majority allows', () => {
    expect(offsetOf([source(5, 1), source(6, 1)], source(0, 2).interval)).toBe(2);
  });

  it('does not grow surer by hearing the same error many times', () => {
    const alike = Array.from({ length: 8 }, () => source(1, 5));
    expect(combine(alike, wide).standardDeviation).toBeCloseTo(milliseconds(0.5), 0);
  });

  it('allows any frequency that any of them allows', () => {
    const { frequencyBounds, frequency } = combine([source(0, 1, 1e-6), source(0, 1, 9e-6)], wide);
    expect(frequencyBounds.least).toBeCloseTo(0, 12);
    expect(frequencyBounds.greatest).toBeCloseTo(1e-5, 12);
    expect(frequency).toBeCloseTo(5e-6, 12);
  });

  it('survives a source without any width', () => {
    expect(offsetOf([source(1, 0), source(1, 0)])).toBeCloseTo(1, 6);
    expect(combine([source(1, 0)], wide).standardDeviation).toBe(nanos(0));
  });
});

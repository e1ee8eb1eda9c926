import { describe, expect, it } from 'vitest';
import { after, between, milliseconds, nanos, unixNanos } from '#contract/time.ts';
import { combine, type Member } from '../../../ntp-gateway/discipline/combine.ts';
import { estimateOf } from '../../support/estimate.ts';

const TRUTH = unixNanos(1_795_336_200_000_000_000n);
let paths = 0;
/** One that is `offset` ± `half` ms from the truth, on a path of its own unless it is said. */
const source = (offset: number, half: number, frequency = 0, over: Partial<Member> = {}): Member => ({
  estimate: {
    ...estimateOf(TRUTH, offset - half, offset + half),
    frequency,
    frequencyBounds: { least: frequency - 1e-6, greatest: frequency + 1e-6 },
  },
  path: `${paths++}`,
  prefer: false,
  ...over,
});
/** As `select` has it: an interval whose ends are members' own. */
const offsetOf = (members: readonly Member[], interval = hullOf(members)): number =>
  between(TRUTH, combine(members, interval).time) / 1e6;
const hullOf = (members: readonly Member[]) => {
  const intervals = members.map(({ estimate }) => estimate.interval);
  return {
    earliest: intervals.reduce((a, b) => (a.earliest < b.earliest ? a : b)).earliest,
    latest: intervals.reduce((a, b) => (a.latest > b.latest ? a : b)).latest,
  };
};

describe('combine', () => {
  it('takes one source as it is', () => {
    const one = source(3, 5, 2e-6);
    const { frequency, frequencyBounds, frequencyDeviation, wander, early, late } = one.estimate;
    expect(combine([one], one.estimate.interval)).toMatchObject({
      interval: one.estimate.interval,
      time: after(TRUTH, milliseconds(3)),
      frequency,
      frequencyDeviation,
      wander,
      early,
      late,
    });
    const bounds = combine([one], one.estimate.interval).frequencyBounds;
    expect(bounds.least).toBeCloseTo(frequencyBounds.least, 15);
    expect(bounds.greatest).toBeCloseTo(frequencyBounds.greatest, 15);
  });

  it('gives a source that is ten times tighter a hundred times the say', () => {
    expect(offsetOf([source(0, 1), source(101, 10)])).toBeCloseTo(1, 6);
  });

  it('stays inside what the majority allows', () => {
    const [a, b] = [source(5, 1), source(6, 1)];
    const interval = { earliest: a.estimate.interval.earliest, latest: after(TRUTH, milliseconds(5)) };
    const cut = { ...a, estimate: { ...a.estimate, interval } };
    expect(offsetOf([cut, b], interval)).toBe(5);
  });

  it('grows surer by hearing more opinions, and not by hearing one of them many times', () => {
    const alone = combine([source(1, 5)], source(1, 5).estimate.interval).standardDeviation;
    const alike = Array.from({ length: 9 }, () => source(1, 5, 0, { path: 'one link' }));
    const apart = Array.from({ length: 9 }, () => source(1, 5));
    expect(combine(alike, alike[0]!.estimate.interval).standardDeviation).toBeCloseTo(alone, -2);
    expect(combine(apart, apart[0]!.estimate.interval).standardDeviation).toBeCloseTo(alone / 3, -2);
  });

  it('hears five servers behind one bad link as one opinion', () => {
    const behind = Array.from({ length: 5 }, () => source(6, 10, 0, { path: 'one link' }));
    expect(offsetOf([...behind, source(0, 10)])).toBeCloseTo(3, 6);
  });

  it('hears preferred sources alone, as long as one of them is selected', () => {
    expect(offsetOf([source(0, 1), source(4, 10, 0, { prefer: true })])).toBe(4);
  });

  it('bounds the frequency by what a majority says of it', () => {
    const three = [source(0, 1, 1e-6), source(0, 1, 2e-6), source(0, 1, 9e-6)];
    const { frequencyBounds } = combine(three, hullOf(three));
    expect(frequencyBounds.least).toBeCloseTo(1e-6, 12);
    expect(frequencyBounds.greatest).toBeCloseTo(2e-6, 12);
  });

  it('survives a source without any width', () => {
    expect(offsetOf([source(1, 0), source(1, 0)])).toBeCloseTo(1, 6);
    expect(combine([source(1, 0)], source(1, 0).estimate.interval).standardDeviation).toBeLessThan(nanos(2));
  });
});

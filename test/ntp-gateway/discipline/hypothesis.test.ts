import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DELAY_LAWS } from '../../../ntp-gateway/discipline/delay-law.ts';
import {
  copyOf,
  type Hypothesis,
  learnExchange,
  newHypothesis,
  type OneWay,
} from '../../../ntp-gateway/discipline/hypothesis.ts';
import { predict } from '../../../ntp-gateway/discipline/state-space.ts';
import { evenly } from '../../support/evenly.ts';
import { exchanges, FLOOR } from '../../support/one-way.ts';

const [QUEUE, BOTH, NOISE] = DELAY_LAWS;
const RATE = { mean: 0, deviation: 1e5 };
const first = (delays: OneWay, law = NOISE!, wander = 1): Hypothesis => newHypothesis(law, wander, delays, RATE, 0);
const delaysOf = (there: number, back: number): OneWay => ({ there, back, resolution: 100 });

/** After `count` exchanges 16 s apart over a steady path. */
const settled = (law = NOISE!, count = 200, scale = 1e5): Hypothesis => {
  const noise = { there: (dice: { normal: () => number }) => scale * dice.normal() };
  return exchanges({ seed: 3, count, ...noise }).reduce(
    (one, { delays }) => learnExchange(one, 16, delays, 1),
    first(delaysOf(FLOOR, FLOOR), law),
  );
};
const deviation = ({ covariance }: Hypothesis, i: number): number => Math.sqrt(covariance[5 * i]!);

/** Every value finite, the covariance symmetric and without a negative variance in any direction, but for rounding. */
const expectSane = ({ state, covariance: p, scales, logWeight }: Hypothesis): void => {
  for (const value of [...state, ...p, ...scales, logWeight]) expect(Number.isFinite(value)).toBe(true);
  for (const scale of scales) expect(scale).toBeGreaterThan(0);
  const deviations = [0, 5, 10, 15].map((i) => {
    expect(p[i]).toBeGreaterThanOrEqual(0);
    return Math.sqrt(p[i]!) + 1e-3;
  });
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [p[4 * i + j]!, p[4 * j + i]!];
      expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * deviations[i]! * deviations[j]!);
      expect(Math.abs(a)).toBeLessThanOrEqual((1 + 1e-6) * deviations[i]! * deviations[j]!);
    }
  }
};

describe('one hypothesis', () => {
  it('begins with the offset in the middle, and unsure of it by half the round trip, and of what the server doubts', () => {
    const delays = delaysOf(7e6, 3e6);
    const one = newHypothesis(NOISE!, 1, delays, { mean: 40, deviation: 7 }, 1e6);
    const [offset, rate, there, back] = one.state;
    expect([offset, rate]).toEqual([2e6, 40]);
    expect(there).toBe(back);
    expect(Math.abs(there! - 2.5e6)).toBeLessThanOrEqual(deviation(one, 2)); // anywhere below what was seen
    expect(5e6 - there!).toBeLessThan(2 * deviation(one, 2));
    expect(deviation(one, 0)).toBeCloseTo(2.5e6 + 100 + 1e6, 3);
    expect(deviation(one, 1)).toBeCloseTo(7, 9);
    expect(one.scales[0]).toBe(one.scales[1]);
    expect(one.scales[0]).toBeLessThan(5e6);
    expectSane(one);
  });

  it('believes both floors alike: their difference is known to a thousandth', () => {
    const { covariance: p } = first(delaysOf(5e6, 5e6));
    expect(Math.sqrt(p[10]! + p[15]! - 2 * p[11]!)).toBeCloseTo(2 * 1e-3 * 5e6, 0);
    expect(Math.sqrt(p[10]! + p[15]! + 2 * p[11]!)).toBeGreaterThan(2e6);
  });

  it('foresees what x′ = x + y·t and a random walk of y make of it', () => {
    const one = settled();
    const next = copyOf(one);
    predict(next, next.wander, 10);
    const [p, q] = [one.covariance, 1]; // wander² = 1
    expect(next.state[0]).toBeCloseTo(one.state[0]! + 10 * one.state[1]!, 6);
    expect(next.covariance[0]).toBeCloseTo(p[0]! + 20 * p[1]! + 100 * p[5]! + (q * 1000) / 3, 3);
    expect(next.covariance[1]).toBeCloseTo(p[1]! + 10 * p[5]! + (q * 100) / 2, 3);
    expect(next.covariance[2]).toBeCloseTo(p[2]! + 10 * p[6]!, 3);
    expect(next.covariance[5]).toBeCloseTo(p[5]! + q * 10, 6);
    expect(next.covariance[10]).toBe(p[10]);
    expectSane(next);
  });

  it('foresees the same in one leap as in many steps', () => {
    const [leap, steps] = [copyOf(settled(NOISE, 20)), copyOf(settled(NOISE, 20))];
    predict(leap, leap.wander, 64);
    for (let i = 0; i < 64; i++) predict(steps, steps.wander, 1);
    for (const [i, value] of steps.covariance.entries()) expect(value / leap.covariance[i]!).toBeCloseTo(1, 9);
    expect(steps.state[0]).toBeCloseTo(leap.state[0]!, 6);
  });

  it('learns from normal noise what a Kalman filter of the textbook does', () => {
    const before = settled();
    const delays = delaysOf(FLOOR + 3e4, FLOOR - 4e4);
    const after = learnExchange(before, 0, delays, 1);
    let [x, p] = [[...before.state], [...before.covariance]];
    for (const [way, seen] of [delays.there, delays.back].entries()) {
      const h = way === 0 ? [1, 0, 1, 0] : [-1, 0, 0, 1];
      const ph = h.map((_, i) => h.reduce((sum, hj, j) => sum + p[4 * i + j]! * hj, 0));
      const s = h.reduce((sum, hi, i) => sum + hi * ph[i]!, 0) + before.scales[way]! ** 2;
      const innovation = seen - h.reduce((sum, hi, i) => sum + hi * x[i]!, 0);
      x = x.map((value, i) => value + (ph[i]! / s) * innovation);
      p = p.map((value, k) => value - (ph[k >> 2]! * ph[k & 3]!) / s);
    }
    for (const [i, value] of x.entries()) {
      expect(Math.abs(after.state[i]! - value)).toBeLessThan(1e-3 * deviation(before, i));
    }
    for (const [k, value] of p.entries()) {
      const size = deviation(before, k >> 2) * deviation(before, k & 3);
      expect(Math.abs(after.covariance[k]! - value)).toBeLessThan(2e-3 * size);
    }
  });

  it('leaves the one it came from as it was', () => {
    const before = settled();
    const kept = structuredClone(before);
    learnExchange(before, 16, delaysOf(FLOOR, FLOOR), 1);
    expect(before).toEqual(kept);
  });

  it('adds up what speaks for it, and lets old evidence fade', () => {
    const before = { ...settled(), logWeight: -100 };
    const [kept, faded] = [1, 0.5].map((fading) => learnExchange(before, 16, delaysOf(FLOOR, FLOOR), fading));
    expect(faded!.logWeight - kept!.logWeight).toBeCloseTo(50, 6);
    const far = learnExchange(before, 16, delaysOf(FLOOR + 5e5, FLOOR + 5e5), 1);
    expect(far.logWeight).toBeLessThan(kept!.logWeight - 10);
    expect(kept!.exchanges).toBe(before.exchanges + 1);
  });

  it('follows the scale of its noise, each way by itself, and stays above what stamps can tell', () => {
    const noises = { there: 1e6, back: 1e4 };
    const learnAll = (law: typeof QUEUE) =>
      exchanges({
        seed: 5,
        count: 1_500,
        there: (dice) => noises.there * dice.exponential(),
        back: (dice) => noises.back * dice.exponential(),
      }).reduce((one, { delays }) => learnExchange(one, 16, delays, 1), first(delaysOf(FLOOR, FLOOR), law, 0.1));
    const { scales } = learnAll(QUEUE);
    expect(scales[0]! / noises.there).toBeGreaterThan(0.75);
    expect(scales[0]! / noises.there).toBeLessThan(1.33);
    expect(scales[1]! / noises.back).toBeGreaterThan(0.5);
    expect(scales[1]! / noises.back).toBeLessThan(2);
    const exact = Array.from({ length: 200 }).reduce<Hypothesis>(
      (one) => learnExchange(one, 16, { there: FLOOR, back: FLOOR, resolution: 77 }, 1),
      first(delaysOf(FLOOR, FLOOR)),
    );
    for (const scale of exact.scales) expect(scale).toBeGreaterThanOrEqual(77);
    for (const scale of exact.scales) expect(scale).toBeLessThan(10_000);
  });

  it('follows a scale that changes, however long it was another', () => {
    const noise = (dice: { exponential: () => number }, i: number) => (i < 600 ? 1e5 : 4e5) * dice.exponential();
    const after = exchanges({ seed: 6, count: 750, there: noise }).reduce(
      (one, { delays }) => learnExchange(one, 16, delays, 1),
      first(delaysOf(FLOOR, FLOOR), QUEUE),
    );
    expect((after.scales[0]! + after.scales[1]!) / 2).toBeGreaterThan(3.1e5);
  });

  it('lets one spike move a scale by a few scales at most, and halves it at most', () => {
    const before = settled();
    const spike = learnExchange(before, 16, delaysOf(FLOOR + 1e12, FLOOR), 1);
    expect(spike.scales[0]! / before.scales[0]!).toBeGreaterThan(1.02);
    expect(spike.scales[0]! / before.scales[0]!).toBeLessThan(1.3);
    const one = first(delaysOf(1e9, 1e9));
    const small = learnExchange(one, 1, delaysOf(7e8, 7e8), 1);
    for (const way of [0, 1]) expect(small.scales[way]! / one.scales[way]!).toBeGreaterThanOrEqual(0.5);
    const late = learnExchange(before, 1e5, delaysOf(FLOOR, FLOOR), 1); // the offset may have moved by far more than a scale
    for (const way of [0, 1]) expect(late.scales[way]! / before.scales[way]!).toBeGreaterThanOrEqual(0.5);
  });
});

describe('a path that changes', () => {
  /** The floors there and back, and the offset, once `count` exchanges came in by `there` and `back` later. */
  const changed = (before: Hypothesis, there: number, back: number, count: number): Hypothesis =>
    Array.from({ length: count }).reduce<Hypothesis>(
      (one) => learnExchange(one, 16, delaysOf(FLOOR + there, FLOOR + back), 1),
      before,
    );

  it.each([
    { name: 'longer there', there: 2e7, back: 0 },
    { name: 'longer back', there: 0, back: 2e7 },
    { name: 'shorter there', there: -3e6, back: 0 },
    { name: 'shorter back', there: 0, back: -3e6 },
  ])('$name: that floor is learnt anew, and the offset held', ({ there, back }) => {
    const before = settled();
    const after = changed(before, there, back, 12);
    expect(Math.abs(after.state[0]! - before.state[0]!)).toBeLessThan(1e5);
    expect(Math.abs(after.state[2]! - before.state[2]! - there)).toBeLessThan(2e5);
    expect(Math.abs(after.state[3]! - before.state[3]! - back)).toBeLessThan(2e5);
  });

  it('is one that is slower five times over; four spikes in a row are spikes', () => {
    const before = settled();
    const spikes = changed(before, 2e7, 0, 4);
    expect(deviation(spikes, 2)).toBeLessThan(2 * deviation(before, 2));
    expect(spikes.streaks[0]).toBe(4);
    const change = changed(before, 2e7, 0, 5);
    expect(change.state[2]! - before.state[2]!).toBeGreaterThan(1e7);
    expect(changed(changed(before, 2e7, 0, 4), 0, 0, 1).streaks[0]).toBe(0);
  });

  it('nobody knows which way after so long that the offset may have moved as far: both floors are learnt anew, alike', () => {
    const [before, shorter] = [settled(), delaysOf(FLOOR - 4e6, FLOOR)];
    const soon = learnExchange(before, 16, shorter, 1).state;
    expect(soon[2]).toBeLessThan(FLOOR - 3.5e6);
    expect(soon[3]).toBeGreaterThan(FLOOR - 5e5);
    const spiked = learnExchange(before, 16, { ...shorter, back: FLOOR + 1e6 }, 1).state;
    expect(Math.abs(spiked[3]! - FLOOR)).toBeLessThan(2e5);
    const late = learnExchange(before, 1e5, shorter, 1).state;
    expect(late[2]! + late[3]!).toBeLessThan(2 * FLOOR - 3e6);
    expect(Math.abs(late[2]! - late[3]!)).toBeLessThan(1e6);
  });
});

describe('a clock that moves', () => {
  const moved = (before: Hypothesis, offset: number): Hypothesis =>
    learnExchange(before, 16, delaysOf(FLOOR + offset, FLOOR - offset), 1);

  it.each([2e6, -2e6])('by %d ns once is doubted, twice is believed: its rate is learnt anew', (offset) => {
    const before = settled();
    const once = moved(before, offset);
    expect(deviation(once, 1)).toBeLessThan(2 * deviation(before, 1) + 20);
    expect(once.streaks[2]).toBe(1);
    const twice = moved(once, offset);
    expect(twice.streaks[2]).toBe(0);
    expect(deviation(twice, 1)).toBeGreaterThan(Math.abs(offset) / 16 / 2);
    const found = moved(moved(twice, offset), offset);
    expect(Math.abs(found.state[0]! - offset)).toBeLessThan(5e5);
  });

  it('is not faster than any oscillator, however close two contradictions are', () => {
    const [before, off] = [settled(), delaysOf(FLOOR + 2e6, FLOOR - 2e6)];
    const after = learnExchange(learnExchange(before, 1e-3, off, 1), 1e-3, off, 1);
    expect(after.streaks[2]).toBe(0);
    expect(deviation(after, 1)).toBeGreaterThan(1e5);
    expect(deviation(after, 1)).toBeLessThan(6e5);
    const atOnce = learnExchange(learnExchange(before, 1, off, 1), 0, off, 1); // which no rate explains
    expect(deviation(atOnce, 1)).toBeLessThan(1e3);
  });

  it('only back and forth within a streak is not believed', () => {
    const after = moved(moved(moved(settled(), 2e6), 0), 2e6);
    expect(after.streaks[2]).toBe(1);
  });
});

describe('any exchanges', () => {
  const delay = fc.oneof(
    fc.constantFrom(0, 1, -1, 5e6, 1e9, -1e9),
    evenly({ min: -1e7, max: 1e9 }),
    evenly({ min: 5e6, max: 5.2e6 }),
  );
  const stream = fc.array(
    fc.record({ there: delay, back: delay, gap: fc.constantFrom(0, 1e-9, 0.5, 16, 1_024, 1e5) }),
    { minLength: 1, maxLength: 60 },
  );

  it.each([QUEUE, BOTH, NOISE])('leave it sane: %o', (law) => {
    fc.assert(
      fc.property(stream, fc.constantFrom(0.03, 300), fc.constantFrom(1, 1e5), (all, wander, resolution) => {
        const [{ there, back }] = all as [(typeof all)[number]];
        let one = newHypothesis(law!, wander, { there, back, resolution }, RATE, 1e6);
        for (const { gap, ...delays } of all) {
          one = learnExchange(one, gap, { ...delays, resolution }, 0.995);
          expectSane(one);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('that no clock can give leave it without weight where its numbers break down', () => {
    const broken = fc.array(
      fc.record({ there: fc.constantFrom(0, 5e6, 1e18, -1e18), back: fc.constantFrom(5e6, 1e18, -1e18) }),
      {
        minLength: 30,
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(broken, (all) => {
        let one = first(delaysOf(FLOOR, FLOOR));
        for (const [i, { there, back }] of all.entries()) {
          one = learnExchange(one, [0.5, 1e5, 16][i % 3]!, delaysOf(there, back), 1);
          const isSound = [0, 5, 10, 15].every((entry) => one.covariance[entry]! >= 0);
          if (!isSound) expect(one.logWeight).toBe(Number.NEGATIVE_INFINITY);
        }
      }),
      { numRuns: 300 },
    );
  });
});

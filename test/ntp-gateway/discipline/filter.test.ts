import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DELAY_LAWS } from '../../../ntp-gateway/discipline/delay-law.ts';
import {
  type Belief,
  carry,
  confineTo,
  type Filter,
  learn,
  newFilter,
} from '../../../ntp-gateway/discipline/filter.ts';
import type { Dice } from '../../support/dice.ts';
import { evenly } from '../../support/evenly.ts';
import { exchanges, FLOOR, rms, type Watch } from '../../support/one-way.ts';

/** A fifth of 500 ppm. */
const RATE = { mean: 0, deviation: 1e5 };
const queue =
  (mean: number) =>
  (dice: Dice): number =>
    mean * dice.exponential();
const bell =
  (deviation: number) =>
  (dice: Dice): number =>
    deviation * dice.normal();

type Look = { readonly filter: Filter; readonly belief: Belief; readonly error: number; readonly rateError: number };
/** What was believed after each exchange. */
const follow = (watch: Watch): Look[] => {
  const { gap = 16 } = watch;
  let filter: Filter | undefined;
  return exchanges(watch).map(({ delays, offset, rate }) => {
    filter = filter ? learn(filter, gap, delays) : newFilter(delays, RATE, 0);
    const { belief } = filter;
    return { filter, belief, error: belief.offset - offset, rateError: belief.rate - rate };
  });
};
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);

describe('hypotheses side by side', () => {
  it('find the floors beneath exponential queues, and the offset faster than any mean could', () => {
    const errors = (count: number) => SEEDS.map((seed) => follow({ seed, count, there: queue(1e5) }).at(-1)!);
    const [few, many] = [errors(32), errors(512)];
    expect(rms(many.map(({ belief }) => belief.floor - 2 * FLOOR))).toBeLessThan(5e3); // a mean lies 200 µs above it
    expect(rms(many.map(({ error }) => error))).toBeLessThan(rms(few.map(({ error }) => error)) / 8);
    expect(rms(many.map(({ error }) => error))).toBeLessThan(1e5 / Math.sqrt(2 * 512));
  });

  it('keep to the mean where noise is normal: nothing is faster there', () => {
    const errors = SEEDS.map((seed) => follow({ seed, count: 512, there: bell(1e5) }).at(-1)!.error);
    expect(rms(errors)).toBeLessThan(20e3);
  });

  it.each([
    { name: 'queue', noise: queue(1e5), expected: 0 },
    { name: 'normal', noise: bell(1e5), expected: 2 },
  ])('choose the law that fits: $name', ({ noise, expected }) => {
    const { hypotheses } = follow({ seed: 1, count: 400, wander: 1, there: noise }).at(-1)!.filter;
    const weights = DELAY_LAWS.map((law) =>
      hypotheses.reduce((sum, one) => sum + (one.law === law ? Math.exp(one.logWeight) : 0), 0),
    );
    expect(weights[expected]! / weights.reduce((a, b) => a + b)).toBeGreaterThan(0.95);
  });

  it.each([
    { wander: 0.3, gap: 64 },
    { wander: 3, gap: 16 },
    { wander: 3, gap: 64 },
    { wander: 30, gap: 16 },
    { wander: 30, gap: 64 },
  ])('believe the wander that there is: $wander ns/s per √s, $gap s apart', ({ wander, gap }) => {
    for (const there of [queue(1e5), bell(1e5)]) {
      for (const seed of [1, 2, 3]) {
        const looks = follow({ seed, count: 450, wander, gap, there }).slice(300);
        const mean = looks.reduce((sum, { belief }) => sum + belief.wander / looks.length, 0);
        expect(mean / wander).toBeGreaterThan(1 / 4);
        expect(mean / wander).toBeLessThan(4);
      }
    }
  });

  it.each([
    { way: 'there', noise: queue(1e5) },
    { way: 'back', noise: queue(1e5) },
    { way: 'there', noise: bell(1e5) },
  ])('do not take a path that grows by 20 ms $way for a step of the clock', ({ way, noise }) => {
    const changing = (dice: Dice, i: number) => noise(dice) + (i >= 200 ? 2e7 : 0);
    const ways = way === 'there' ? { there: changing, back: noise } : { there: noise, back: changing };
    const looks = follow({ seed: 2, count: 260, wander: 1, ...ways });
    expect(Math.max(...looks.slice(200).map(({ error }) => Math.abs(error)))).toBeLessThan(1e6);
    expect(Math.abs(looks.at(-1)!.belief.floor - 2 * FLOOR - 2e7)).toBeLessThan(4e5);
  });

  it.each([queue(1e5), bell(1e5)])('follow a frequency that steps by 10 ppm, %#', (there) => {
    const rateStep = (i: number) => (i === 200 ? 1e4 : 0);
    for (const seed of SEEDS.slice(0, 4)) {
      const looks = follow({ seed, count: 232, wander: 1, there, rateStep });
      expect(Math.max(...looks.slice(200).map(({ error }) => Math.abs(error)))).toBeLessThan(8e5);
      for (const { error, rateError } of looks.slice(220)) {
        expect(Math.abs(error)).toBeLessThan(4e5);
        expect(Math.abs(rateError)).toBeLessThan(4e3);
      }
    }
  });

  it('hardly move for one spike', () => {
    const there = (dice: Dice, i: number) => 1e5 * dice.exponential() + (i === 200 ? 5e7 : 0);
    const looks = follow({ seed: 3, count: 202, wander: 1, there, back: queue(1e5) });
    expect(Math.abs(looks[200]!.error - looks[199]!.error)).toBeLessThan(3e4);
  });

  it('know how wrong they are: errors over their standard deviation have an RMS of about one', () => {
    for (const there of [queue(1e5), bell(1e5), (dice: Dice) => 1e5 * dice.exponential() ** (1 / 0.6)]) {
      const looks = SEEDS.slice(0, 6).flatMap((seed) => follow({ seed, count: 400, wander: 3, there }).slice(40));
      const normalised = looks.map(({ error, belief }) => error / Math.sqrt(belief.offsetVariance));
      const ofRate = looks.map(({ rateError, belief }) => rateError / Math.sqrt(belief.rateVariance));
      expect(rms(normalised)).toBeGreaterThan(0.5);
      expect(rms(normalised)).toBeLessThan(2);
      expect(rms(ofRate)).toBeGreaterThan(0.5);
      expect(rms(ofRate)).toBeLessThan(2);
    }
  });

  it('start over from the best of their law where they are hopeless', () => {
    const { hypotheses } = follow({ seed: 1, count: 400, wander: 30, there: queue(1e5) }).at(-1)!.filter;
    for (const law of DELAY_LAWS) {
      const alike = hypotheses.filter((one) => one.law === law);
      const best = alike.reduce((a, b) => (a.logWeight > b.logWeight ? a : b));
      const stiff = alike[0]!;
      expect(stiff.wander).toBe(0.03);
      for (const one of alike) expect(one.logWeight).toBeGreaterThanOrEqual(best.logWeight + 2 * Math.log(1e-4) - 1e-9);
      if (stiff.logWeight < best.logWeight + Math.log(1e-4)) expect(stiff.state).toEqual(best.state);
      expect(stiff.state).not.toBe(best.state);
    }
    expect(Math.max(...hypotheses.map(({ logWeight }) => logWeight))).toBe(0);
  });

  it('take an oscillator for a usual one until it shows itself, having learnt from the first exchange', () => {
    const { hypotheses, belief } = follow({ seed: 1, count: 1, there: queue(1e5) }).at(-1)!.filter;
    expect(belief.wander).toBeGreaterThan(0.5);
    expect(belief.wander).toBeLessThan(30);
    for (const { exchanges } of hypotheses) expect(exchanges).toBe(1);
  });

  it('are in time when a quiet oscillator begins to wander', () => {
    const looks = follow({ seed: 1, count: 400, wander: 0.03, there: queue(1e5) });
    const restless = exchanges({ seed: 2, count: 60, wander: 30, there: queue(1e5) });
    const { offset, rate } = looks.at(-1)!.belief;
    let { filter } = looks.at(-1)!;
    const errors = restless.map((one, i) => {
      const seconds = 16 * (i + 1);
      const shift = offset + rate * seconds;
      const delays = { ...one.delays, there: one.delays.there + shift, back: one.delays.back - shift };
      filter = learn(filter, 16, delays);
      return filter.belief.offset - one.offset - shift;
    });
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(5e5);
    expect(filter.belief.wander).toBeGreaterThan(10);
  });
});

describe('a proof', () => {
  const early = follow({ seed: 1, count: 3, there: queue(1e6) }).at(-1)!.filter;
  const { offset, offsetVariance } = early.belief;
  const deviation = Math.sqrt(offsetVariance);

  it('that a belief does not touch leaves it as it is', () => {
    expect(confineTo(early, offset - 2 * deviation, offset + 2 * deviation)).toBe(early);
  });

  it.each([
    { name: 'above', least: offset + deviation, greatest: offset + 3 * deviation },
    { name: 'below', least: offset - 3 * deviation, greatest: offset - deviation },
    { name: 'close around', least: offset - deviation / 10, greatest: offset + deviation / 10 },
  ])('$name it cuts off what lies outside', ({ least, greatest }) => {
    const { belief } = confineTo(early, least, greatest);
    // One end after the other, by moments: where both are close the second cut forgets a little of the first.
    expect(belief.offset).toBeGreaterThan(least - deviation / 4);
    expect(belief.offset).toBeLessThan(greatest + deviation / 4);
    expect(belief.offsetVariance).toBeLessThan(offsetVariance);
    expect(belief.offsetVariance).toBeGreaterThan(0);
  });
});

describe('a belief', () => {
  it('is the mixture’s mean and variance', () => {
    const { hypotheses, belief } = follow({ seed: 1, count: 20, there: queue(1e5) }).at(-1)!.filter;
    const total = hypotheses.reduce((sum, { logWeight }) => sum + Math.exp(logWeight), 0);
    const mean = (of: (one: (typeof hypotheses)[number]) => number) =>
      hypotheses.reduce((sum, one) => sum + (Math.exp(one.logWeight) / total) * of(one), 0);
    const offset = mean(({ state }) => state[0]!);
    const rate = mean(({ state }) => state[1]!);
    expect(belief.offset).toBeCloseTo(offset, 3);
    expect(belief.rate).toBeCloseTo(rate, 6);
    expect(belief.floor).toBeCloseTo(
      mean(({ state }) => state[2]! + state[3]!),
      2,
    );
    expect(belief.wander).toBeCloseTo(
      mean(({ wander }) => wander),
      6,
    );
    const second = mean(({ state, covariance }) => covariance[0]! + state[0]! ** 2);
    expect(belief.offsetVariance / (second - offset ** 2)).toBeCloseTo(1, 6);
    const mixed = mean(({ state, covariance }) => covariance[1]! + state[0]! * state[1]!);
    expect(belief.covariance / (mixed - offset * rate)).toBeCloseTo(1, 5);
    const ofRate = mean(({ state, covariance }) => covariance[5]! + state[1]! ** 2);
    expect(belief.rateVariance / (ofRate - rate ** 2)).toBeCloseTo(1, 6);
  });

  const belief = { offset: 5, rate: 2, offsetVariance: 100, covariance: 3, rateVariance: 4, floor: 7, wander: 0.5 };

  it('is carried on with the oscillator, and grows unsure as that wanders', () => {
    expect(carry(belief, 0)).toEqual(belief);
    // 100 + 2·3·10 + 4·10² + 0.25·10³ / 3; 3 + 4·10 + 0.25·10² / 2; 4 + 0.25·10
    const later = carry(belief, 10);
    expect(later).toMatchObject({ offset: 25, rate: 2, covariance: 55.5, rateVariance: 6.5, floor: 7, wander: 0.5 });
    expect(later.offsetVariance).toBeCloseTo(100 + 60 + 400 + 250 / 3, 9);
    expect(carry(belief, -1).offset).toBe(3);
    expect(carry(belief, -10).rateVariance).toBe(6.5); // unsure backwards too
    expect(carry({ ...belief, covariance: 0 }, -1).offsetVariance).toBeGreaterThan(100);
  });

  it('is of numbers, whatever is seen', () => {
    const delay = fc.oneof(fc.constantFrom(0, 1, -1, 5e6, 1e9, -1e9, 1e18, -1e18), evenly({ min: 5e6, max: 5.2e6 }));
    const stream = fc.array(
      fc.record({
        there: delay,
        back: delay,
        resolution: fc.constantFrom(1, 1e5),
        gap: fc.constantFrom(0, 1e-9, 16, 1_024, 1e5),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(stream, (all) => {
        let filter = newFilter(all[0]!, RATE, 1e6);
        for (const { gap, ...delays } of all) {
          filter = learn(filter, gap, delays);
          for (const one of [filter.belief, carry(filter.belief, 64)]) {
            for (const value of Object.values(one)) expect(Number.isFinite(value)).toBe(true);
            expect(one.offsetVariance).toBeGreaterThanOrEqual(0);
            expect(one.rateVariance).toBeGreaterThanOrEqual(0);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

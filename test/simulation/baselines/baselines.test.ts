/** The contestants are what they stand for: a baseline that is worse than the original proves nothing about us. */
import { describe, expect, it } from 'vitest';
import type { Dice } from '../../support/dice.ts';
import { makeChrony } from './chrony.ts';
import { absorb, type Kalman, merge, progress } from './kalman.ts';
import { makeNtpdRs } from './ntpd-rs.ts';
import { race } from './race.ts';
import { makeRfc5905 } from './rfc5905.ts';
import { criticalRuns } from './runs-regression.ts';

const queue = (base: number, mean: number) => (dice: Dice) => base + mean * dice.exponential();
const bell = (dice: Dice) => 1e-2 + 3e-4 * dice.normal();
const wan = { delay: queue(1e-2, 1e-3), poll: 64 };
const honest = { delay: queue(5e-3, 5e-4), poll: 64 };
const liar = { ...honest, error: 0.1 };

/**
 * RMS error in µs: chronyd 4.3 itself over the same course in its own network simulator, clknetsim; of the other two what
 * was measured here over 20 seeds, for want of better.
 */
const COURSES = [
  { name: 'lan', wander: 1e-9, delay: queue(1e-4, 2e-5), poll: 64, chronyd: 8.6, ntpdRs: 10.9, rfc5905: 168 },
  { name: 'wan', wander: 1e-9, ...wan, chronyd: 123, ntpdRs: 209, rfc5905: 280 },
  { name: 'wan, stable clock', wander: 1e-10, ...wan, chronyd: 104, ntpdRs: 207, rfc5905: 190 },
  { name: 'wan, wandering clock', wander: 1e-8, ...wan, chronyd: 213, ntpdRs: 307, rfc5905: 1720 },
  { name: 'wifi', wander: 1e-8, delay: queue(1e-3, 3e-3), poll: 16, chronyd: 255, ntpdRs: 382, rfc5905: 328 },
  { name: 'symmetric noise', wander: 1e-9, delay: bell, poll: 64, chronyd: 65, ntpdRs: 94, rfc5905: 209 },
];

describe.each(COURSES)('$name', ({ wander, delay, poll, chronyd, ntpdRs, rfc5905 }) => {
  const scores = [1, 2, 3, 4].map((seed) =>
    race({ wander, sources: [{ delay, poll }] }, [makeChrony(), makeNtpdRs(), makeRfc5905()], seed, 8),
  );
  it.each([
    { name: 'chrony-like', i: 0, expected: chronyd, tolerance: 1.35 },
    { name: 'ntpd-rs-like', i: 1, expected: ntpdRs, tolerance: 1.35 },
    // Its slow loop lets one random walk of the oscillator's frequency be much worse for it than another.
    { name: 'RFC 5905', i: 2, expected: rfc5905, tolerance: 2 },
  ])('$name is off by what it is known for, and says so', ({ i, expected, tolerance }) => {
    const rms = scores.reduce((sum, score) => sum + score[i]!.rms / scores.length, 0) / 1e3;
    expect(rms).toBeGreaterThan(expected / tolerance);
    expect(rms).toBeLessThan(expected * tolerance);
    for (const score of scores) expect(score[i]).toMatchObject({ claimed: 1, covered: 1 });
  });
});

describe('chrony-like', () => {
  it('notices that queues stand on one way only, and takes them out', () => {
    const delay = (dice: Dice, way: string) => 1e-2 + (way === 'back' ? 0 : 1e-3 * dice.exponential());
    const [score] = race({ wander: 1e-9, sources: [{ delay, poll: 64 }] }, [makeChrony()], 1, 8);
    expect(score!.rms).toBeLessThan(20_000);
  });

  it('claims nothing while two contradict two', () => {
    const [score] = race({ wander: 1e-9, sources: [liar, honest, honest, liar] }, [makeChrony()], 1, 8);
    expect(score!.claimed).toBe(0);
  });

  it.each([
    { points: 7, runs: 0 },
    { points: 8, runs: 2 },
    { points: 9, runs: 3 },
    { points: 11, runs: 3 },
    { points: 20, runs: 7 },
    { points: 40, runs: 15 },
    { points: 64, runs: 26 },
    { points: 100, runs: 42 },
    { points: 128, runs: 55 },
  ])('$runs runs are too few for $points points', ({ points, runs }) => {
    expect(criticalRuns(points)).toBe(runs);
  });
});

describe.each([
  { make: makeChrony, most: 100_000 },
  { make: makeNtpdRs, most: 200_000 },
  { make: makeRfc5905, most: 500_000 },
])('$make.name', ({ make, most }) => {
  it('is not led by two liars of five', () => {
    const [score] = race({ wander: 1e-9, sources: [liar, honest, honest, liar, honest] }, [make()], 1, 8);
    expect(score!.claimed).toBe(1);
    expect(score!.rms).toBeLessThan(most);
  });
});

describe('kalman', () => {
  const state = { at: 0, offset: 1e-3, frequency: 1e-6, variance: 1e-8, covariance: 1e-12, frequencyVariance: 1e-14 };

  it('goes as far in two strides as in one', () => {
    const [once, twice] = [progress(state, 100, 1e-16), progress(progress(state, 30, 1e-16), 100, 1e-16)];
    for (const key of Object.keys(once) as (keyof Kalman)[]) expect(twice[key]).toBeCloseTo(once[key], 20);
  });

  it('knows twice as much from two that know the same', () => {
    const both = merge(state, { ...state, offset: 3e-3 });
    expect(both.offset).toBeCloseTo(2e-3, 12);
    expect(both.frequency).toBeCloseTo(1e-6, 15);
    expect(both.variance).toBeCloseTo(5e-9, 20);
    expect(both.frequencyVariance).toBeCloseTo(5e-15, 25);
  });

  it('is surprised by one deviation more than two times of three', () => {
    const { improbability, weight } = absorb(state, 1e-3 + Math.SQRT2 * 1e-4, 1e-8);
    expect(improbability).toBeCloseTo(0.6827, 4);
    expect(weight).toBe(0.5);
  });
});

/** The contestants are what they stand for: a baseline that is worse than the original proves nothing about us. */
import { describe, expect, it } from 'vitest';
import type { Dice } from '../../support/dice.ts';
import { makeChrony } from './chrony.ts';
import { race } from './race.ts';
import { criticalRuns } from './runs-regression.ts';

const queue = (base: number, mean: number) => (dice: Dice) => base + mean * dice.exponential();
const wan = { delay: queue(1e-2, 1e-3), poll: 64 };
const honest = { delay: queue(5e-3, 5e-4), poll: 64 };
const liar = { ...honest, error: 0.1 };

/** RMS error of the real chronyd 4.3 over the same course in its own network simulator, clknetsim, in µs. */
const COURSES = [
  { name: 'lan', chronyd: 8.6, wander: 1e-9, delay: queue(1e-4, 2e-5), poll: 64 },
  { name: 'wan', chronyd: 123, wander: 1e-9, ...wan },
  { name: 'wan, stable clock', chronyd: 104, wander: 1e-10, ...wan },
  { name: 'wan, wandering clock', chronyd: 213, wander: 1e-8, ...wan },
  { name: 'wifi', chronyd: 255, wander: 1e-8, delay: queue(1e-3, 3e-3), poll: 16 },
  { name: 'symmetric noise', chronyd: 65, wander: 1e-9, delay: (dice: Dice) => 1e-2 + 3e-4 * dice.normal(), poll: 64 },
];

describe('chrony-like', () => {
  it.each(COURSES)('comes near chronyd: $name', ({ chronyd, wander, delay, poll }) => {
    const scores = [1, 2, 3, 4].map(
      (seed) => race({ wander, sources: [{ delay, poll }] }, [makeChrony()], seed, 8)[0]!,
    );
    const rms = scores.reduce((sum, score) => sum + score.rms / scores.length, 0) / 1e3;
    expect(rms).toBeGreaterThan(chronyd * 0.75);
    expect(rms).toBeLessThan(chronyd * 1.35);
  });

  it('notices that queues stand on one way only, and takes them out', () => {
    const delay = (dice: Dice, way: string) => 1e-2 + (way === 'back' ? 0 : 1e-3 * dice.exponential());
    const [score] = race({ wander: 1e-9, sources: [{ delay, poll: 64 }] }, [makeChrony()], 1, 8);
    expect(score!.rms).toBeLessThan(20_000);
  });

  it('holds over when two contradict two, and says how little it knows', () => {
    const [score] = race({ wander: 1e-9, sources: [liar, honest, honest, liar] }, [makeChrony()], 1, 8);
    expect(score!.covered).toBe(1);
    expect(score!.medianRootDistance).toBeGreaterThan(100_000_000);
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

describe.each([{ make: makeChrony }])('$make.name', ({ make }) => {
  it('is not led by two liars of five', () => {
    const [score] = race({ wander: 1e-9, sources: [liar, honest, honest, liar, honest] }, [make()], 1, 8);
    expect(score!.claimed).toBe(1);
    expect(score!.rms).toBeLessThan(500_000);
  });
});

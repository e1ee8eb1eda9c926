import { describe, expect, it } from 'vitest';
import { after, milliseconds, nanos, seconds } from '#contract/time.ts';
import { randomFrom } from '../support/dice.ts';
import * as law from './noise.ts';
import { makePath } from './path.ts';
import { START } from './world.ts';

const MS = milliseconds(1);
const N = 40_000;
const draw = (noise: law.Noise, now = START): number[] => {
  const dice = randomFrom(1);
  return Array.from({ length: N }, () => noise(dice, now)).sort((a, b) => a - b);
};
const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

describe('noise', () => {
  it.each([
    { name: 'exponential', noise: law.exponential(MS), mean: 1, median: Math.LN2 },
    { name: 'normal', noise: law.normal(MS), mean: 0, median: 0 },
    { name: 'Weibull', noise: law.weibull(MS, 2), mean: Math.sqrt(Math.PI) / 2, median: Math.sqrt(Math.LN2) },
    { name: 'Pareto', noise: law.pareto(MS, 3), mean: 1 / 2, median: 2 ** (1 / 3) - 1 },
    { name: 'empirical', noise: law.empirical([MS, nanos(2 * MS), nanos(3 * MS)]), mean: 2, median: 2 },
    { name: 'spikes', noise: law.spikes(0.1, law.constant(MS)), mean: 0.1, median: 0 },
    { name: 'a sum', noise: law.sum(law.constant(MS), law.exponential(MS)), mean: 2, median: 1 + Math.LN2 },
    { name: 'all there', noise: law.asymmetric(law.exponential(MS), 0.47).there, mean: 0.97, median: 0.97 * Math.LN2 },
    { name: 'none back', noise: law.asymmetric(law.exponential(MS), 0.47).back, mean: 0.03, median: 0.03 * Math.LN2 },
  ])('$name has the mean and the median that its law says, in ms', ({ noise, mean: expected, median }) => {
    const drawn = draw(noise);
    expect(Math.abs(mean(drawn) / MS - expected)).toBeLessThan(0.02);
    expect(Math.abs(drawn[N / 2]! / MS - median)).toBeLessThan(0.02);
  });

  it('comes in bursts of random lengths, and stays as it is between two changes', () => {
    const [dice, noise] = [randomFrom(1), law.bursts(seconds(2), seconds(6), law.constant(nanos(1)))];
    const seen = Array.from({ length: N }, (_, i) => noise(dice, after(START, seconds(i / 10))));
    const changes = seen.filter((one, i) => i > 0 && one !== seen[i - 1]).length;
    expect(Math.abs(mean(seen) - 2 / 8)).toBeLessThan(0.04);
    expect(Math.abs(changes / (N / 10 / 4) - 1)).toBeLessThan(0.15); // every 4 s, less those too short to be seen
  });

  it('comes and goes by the clock', () => {
    const nightly = law.during(law.recurring(START, seconds(2), seconds(10)), law.constant(MS));
    const changed = law.during(law.since(after(START, seconds(5))), law.constant(MS));
    const at = (noise: law.Noise) =>
      [0, 1, 2, 9, 10, 12].map((s) => noise(randomFrom(1), after(START, seconds(s))) / MS);
    expect(at(nightly)).toEqual([1, 1, 0, 0, 1, 0]);
    expect(at(changed)).toEqual([0, 0, 0, 1, 1, 1]);
  });
});

describe('path', () => {
  it('loses and doubles as often as it should, each copy with a delay of its own, none below 0', () => {
    const dice = randomFrom(1);
    const { there } = makePath({ there: MS, noise: law.normal(MS), loss: 0.25, duplication: 0.1 });
    const trips = Array.from({ length: N }, () => there(dice, START));
    const share = (copies: number) => trips.filter(({ length }) => length === copies).length / N;
    expect(share(0)).toBeCloseTo(0.25, 1);
    expect(share(2)).toBeCloseTo(0.075, 1);
    expect(Math.min(...trips.flat())).toBe(0);
    expect(trips.some(([a, b]) => a !== undefined && b !== undefined && b < a)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { carry, contradictionsOf, spreadOf } from '../../../client/cli/compare.ts';

const reading = (earliest: number, latest: number) => ({ earliest, time: (earliest + latest) / 2, latest });

describe('edges that are compared', () => {
  const [a, b, c, d] = [reading(0, 10), reading(10, 20), reading(10.5, 11), reading(30, 40)];

  it('contradict each other where no time is in common; a common end is one', () => {
    const readings = [a, b, undefined, c, d];
    expect(readings.map((_one, place) => contradictionsOf(place, readings))).toEqual([
      [3, 4],
      [4],
      [],
      [0, 4],
      [0, 1, 3],
    ]);
  });

  it('are as far apart as their best guesses', () => {
    expect(spreadOf([a, b, d])).toBe(30);
    expect(spreadOf([a])).toBe(0);
    expect(spreadOf([])).toBe(0);
  });

  it('are taken to one instant: any share of the wait may have passed since, and the clock that timed it drifts', () => {
    expect(carry(reading(100, 110), 1_000)).toEqual({ earliest: 100, time: 605, latest: 1_110.5 });
  });
});

import { describe, expect, it } from 'vitest';
import { seconds } from '#contract/time.ts';
import { randomFrom } from '../support/dice.ts';
import { makeOscillator, type OscillatorOptions } from './oscillator.ts';

const make = (options: OscillatorOptions, seed = 1) => makeOscillator(options, randomFrom(seed));

describe('oscillator', () => {
  it('loses what its frequency says, far below 1 ns a second too', () => {
    expect(make({ frequency: 2e-5 }).lost(seconds(1e5))).toBeCloseTo(2e9, 0);
    expect(make({ frequency: -1e-11 }).lost(seconds(1e5))).toBeCloseTo(-1_000, 3);
  });

  it('changes by steps, and with the temperature', () => {
    const stepped = make({ steps: [{ at: seconds(10), by: 1e-6 }] });
    expect([5, 10, 20].map((s) => stepped.lost(seconds(s)))).toEqual([0, 0, expect.closeTo(10_000, 3)]);
    const sine = make({ sine: { amplitude: 1e-6, period: seconds(7_200) } });
    // Half a period: the area under half a sine, 2 / π of the amplitude.
    expect(sine.lost(seconds(3_600))).toBeCloseTo((3.6e6 * 2) / Math.PI, -1);
    expect(sine.lost(seconds(7_200))).toBeCloseTo(0, 3);
  });

  it('wanders: the standard deviation of its frequency grows with √t', () => {
    const ends = Array.from({ length: 1_000 }, (_, seed) => {
      const oscillator = make({ wander: 1e-9 }, seed);
      oscillator.lost(seconds(100));
      return oscillator.frequency();
    });
    expect(Math.sqrt(ends.reduce((sum, f) => sum + f * f, 0) / ends.length)).toBeCloseTo(1e-8, 9);
  });
});

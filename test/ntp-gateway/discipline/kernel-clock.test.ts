import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rateOf, settingFor } from '../../../ntp-gateway/discipline/kernel-clock.ts';

it.each([
  { rate: 0, tick: 10_000, freq: 0 },
  { rate: 1e-6, tick: 10_000, freq: 65_536 },
  { rate: -5e-4, tick: 10_000, freq: -500 * 65_536 },
  { rate: 5.1e-4, tick: 10_005, freq: 10 * 65_536 },
  { rate: -0.083, tick: 9_170, freq: 0 },
])('$rate is tick $tick and freq $freq', ({ rate, ...setting }) => {
  expect(settingFor(rate)).toEqual(setting);
  expect(rateOf(setting)).toBeCloseTo(rate, 12);
});

it('is a setting that every kernel takes, and the rate that was wanted to 2^-17 ppm', () => {
  fc.assert(
    fc.property(fc.double({ min: -0.1, max: 0.1, noNaN: true }), (rate) => {
      const { tick, freq } = settingFor(rate);
      expect([tick, freq].every(Number.isSafeInteger)).toBe(true);
      expect(Math.abs(tick - 10_000)).toBeLessThanOrEqual(1_000);
      expect(Math.abs(freq)).toBeLessThanOrEqual(500 * 65_536);
      expect(Math.abs(rateOf({ tick, freq }) - rate)).toBeLessThan(1e-6 / 131_072 + 1e-16);
    }),
  );
});

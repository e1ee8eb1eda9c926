import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { truncate } from '../../../ntp-gateway/discipline/truncated-normal.ts';
import { evenly } from '../../support/evenly.ts';

describe('truncated normal', () => {
  // mpmath with 60 digits, from erfc: ln Φ(a) (+ a²/2 where a < 0), a + h, 1 − h·(a + h), h = φ(a) / Φ(a).
  it.each([
    { a: -1e4, logMass: -10.129278915181, depth: 9.9999998e-5, kept: 9.9999994e-9 },
    { a: -40, logMass: -4.6084420137538, depth: 0.024968847207264, kept: 0.00062266837859139 },
    { a: -20, logMass: -3.9171553710973, depth: 0.049753068527851, kept: 0.0024632616150522 },
    { a: -10, logMass: -3.2312851505125, depth: 0.098093233962512, kept: 0.0094453778256563 },
    { a: -5.0001, logMass: -2.565017044222, depth: 0.18650069753651, kept: 0.0326953520661 },
    { a: -5, logMass: -2.5649983939887, depth: 0.18650396712584, kept: 0.032696434617112 },
    { a: -3, logMass: -2.1077262215103, depth: 0.28309865493044, kept: 0.070559186785268 },
    { a: -1, logMass: -1.3410216450093, depth: 0.52513527616098, kept: 0.19909766557035 },
    { a: -0.5, logMass: -1.0509117615936, depth: 0.64107777036806, kept: 0.26848040715588 },
    { a: 0, logMass: -Math.LN2, depth: 0.79788456080287, kept: 0.36338022763242 },
    { a: 0.5, logMass: -0.368946415288656, depth: 1.009160433837, kept: 0.48617543569637 },
    { a: 1, logMass: -0.17275377902345, depth: 1.2875999709392, kept: 0.62968628577661 },
    { a: 3, logMass: -0.00135080996474819, depth: 3.0044378390421, kept: 0.98666678845826 },
    { a: 6, logMass: -9.86587645524376e-10, depth: 6.0000000060759, kept: 0.9999999635447 },
    { a: 40, logMass: 0, depth: 40, kept: 1 },
  ])('cut off at $a', ({ a, logMass, depth, kept }) => {
    const truncation = truncate(a);
    expect(Math.abs(truncation.logMass - logMass)).toBeLessThan(2e-7);
    expect(Math.abs(truncation.depth / depth - 1)).toBeLessThan(1e-6);
    expect(Math.abs(truncation.kept / kept - 1)).toBeLessThan(2e-5);
  });

  const limit = fc.oneof(evenly({ min: -40, max: 40 }), evenly({ min: -1e12, max: 1e12 }));

  it('keeps between nothing and all of the variance, below the limit and the mean, wherever that is', () => {
    fc.assert(
      fc.property(limit, (a) => {
        const { logMass, depth, kept } = truncate(a);
        expect(logMass).toBeLessThanOrEqual(0);
        expect(Number.isFinite(logMass)).toBe(true);
        expect(depth).toBeGreaterThan(0);
        expect(depth).toBeGreaterThanOrEqual(a);
        expect(kept).toBeGreaterThan(0);
        expect(kept).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('grows with the limit, without a step where one formula ends and another begins', () => {
    for (let a = -40; a < 40; a += 0.01) {
      const [less, more] = [truncate(a), truncate(a + 0.01)];
      expect(more.depth - less.depth).toBeGreaterThan(0);
      expect(more.depth - less.depth).toBeLessThan(0.01001);
      expect(more.kept - less.kept).toBeGreaterThan(-1e-5);
      expect(more.kept - less.kept).toBeLessThan(0.01);
    }
  });
});

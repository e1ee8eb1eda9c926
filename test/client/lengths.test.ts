import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundText, lengthText, stepOf } from '../../client/lengths.ts';

it.each([
  [0.5, '0.5 ms'],
  [3.2141, '3.22 ms'],
  [12.01, '12.1 ms'],
  [124.001, '125 ms'],
  [999.9, '1 s'],
  [1_234.5, '1.24 s'],
  [130_900, '2.19 min'],
  [7_201_000, '2.01 h'],
  [0, '0 ms'],
])('a bound of %d ms is %s: never less than it is', (ms, text) => expect(boundText(ms)).toBe(text));

it.each([
  [0.123, 0.01, '0.12 ms'],
  [-12.3, 3, '12 ms'],
  [431.26, 12, '431 ms'],
  [2_004.4, 12, '2.00 s'],
  [300_012.3, 12, '5 min 0.01 s'],
  [-300_012.3, 400, '5 min 0.0 s'],
  [-7_384_500, 90, '2 h 3 min 4.50 s'],
  [1.796e12, 30_000, '20787 days 53 min 20 s'],
  [300_000, 100_000, '5 min'],
])('%d ms, known to within %d, are %s', (ms, bound, text) => expect(lengthText(ms, stepOf(ms, bound))).toBe(text));

const units: Readonly<Record<string, number>> = { days: 86_400e3, h: 3_600e3, min: 60e3, s: 1e3, ms: 1 };
const value = (text: string): number =>
  [...text.matchAll(/([\d.]+) (days|h|min|s|ms)/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? Number.NaN),
    0,
  );

it('shows a bound by three digits that hold it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e11, noNaN: true }), (ms) => {
      const [least, most] = [value(boundText(ms, Math.floor)), value(boundText(ms))];
      expect(least).toBeLessThanOrEqual(ms * (1 + 1e-9));
      expect(most).toBeGreaterThanOrEqual(ms * (1 - 1e-9));
      expect(most - least).toBeLessThanOrEqual(ms * 0.011);
    }),
  );
});

it('shows what it is told, to within its step', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e12, noNaN: true }),
      fc.double({ min: 0.01, max: 1e6, noNaN: true }),
      (ms, bound) => {
        const step = stepOf(ms, bound);
        expect(Math.abs(value(lengthText(ms, step)) - ms)).toBeLessThanOrEqual(step * 0.5001 + 1e-3);
      },
    ),
  );
});

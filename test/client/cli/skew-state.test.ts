import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { performanceData, STATES, stateOf } from '../../../client/cli/skew-state.ts';

const LIMITS = { warn: 100, crit: 1_000 };
const skew = (offset: number, less: number, more = less) => ({
  earliest: offset - less,
  offset,
  latest: offset + more,
});

describe('the state of a host’s clock', () => {
  it.each([
    ['certainly within', skew(20, 30), 'OK'],
    ['certainly within, the other way', skew(-20, 30), 'OK'],
    ['as far as the limit, which is still good', skew(0, 100), 'OK'],
    ['certainly beyond the first', skew(300, 100), 'WARNING'],
    ['certainly beyond the first, the other way', skew(-300, 100), 'WARNING'],
    ['certainly beyond both', skew(5_000, 100), 'CRITICAL'],
    ['certainly beyond both, the other way', skew(-5_000, 100), 'CRITICAL'],
    ['probably within', skew(90, 30), 'OK'],
    ['probably beyond', skew(110, 30), 'WARNING'],
    ['probably beyond the second', skew(1_010, 30), 'CRITICAL'],
    ['perhaps anything: the guess is worth less than the limit', skew(0, 101), 'UNKNOWN'],
    ['perhaps anything, by one end alone', skew(0, 0, 5_000), 'UNKNOWN'],
    ['certainly beyond the first, perhaps far beyond the second', skew(2_000, 1_500), 'WARNING'],
  ] as const)('%s', (_what, of, state) => {
    expect(stateOf(of, LIMITS)).toBe(state);
  });

  it('is never better than the best, nor worse than the worst that may be true', () => {
    const length = fc.double({ min: 0, max: 5_000, noNaN: true });
    const offset = fc.double({ min: -5_000, max: 5_000, noNaN: true });
    fc.assert(
      fc.property(offset, length, length, length, length, (guess, less, more, warn, beyond) => {
        const limits = { warn, crit: warn + beyond };
        const state = stateOf(skew(guess, less, more), limits);
        const [earliest, latest] = [guess - less, guess + more];
        const most = Math.max(Math.abs(earliest), Math.abs(latest));
        const least = earliest <= 0 && latest >= 0 ? 0 : Math.min(Math.abs(earliest), Math.abs(latest));
        const stateAt = (error: number) => (error > limits.crit ? 2 : error > limits.warn ? 1 : 0);
        if (state === 'UNKNOWN') {
          expect(least).toBeLessThanOrEqual(warn);
          expect(most).toBeGreaterThan(warn);
        } else {
          expect(STATES.indexOf(state)).toBeGreaterThanOrEqual(stateAt(least));
          expect(STATES.indexOf(state)).toBeLessThanOrEqual(stateAt(most));
        }
      }),
    );
  });
});

it('is told to monitoring in seconds, with ranges', () => {
  expect(performanceData(skew(-120.5, 3, 3.25), LIMITS)).toBe('offset=-0.120500s;-0.1:0.1;-1:1 bound=0.003250s;;;0');
});

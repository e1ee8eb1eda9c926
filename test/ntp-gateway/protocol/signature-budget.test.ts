import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, type MonoNanos, monoNanos, nanos, seconds } from '#contract/time.ts';
import { openSignatureBudget } from '../../../ntp-gateway/protocol/signature-budget.ts';

const ZERO = monoNanos(1_000_000_000n);
const at = (s: number): MonoNanos => after(ZERO, seconds(s));

describe('a budget of signatures', () => {
  const spent = (maySign: (now: MonoNanos) => boolean, now: MonoNanos): number => {
    let count = 0;
    while (maySign(now)) count++;
    return count;
  };

  it('allows a burst, and then so many a second', () => {
    const maySign = openSignatureBudget(10, 4);
    expect(spent(maySign, at(0))).toBe(4);
    expect(spent(maySign, at(0.09))).toBe(0);
    expect(spent(maySign, at(0.11))).toBe(1);
    expect(spent(maySign, at(0.35))).toBe(2);
  });

  it('saves up no more than a burst', () => {
    const maySign = openSignatureBudget(10, 4);
    spent(maySign, at(0));
    expect(spent(maySign, at(86_400))).toBe(4);
  });

  it('is given nothing by a clock that goes back', () => {
    const maySign = openSignatureBudget(10, 4);
    spent(maySign, at(100));
    expect(spent(maySign, at(0))).toBe(0);
    expect(spent(maySign, at(0.11))).toBe(1);
  });

  it('never allows more than a burst and what has dripped in, whoever asks when', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300_000_000 }), { maxLength: 200 }), (steps) => {
        const maySign = openSignatureBudget(10, 4);
        let now = ZERO;
        let signed = 0;
        for (const step of steps) {
          now = after(now, nanos(step));
          if (maySign(now)) signed++;
          expect(signed).toBeLessThanOrEqual(4 + Number(now - ZERO) / 1e8);
        }
      }),
    );
  });
});

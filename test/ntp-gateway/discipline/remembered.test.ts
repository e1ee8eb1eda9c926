import { describe, expect, it } from 'vitest';
import { after, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import { isWorthKeeping, oscillatorAtStart, recall } from '../../../ntp-gateway/discipline/remembered.ts';

const THEN = { now: monoNanos(5_000_000_000n), wall: unixNanos(1_795_336_200_000_000_000n), slept: nanos(0) };
const frequencyBounds = { least: 1e-5, greatest: 3e-5 };
const KEPT = { look: THEN, frequency: 2e-5, frequencyBounds, wander: 1 };
const later = (length: number) => ({
  now: after(THEN.now, seconds(length)),
  wall: after(THEN.wall, seconds(length)),
  slept: nanos(0),
});

describe('what is remembered', () => {
  it('is certain within one boot', () => {
    expect(recall(KEPT, true, later(600))).toEqual({
      frequency: 2e-5,
      certain: { at: THEN.now, ...frequencyBounds, wander: 1 },
    });
  });

  it.each([
    ['another boot', false, later(600)],
    ['a boot that lasts less long', true, { ...later(600), now: monoNanos(4_999_999_999n) }],
    ['a sleep', true, { ...later(600), slept: seconds(1) }],
    ['a wall clock that was set', true, { ...later(600), wall: after(THEN.wall, seconds(700)) }],
  ])('is only likely after %s', (_name, isThisBoot, look) => {
    expect(recall(KEPT, isThisBoot, look)).toEqual({ frequency: 2e-5 });
  });

  it('is what a run starts from', () => {
    const { certain } = recall(KEPT, true, later(600));
    expect(oscillatorAtStart({ frequency: 2e-5, certain: certain! }, 5e-4)).toEqual({
      maxDrift: 5e-4,
      known: certain,
      expected: { frequency: 2e-5, deviation: 5e-6 },
    });
    expect(oscillatorAtStart(undefined, 5e-4)).toEqual({ maxDrift: 5e-4 });
  });

  it('is worth a file once it is far better than what stands without it', () => {
    expect(isWorthKeeping({ least: -2e-5, greatest: 7.9e-5 })).toBe(true);
    expect(isWorthKeeping({ least: -2e-5, greatest: 8.1e-5 })).toBe(false);
  });
});

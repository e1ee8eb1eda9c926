import { describe, expect, it } from 'vitest';
import { after, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import { certainBounds, isWorthKeeping, recall } from '../../../ntp-gateway/discipline/remembered.ts';

const THEN = { now: monoNanos(5_000_000_000n), wall: unixNanos(1_795_336_200_000_000_000n), slept: nanos(0) };
const frequencyBounds = { least: 1e-5, greatest: 3e-5 };
const KEPT = { look: THEN, frequency: 2e-5, frequencyBounds };
const later = (length: number) => ({
  now: after(THEN.now, seconds(length)),
  wall: after(THEN.wall, seconds(length)),
  slept: nanos(0),
});

describe('what is remembered', () => {
  it('is certain within one boot', () => {
    expect(recall(KEPT, true, later(600))).toEqual({
      frequency: 2e-5,
      certain: { at: THEN.now, bounds: frequencyBounds },
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

  it('says less with each hour: 2 ppm in two of them', () => {
    const remembered = recall(KEPT, true, later(0));
    const bounds = (hours: number) => certainBounds(remembered, later(3_600 * hours).now, 5e-4)!;
    expect(bounds(0)).toEqual(frequencyBounds);
    expect(bounds(-1)).toEqual(frequencyBounds);
    expect(bounds(2).least).toBeCloseTo(0.8e-5, 12);
    expect(bounds(2).greatest).toBeCloseTo(3.2e-5, 12);
    expect(bounds(24).greatest).toBeCloseTo(5.4e-5, 12);
    expect(bounds(10_000)).toEqual({ least: -5e-4, greatest: 5e-4 });
    expect(certainBounds({ frequency: 0 }, THEN.now, 5e-4)).toBeUndefined();
  });

  it('is worth a file once it is far better than what stands without it', () => {
    expect(isWorthKeeping({ least: -2e-5, greatest: 7.9e-5 })).toBe(true);
    expect(isWorthKeeping({ least: -2e-5, greatest: 8.1e-5 })).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalOf, PROCESSING } from '#contract/roughtime/rough-time.ts';
import { after, monoNanos, nanos } from '#contract/time.ts';
import { type Clock, readClock } from '../../../ntp-gateway/discipline/clock.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import { delegate, isInUse, openRoughtimeClock } from '../../../ntp-gateway/protocol/roughtime-clock.ts';
import { clockOf, DRAWN, readingOf } from '../../support/clock.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { AWAKE, tellLines } from '../../support/told-clock.ts';

const SECOND = 1_000_000_000n;

const tellers = (...clocks: readonly (Clock | undefined)[]) => tellLines(openRoughtimeClock, ...clocks);

describe('what may be signed', () => {
  it('is the second nearest to the time, and 3 s around it while the clock is good', () => {
    const { at } = tellers(clockOf(NOON));
    expect(at()).toEqual({ midpoint: NOON / SECOND, radius: 3 });
    expect(at(AWAKE, nanos(600e6))).toEqual({ midpoint: NOON / SECOND + 1n, radius: 3 });
  });

  it('holds the whole interval, from when it is told until it must have left', () => {
    const parts = fc.record({
      time: fc.bigInt(NOON, NOON + SECOND),
      early: fc.integer({ min: 0, max: 1_490_000_000 }),
      late: fc.integer({ min: 0, max: 1_490_000_000 }),
      slew: fc.integer({ min: -100_000_000, max: 100_000_000 }),
      age: fc.integer({ min: 0, max: 2_000_000_000 }),
    });
    fc.assert(
      fc.property(parts, ({ time, early, late, slew, age }) => {
        const reading = readingOf(time, early, late);
        const clock = clockOf(time, { reading, slew: nanos(slew) });
        const told = tellers(clock).at(AWAKE, nanos(age));
        if (!told) return; // too far off by now
        const { earliest, latest } = intervalOf(told);
        const known = readClock(clock, after(DRAWN, nanos(age)));
        expect(earliest).toBeLessThan(known.earliest);
        expect(latest).toBeGreaterThan(after(known.latest, PROCESSING));
        expect(told.radius).toBeLessThanOrEqual(6);
      }),
    );
  });

  it.each([
    { name: 'before anything was drawn', clocks: [] },
    { name: 'while no clock may be spoken of', clocks: [undefined] },
    { name: 'beyond the limit', clocks: [clockOf(NOON, { reading: readingOf(NOON, 1_600_000_000) })] },
  ])('is nothing $name', ({ clocks }) => {
    expect(tellers(...clocks).at()).toBeUndefined();
  });

  it('is nothing of what was drawn before a sleep', () => {
    const { draw, at } = tellers(clockOf(NOON));
    expect(at()).toBeDefined();
    const slept = nanos(AWAKE + 2e6);
    expect(at(slept)).toBeUndefined();
    expect(at(slept)).toBeUndefined();
    draw(clockOf(NOON));
    expect(at(slept)).toBeDefined();
  });

  it('is nothing of what was drawn before we came', () => {
    const lines = newLineMemory();
    writeLine(lines, servedLine(clockOf(NOON), { now: DRAWN, wall: NOON }, -20, 1));
    expect(openRoughtimeClock(lines, AWAKE).at(monoNanos(DRAWN), AWAKE)).toBeUndefined();
  });
});

describe('the key that signs', () => {
  const now = { midpoint: NOON / SECOND, radius: 3 };
  const delegation = delegate(new Uint8Array(32), now);
  const later = (s: bigint) => ({ ...now, midpoint: now.midpoint + s });

  it('is delegated for a day, RFC 10049 §5.2.6', () => {
    expect(delegation.until - delegation.from).toBe(86_400n);
    expect(delegation.from).toBeLessThan(now.midpoint);
  });

  it.each([
    { name: 'now', time: now, used: true },
    { name: 'ten minutes before', time: later(-600n), used: true },
    { name: 'in a time from before it', time: later(-601n), used: false },
    { name: 'half a day later', time: later(42_600n), used: true },
    { name: 'more than that', time: later(42_601n), used: false },
  ])('$name', ({ time, used }) => {
    expect(isInUse(delegation, time)).toBe(used);
  });
});

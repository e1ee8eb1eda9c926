import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, nanos } from '#contract/time.ts';
import { type Clock, readClock } from '../../../ntp-gateway/discipline/clock.ts';
import { openUtcClock } from '../../../ntp-gateway/protocol/utc-clock.ts';
import { clockOf, DRAWN, readingOf } from '../../support/clock.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { AWAKE, tellLines } from '../../support/told-clock.ts';

const SECOND = 1_000_000_000n;

const tellers = (...clocks: readonly (Clock | undefined)[]) => tellLines(openUtcClock, ...clocks);

describe('true time by the served line', () => {
  it('is an interval that holds the clock’s, and hardly more', () => {
    const parts = fc.record({
      time: fc.bigInt(NOON, NOON + SECOND),
      early: fc.integer({ min: 0, max: 1_400_000_000 }),
      late: fc.integer({ min: 0, max: 1_400_000_000 }),
      slew: fc.integer({ min: -50_000_000, max: 50_000_000 }),
      age: fc.integer({ min: -10_000_000, max: 2_000_000_000 }),
    });
    fc.assert(
      fc.property(parts, ({ time, early, late, slew, age }) => {
        const clock = clockOf(time, { reading: readingOf(time, early, late), slew: nanos(slew) });
        const told = tellers(clock).at(AWAKE, nanos(age));
        const known = readClock(clock, after(DRAWN, nanos(age)));
        expect(told).toMatchObject({ leap: 'none', epoch: 3 });
        const { time: estimate, earliest, latest } = told!;
        expect(earliest).toBeLessThanOrEqual(known.earliest);
        expect(latest).toBeGreaterThanOrEqual(known.latest);
        const larger = [known.time - known.earliest, known.latest - known.time].reduce((a, b) => (a > b ? a : b));
        expect(latest - estimate).toBeLessThanOrEqual(larger + 10n);
        expect(estimate - earliest).toBeLessThanOrEqual(larger + 10n);
        expect(estimate - known.time).toBeLessThanOrEqual(2n);
        expect(known.time - estimate).toBeLessThanOrEqual(2n);
      }),
    );
  });

  it.each(['none', 'insert', 'delete'] as const)('says of the leap second: %s', (leap) => {
    expect(tellers(clockOf(NOON, {}, { leap })).at()).toMatchObject({ leap });
  });

  it('is of the epoch of its clock', () => {
    const { draw, at } = tellers(clockOf(NOON, { epoch: 7 }));
    expect(at()).toMatchObject({ epoch: 7 });
    draw(clockOf(NOON, { epoch: 8 }));
    expect(at()).toMatchObject({ epoch: 8 });
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
    const slept = nanos(AWAKE + 2e6);
    expect(at(slept)).toBeUndefined();
    expect(at(slept)).toBeUndefined();
    draw(clockOf(NOON));
    expect(at(slept)).toBeDefined();
  });
});

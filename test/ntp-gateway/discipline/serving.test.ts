import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uncertainty } from '#contract/interval.ts';
import { after, between, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import { type Clock, readClock } from '../../../ntp-gateway/discipline/clock.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { ageOf, distanceAt, toldAt } from '../../../ntp-gateway/protocol/served-line.ts';
import { ntpSeconds } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { clockOf, DRAWN, readingOf } from '../../support/clock.ts';
import { evenly } from '../../support/evenly.ts';

const utc = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n;
const NOON = utc('2026-11-22T12:00:00Z');
const WALL = { now: monoNanos(5_000_000_007n), wall: unixNanos(NOON) };

/** The same moment by both ways. */
const readBoth = (clock: Clock, age: number) => {
  const line = servedLine(clock, WALL, -24, clock.epoch);
  const at = after(DRAWN, nanos(age));
  const lineAge = ageOf(line, Number(at / 1_000_000_000n), Number(at % 1_000_000_000n));
  const exact = readClock(clock, at);
  const base = ntpSeconds(clock.reading.time);
  const told = toldAt(line, lineAge) - base.nanos + (line.seconds - base.seconds) * 1e9;
  return {
    wrong: Math.abs(between(clock.reading.time, exact.time) - told),
    distance: distanceAt(line, lineAge),
    exact: uncertainty(exact, exact.time),
  };
};

describe('the line that is served', () => {
  it('is the clock’s, and its distance no less and hardly more than the clock’s interval', () => {
    const clock = fc.record({
      time: fc.bigInt(utc('2026-01-01T00:00:00Z'), utc('2040-01-01T00:00:00Z')),
      early: fc.nat(2_000_000_000),
      late: fc.nat(2_000_000_000),
      slew: fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
      least: fc.integer({ min: -100_000, max: 0 }),
      greatest: fc.nat(100_000),
      frequency: evenly({ min: 0, max: 1 }),
    });
    const age = fc.integer({ min: -100_000_000, max: 2_000_000_000 }).map((ms) => ms * 1e3 + 1);
    fc.assert(
      fc.property(clock, age, ({ time, early, late, slew, ...rest }, age) => {
        const [least, greatest] = [rest.least * 1e-9, rest.greatest * 1e-9];
        const { wrong, distance, exact } = readBoth(
          clockOf(time, {
            reading: readingOf(time, early, late),
            slew: nanos(slew),
            frequency: least + rest.frequency * (greatest - least),
            frequencyBounds: { least, greatest },
          }),
          age,
        );
        expect(wrong).toBeLessThanOrEqual(0.51); // readClock says whole ns
        expect(distance).toBeGreaterThanOrEqual(exact);
        expect(distance).toBeLessThanOrEqual(exact + 6);
      }),
    );
  });

  it.each([
    { leap: 'insert', from: '2026-12-31T23:00:00Z' },
    { leap: 'delete', from: '2026-06-30T23:00:00Z' },
    { leap: 'insert', from: '2027-01-01T00:00:00Z' }, // has yet to hear of it
  ] as const)('guards an announced second ($leap) as the clock does, from $from on', ({ leap, from }) => {
    const clock = clockOf(utc(from), { slew: nanos(50_000) }, { leap });
    for (let age = 0; age < 3_700e9; age += 100e6 + 1) {
      const { distance, exact } = readBoth(clock, age);
      expect(distance).toBeGreaterThanOrEqual(exact);
      // and begins to only a little before
      if (Math.abs(age - 3_598e9) > 200e6) expect(distance).toBeLessThanOrEqual(exact + 6);
    }
  });

  it('says what the clock’s server says', () => {
    expect(servedLine(clockOf(NOON, {}, { leap: 'delete' }), WALL, -24, 3)).toMatchObject({
      leap: 2,
      stratum: 2,
      referenceId: 0xfedcba98,
      referenceSeconds: Math.floor(Date.parse('2026-11-22T11:58:20Z') / 1e3 / 64) * 64 + 2_208_988_800,
      referenceFraction: 0,
      rootDelay: 1311, // 20 ms = 1310.72 units
      precision: -24,
      epoch: 3,
      limit: 1.5e9,
    });
  });

  it('has no reference time in the future, and none to the ns', () => {
    const clock = clockOf(NOON, {}, { referenceTime: after(unixNanos(NOON), seconds(1_000)) });
    expect(servedLine(clock, WALL, -24, 3).referenceSeconds).toBe(
      Math.floor(Date.parse('2026-11-22T12:00:00Z') / 1e3 / 64) * 64 + 2_208_988_800,
    );
  });

  it('has no limit where it is the host’s own clock, whose operator says how far off it is', () => {
    expect(servedLine(clockOf(NOON, { synchronized: false }), WALL, -24, 3).limit).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    { name: 'without a clock', clock: undefined },
    { name: 'below a source of stratum 15', clock: clockOf(NOON, {}, { stratum: 16 }) },
  ])('$name it is the wall’s guess, marked so', ({ clock }) => {
    expect(servedLine(clock, WALL, -20, 9)).toMatchObject({
      leap: 3,
      atSeconds: 5,
      atNanos: 7,
      seconds: Date.parse('2026-11-22T12:00:00Z') / 1e3 + 2_208_988_800,
      nanos: 0,
      precision: -20,
      epoch: 9,
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, width } from '#contract/interval.ts';
import { after, between, milliseconds, nanos, seconds, unixMillis, unixNanos } from '#contract/time.ts';
import { type Clock, readLine } from '../../../ntp-gateway/discipline/clock.ts';
import { NO_LEAP } from '../../../ntp-gateway/discipline/leap.ts';
import { smear, smearedTime, smearReferenceId } from '../../../ntp-gateway/discipline/smear.ts';
import { clockOf, DRAWN, readingOf } from '../../support/clock.ts';

const MIDNIGHT = unixMillis(Date.parse('2027-01-01T00:00:00Z'));
const HALF_DAY = 43_200;
const at = (since: number) => after(MIDNIGHT, seconds(since));

const listOf = (by: number, expires = at(180 * 86_400)) => ({
  entries: [
    { from: unixMillis(Date.parse('2017-01-01T00:00:00Z')), taiOffsetSeconds: 37 },
    { from: MIDNIGHT, taiOffsetSeconds: 37 + by },
  ],
  expires,
});

/** Drawn by a list so many seconds from midnight, UTC. */
const clockAt = (since: number, notice: 'none' | 'insert' | 'delete', over: Partial<Clock> = {}): Clock =>
  clockOf(at(since), { leap: { ...NO_LEAP, notice, by: 'list' }, ...over }, { leap: notice });

describe.each([
  { leap: 'insert', by: 1 },
  { leap: 'delete', by: -1 },
] as const)('smeared time through a second to $leap', ({ by }) => {
  const second = { at: MIDNIGHT, by };

  it.each([
    { even: -HALF_DAY - 1, smeared: -HALF_DAY - 1 },
    { even: -HALF_DAY, smeared: -HALF_DAY },
    { even: by / 2, smeared: 0 }, // the middle: half a second from either reading
    { even: HALF_DAY + by, smeared: HALF_DAY },
    { even: HALF_DAY + by + 100, smeared: HALF_DAY + 100 },
  ])('$even s from midnight is $smeared s', ({ even, smeared }) => {
    expect(between(MIDNIGHT, smearedTime(at(even), second))).toBe(smeared * 1e9);
  });

  it('never goes back, and is never more than half a second from UTC before or after', () => {
    const ns = fc.bigInt(-50_000_000_000_000n, 50_000_000_000_000n);
    fc.assert(
      fc.property(ns, fc.nat(2_000_000_000), (since, later) => {
        const even = unixNanos(MIDNIGHT + since);
        const [one, other] = [smearedTime(even, second), smearedTime(unixNanos(even + BigInt(later)), second)];
        expect(Math.abs(between(one, other) - later)).toBeLessThanOrEqual(later * 12e-6 + 1);
        const off = between(even, one);
        expect(Math.min(Math.abs(off), Math.abs(off + by * 1e9))).toBeLessThanOrEqual(0.5e9 + 1);
      }),
    );
  });
});

it.each([
  [0, '254.0.0.0'],
  [2 ** -22, '254.0.0.1'],
  [-(2 ** -22), '254.255.255.255'],
  [0.5, '254.32.0.0'],
  [-0.5, '254.224.0.0'],
  [2 - 2 ** -22, '254.127.255.255'],
  [-2, '254.128.0.0'],
])('%d s of smear is %s, as ntpd’s ntpd/refidsmear.c has it', (offset, text) => {
  const octets = [24, 16, 8, 0].map((bits) => (smearReferenceId(seconds(offset)) >>> bits) & 0xff);
  expect(octets.join('.')).toBe(text);
});

describe('the LAN’s clock', () => {
  const LIST = listOf(1);
  const told = (clock: Clock, before?: ReturnType<typeof smear>, now = clock.at) =>
    smear(before, clock, LIST, false, now);

  it.each([
    { name: 'far from a leap second', clock: clockAt(-20 * HALF_DAY, 'none') },
    { name: 'after it', clock: clockAt(HALF_DAY + 10, 'none') },
  ])('is the clock itself $name', ({ clock }) => {
    expect(told(clock)!.clock).toEqual(clock);
  });

  it('announces none, from the day before on', () => {
    const clock = clockAt(-2 * HALF_DAY + 60, 'insert');
    expect(told(clock)!.clock).toEqual({ ...clock, server: { ...clock.server, leap: 'none' } });
  });

  it('is slow by 1 part in 86 401 within the day, and marked', () => {
    const clock = clockAt(-HALF_DAY / 2, 'insert');
    const { reading, frequency, server } = told(clock)!.clock;
    expect(between(clock.reading.time, reading.time)).toBeCloseTo((-21_600 / 86_401) * 1e9, -1);
    expect(Math.abs(width(reading) - 7_999_908)).toBeLessThanOrEqual(1);
    expect(frequency).toBeCloseTo(1e-5 - 1 / 86_401, 9);
    expect(server).toMatchObject({
      leap: 'none',
      stratum: 2,
      referenceId: smearReferenceId(seconds(-21_600 / 86_401)),
    });
    expect(between(server.referenceTime, reading.time)).toBe(100e9);
  });

  it.each([
    { name: 'into its day', since: -HALF_DAY - 3, notice: 'insert' },
    { name: 'out of its day', since: HALF_DAY - 3, notice: 'none' },
  ] as const)('holds what is ideal while it is led $name by a line of before', ({ since, notice }) => {
    const exact = { reading: readingOf(at(since), 0, 0), frequency: 0, frequencyBounds: { least: 0, greatest: 0 } };
    const { clock } = told(clockAt(since, notice, exact))!;
    const even = notice === 'none' ? since + 1 : since;
    for (let age = 0; age < 20; age++) {
      const reading = readLine(clock, after(DRAWN, seconds(age)));
      expect(contains(reading, smearedTime(at(even + age), { at: MIDNIGHT, by: 1 }))).toBe(true);
      expect(width(reading)).toBeLessThanOrEqual(age * 24e3 + 3);
    }
  });

  it('slews into what it learns after the leap second, and does not jump', () => {
    const before = told(clockAt(-10, 'insert'))!;
    const later = after(DRAWN, seconds(70));
    const through = told(clockAt(59.0005, 'none', { at: later, epoch: 4 }), before)!;
    expect(readLine(through.clock, later).time).toBe(readLine(before.clock, later).time);
    expect(through.clock.slew).not.toBe(0);
  });

  it('jumps where what was told cannot be true', () => {
    const before = told(clockAt(-100, 'insert'))!;
    const later = after(DRAWN, seconds(10));
    expect(told(clockAt(-89, 'insert', { at: later, epoch: 4 }), before)!.clock).toMatchObject({ epoch: 4, slew: 0 });
  });

  describe('at the leap second, while the sources may have gone through it', () => {
    const before = told(clockAt(-10, 'insert'))!;
    const later = (age: number) => after(DRAWN, seconds(age));

    it('is what was known before, carried on, with the wander that the oscillator may have had', () => {
      for (const age of [8.5, 10, 11, 300, 7_200]) {
        const guarded = clockAt(-10 + age, 'insert', { at: later(age) });
        const { clock } = told(guarded, before, later(age))!;
        const reading = readLine(clock, later(age));
        expect(contains(reading, smearedTime(at(-10 + age * (1 + 11e-6)), { at: MIDNIGHT, by: 1 }))).toBe(true);
        expect(width(reading)).toBeLessThan(8e6 + age * 8e3);
        expect(width(reading)).toBeGreaterThan(8e6 + age * 4e3);
      }
    });

    it('is unknown where time was stepped since', () => {
      expect(told(clockAt(0, 'insert', { at: later(10), epoch: 4 }), before, later(10))).toBeUndefined();
    });

    it('is unknown where nothing was known before', () => {
      expect(told(clockAt(-1, 'insert'))).toBeUndefined();
    });
  });

  describe('without the list’s word', () => {
    const bySources = { leap: NO_LEAP };
    const clock = clockAt(-60, 'none', bySources);
    it('is unknown until the list is read', () => {
      expect(smear(undefined, clock, undefined, true, DRAWN)).toBeUndefined();
      expect(smear(undefined, clock, LIST, false, DRAWN)).toBeUndefined();
    });

    it.each([
      { name: 'it cannot be read', clock, list: undefined },
      { name: 'it has expired', clock, list: listOf(1, at(-3_600)) },
      { name: 'nothing answers', clock: { ...clock, synchronized: false }, list: LIST },
    ])('is the clock itself where $name', ({ clock, list }) => {
      expect(smear(undefined, clock, list, false, DRAWN)).toEqual({ clock });
    });
  });

  it('is as wide as the clock, to the ns', () => {
    fc.assert(
      fc.property(fc.integer({ min: -60_000, max: 60_000 }), fc.nat(500_000_000), fc.nat(500_000_000), (s, a, b) => {
        fc.pre(Math.abs(s) > 10);
        const clock = clockAt(s, s < 0 ? 'insert' : 'none', { reading: readingOf(at(s), a, b) });
        const { reading } = told(clock)!.clock;
        expect(Math.abs(width(reading) - (a + b))).toBeLessThan(12e-6 * (a + b) + 2);
        expect(reading.earliest <= reading.time && reading.time <= reading.latest).toBe(true);
      }),
    );
  });
});

it('a second that nobody announces to us any more is over only by what the sources say', () => {
  const clock = clockAt(1, 'delete', { slew: nanos(0), standardDeviation: milliseconds(1) });
  expect(smear(undefined, clock, listOf(-1), false, DRAWN)).toBeUndefined();
});

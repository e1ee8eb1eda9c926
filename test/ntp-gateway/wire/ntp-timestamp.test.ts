import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Nanos, nanos, seconds, type UnixNanos, unixMillis, unixNanos } from '#contract/time.ts';
import {
  nanosFromShort,
  ntpFromUnix,
  ntpTimestamp,
  shortFromNanos,
  unixFromNtp,
} from '../../../ntp-gateway/wire/ntp-timestamp.ts';

const date = (text: string): UnixNanos => unixMillis(Date.parse(text));

describe('64-bit timestamp, RFC 5905 §6', () => {
  it.each([
    { name: 'first day of Unix, figure 4', time: date('1970-01-01'), seconds: 2_208_988_800n, fraction: 0n },
    { name: 'first day of UTC, figure 4', time: date('1972-01-01'), seconds: 2_272_060_800n, fraction: 0n },
    { name: 'last day of 1999, figure 4', time: date('1999-12-31'), seconds: 3_155_587_200n, fraction: 0n },
    { name: 'last second of era 0', time: date('2036-02-07T06:28:15Z'), seconds: 0xffff_ffffn, fraction: 0n },
    { name: 'first second of era 1', time: date('2036-02-07T06:28:16Z'), seconds: 0n, fraction: 0n },
    { name: 'second day of era 1, figure 4', time: date('2036-02-08'), seconds: 63_104n, fraction: 0n },
    { name: 'half a second', time: unixNanos(500_000_000n), seconds: 2_208_988_800n, fraction: 0x8000_0000n },
    { name: '1 ns = 4.29 / 2^32 s', time: unixNanos(1n), seconds: 2_208_988_800n, fraction: 4n },
    { name: '1 ns less than 1 s', time: unixNanos(999_999_999n), seconds: 2_208_988_800n, fraction: 0xffff_fffcn },
    {
      name: '1 ns before era 1',
      time: unixNanos(2_085_978_495_999_999_999n),
      seconds: 0xffff_ffffn,
      fraction: 0xffff_fffcn,
    },
  ])('$name: the same both ways', ({ time, seconds, fraction }) => {
    const timestamp = ntpTimestamp((seconds << 32n) | fraction);
    expect(ntpFromUnix(time)).toBe(timestamp);
    expect(unixFromNtp(timestamp, time)).toBe(time);
  });

  it.each([
    { name: 'a host without a battery, before the rollover', truth: '2026-11-22', near: '1970-01-01' },
    { name: 'and after it', truth: '2040-06-01', near: '1970-01-01' },
    { name: 'a battery gone the other way', truth: '2026-11-22', near: '2150-01-01' },
    { name: 'the first instant that any clock will do for', truth: '2020-01-01', near: '2200-01-01' },
    { name: 'the last one', truth: '2088-01-19T03:14:07Z', near: '1970-01-01' },
    { name: 'a few seconds across the rollover', truth: '2036-02-07T06:28:20Z', near: '2036-02-07T06:28:10Z' },
    { name: 'and back', truth: '2036-02-07T06:28:10Z', near: '2036-02-07T06:28:20Z' },
    { name: 'history, by a right clock', truth: '1958-01-01', near: '2020-01-01' },
  ])('finds the era: $name', ({ truth, near }) => {
    expect(unixFromNtp(ntpFromUnix(date(truth)), date(near))).toBe(date(truth));
  });

  const soon = fc.bigInt(date('2020-01-01'), date('2088-01-19')).map(unixNanos);
  it('gives back every ns, whatever the clock nearby says', () => {
    const any = fc.bigInt(0n, 1n << 64n).map(unixNanos);
    fc.assert(fc.property(soon, any, (time, near) => unixFromNtp(ntpFromUnix(time), near) === time));
  });
  it('gives back every timestamp within the 2^-32 s that a ns leaves open', () => {
    const timestamps = fc.bigInt(0n, (1n << 64n) - 1n).map(ntpTimestamp);
    fc.assert(
      fc.property(timestamps, soon, (timestamp, near) => {
        const off = BigInt.asIntN(64, ntpFromUnix(unixFromNtp(timestamp, near)) - timestamp);
        return off >= -3n && off <= 3n; // half a ns is 2.15 / 2^32 s, and half of one more is rounded away
      }),
    );
  });
});

describe('short format, RFC 5905 §6', () => {
  it.each([
    { name: 'nothing', length: nanos(0), short: 0 },
    { name: 'one unit', length: nanos(15_258.7890625), short: 1 },
    { name: '1 s', length: seconds(1), short: 0x0001_0000 },
    { name: 'MAXDISP, 16 s', length: seconds(16), short: 0x0010_0000 },
    { name: 'the most', length: nanos(0xffff_ffff * 15_258.7890625), short: 0xffff_ffff },
  ])('$name: the same both ways', ({ length, short }) => {
    expect(shortFromNanos(length)).toBe(short);
    expect(nanosFromShort(short)).toBe(length);
  });

  it.each([
    { name: '1 ns, rounded up', length: nanos(1), short: 1 },
    { name: '1 s and a bit, rounded up', length: nanos(1e9 + 0.001), short: 0x0001_0001 },
    { name: 'a negative length, which nobody has', length: nanos(-1), short: 0 },
    { name: 'more than fits', length: seconds(65_536), short: 0xffff_ffff },
    { name: 'endless', length: nanos(Number.POSITIVE_INFINITY), short: 0xffff_ffff },
  ])('writes $name', ({ length, short }) => {
    expect(shortFromNanos(length)).toBe(short);
  });

  it('reads a top bit as much, not as less than nothing (CVE-2016-7433)', () => {
    expect(nanosFromShort(0xffff_ff1b)).toBe((0xffff_ff1b / 65_536) * 1e9);
  });

  it('never shrinks a length that fits, and gives back every pattern', () => {
    const lengths = fc.double({ min: 1e-9, max: 65_535e9, noNaN: true }).map((ns): Nanos => nanos(ns));
    fc.assert(fc.property(lengths, (length) => nanosFromShort(shortFromNanos(length)) >= length));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (short) => shortFromNanos(nanosFromShort(short)) === short),
    );
  });

  it('refuses to write what is not a number', () => {
    expect(() => shortFromNanos(nanos(Number.NaN))).toThrow(RangeError);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  after,
  afterAtLeast,
  afterAtMost,
  between,
  milliseconds,
  monoNanos,
  nanos,
  seconds,
  unixMillis,
  unixNanos,
} from '#contract/time.ts';
import { length, point } from './arbitraries.ts';

const billion = 1_000_000_000n;

describe('points and lengths', () => {
  it.each([
    { name: 'the epoch', ms: 0, ns: 0n },
    { name: 'the NTP era’s end, 2036-02-07T06:28:16Z', ms: 2_085_978_496_000, ns: 2_085_978_496n * billion },
    { name: 'before the leap second of 2016, 23:59:59Z', ms: 1_483_228_799_000, ns: 1_483_228_799n * billion },
    { name: 'the last ms of 9999', ms: 253_402_300_799_999, ns: 253_402_300_799_999n * 1_000_000n },
  ])('$name, from ms', ({ ms, ns }) => {
    expect(unixMillis(ms)).toBe(ns);
  });

  it('refuses a reading that is not whole ms', () => {
    expect(() => unixMillis(0.5)).toThrow(RangeError);
  });

  it('knows its units', () => {
    expect([seconds(1.5), milliseconds(-2)]).toEqual([1_500_000_000, -2_000_000]);
  });

  it('is negative where `to` came before `from`', () => {
    expect(between(unixNanos(10n), unixNanos(3n))).toBe(-7);
    expect(between(monoNanos(3n), monoNanos(10n))).toBe(7);
  });

  it.each([
    { length: 2.5, nearest: 103n, atMost: 102n, atLeast: 103n },
    { length: 2.4, nearest: 102n, atMost: 102n, atLeast: 103n },
    { length: 2, nearest: 102n, atMost: 102n, atLeast: 102n },
    { length: 0, nearest: 100n, atMost: 100n, atLeast: 100n },
    { length: -2.4, nearest: 98n, atMost: 97n, atLeast: 98n },
  ])('$length ns after 100', ({ length, nearest, atMost, atLeast }) => {
    const [from, by] = [unixNanos(100n), nanos(length)];
    expect([after(from, by), afterAtMost(from, by), afterAtLeast(from, by)]).toEqual([nearest, atMost, atLeast]);
  });

  it('goes there and back exactly, up to 2^53 ns', () => {
    fc.assert(
      fc.property(point(), length(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER), (from, by) => {
        expect(between(from, after(from, by))).toBe(by);
      }),
    );
  });

  it('does not compile where clocks or units are mixed', () => {
    const [unix, mono, one] = [unixNanos(1n), monoNanos(1n), nanos(1)];
    // @ts-expect-error two clocks
    between(unix, mono);
    // @ts-expect-error a point is no length
    expect(() => after(unix, unix)).toThrow(TypeError);
    // @ts-expect-error a bare number has no unit
    after(unix, 5);
    // @ts-expect-error a point and a length do not add up
    expect(() => unix + one).toThrow(TypeError);
  });
});

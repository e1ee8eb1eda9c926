import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  agree,
  clampInto,
  contains,
  type Interval,
  including,
  intersect,
  intersectAll,
  later,
  majority,
  uncertainty,
  widen,
  width,
} from '#contract/interval.ts';
import { nanos, unixNanos } from '#contract/time.ts';
import { length, point, smallInterval } from './arbitraries.ts';

const between = (earliest: number, latest: number): Interval => ({
  earliest: unixNanos(BigInt(earliest)),
  latest: unixNanos(BigInt(latest)),
});
/** All points that `smallInterval` can touch. */
const POINTS = Array.from({ length: 21 }, (_, n) => unixNanos(BigInt(n)));
/** From the first to the last of the points; undefined for none. */
const hull = (points: readonly bigint[]): Interval | undefined =>
  points.length === 0 ? undefined : between(Number(points[0]), Number(points.at(-1)));

describe('agree', () => {
  it.each([
    { name: 'nobody', of: [], atLeast: 1, expected: undefined },
    { name: 'one', of: [between(2, 5)], atLeast: 1, expected: between(2, 5) },
    { name: 'two that miss each other', of: [between(0, 3), between(4, 9)], atLeast: 2, expected: undefined },
    { name: 'two that touch', of: [between(0, 4), between(4, 9)], atLeast: 2, expected: between(4, 4) },
    {
      name: 'a majority against a liar',
      of: [between(0, 6), between(4, 9), between(90, 99)],
      atLeast: 2,
      expected: between(4, 6),
    },
    {
      name: 'two islands: the truth may lie on either',
      of: [between(0, 2), between(1, 8), between(7, 9)],
      atLeast: 2,
      expected: between(1, 8),
    },
    {
      // Marzullo's deepest intersection would be [4, 4], where three agree: but only two are promised true.
      name: 'not the deepest intersection',
      of: [between(0, 4), between(2, 8), between(4, 9)],
      atLeast: 2,
      expected: between(2, 8),
    },
    {
      name: 'an empty statement takes nothing from the others',
      of: [between(0, 5), between(0, 5), between(8, 3)],
      atLeast: 2,
      expected: between(0, 5),
    },
  ])('$name', ({ of, atLeast, expected }) => {
    expect(agree(of, atLeast)).toEqual(expected);
  });

  it('is the hull of all points that enough statements cover', () => {
    fc.assert(
      fc.property(fc.array(smallInterval, { maxLength: 7 }), fc.integer({ min: 1, max: 8 }), (intervals, atLeast) => {
        const covered = POINTS.filter((p) => intervals.filter((i) => contains(i, p)).length >= atLeast);
        expect(agree(intervals, atLeast)).toEqual(hull(covered));
      }),
      { numRuns: 2_000 },
    );
  });

  it('holds the truth whenever as many as promised do, whatever the others say', () => {
    const truth = unixNanos(10n);
    const honest = smallInterval.filter((interval) => contains(interval, truth));
    fc.assert(
      fc.property(fc.array(honest, { minLength: 1, maxLength: 4 }), fc.array(smallInterval), (good, bad) => {
        const agreed = agree([...bad, ...good], good.length);
        expect(agreed && contains(agreed, truth)).toBe(true);
      }),
    );
  });
});

describe('intersection', () => {
  it('holds what both hold, and nothing else', () => {
    fc.assert(
      fc.property(smallInterval, smallInterval, (a, b) => {
        expect(intersect(a, b)).toEqual(hull(POINTS.filter((p) => contains(a, p) && contains(b, p))));
        expect(intersect(a, b)).toEqual(intersect(b, a));
      }),
    );
  });

  it('of any number holds what all hold; of none there is none', () => {
    expect(intersectAll([])).toBeUndefined();
    fc.assert(
      fc.property(fc.array(smallInterval, { minLength: 1 }), (all) => {
        expect(intersectAll(all)).toEqual(hull(POINTS.filter((p) => all.every((one) => contains(one, p)))));
      }),
    );
  });
});

describe('an interval', () => {
  it('moved by a passage of time is rounded outwards', () => {
    expect(later(between(10, 20), nanos(1.5), nanos(2.5))).toEqual(between(11, 23));
    expect(later(between(10, 20), nanos(3))).toEqual(between(13, 23));
    expect(widen(between(10, 20), nanos(0.5))).toEqual(between(9, 21));
  });

  it('moved by a passage of time still holds the truth', () => {
    fc.assert(
      fc.property(
        point(),
        length(0, 1e15),
        length(0, 1e15),
        length(0, 1e12),
        length(0, 1e12),
        (truth, a, b, t, slack) => {
          const now = widen({ earliest: truth, latest: truth }, a);
          const then = later(now, nanos(t - slack), nanos(t + b));
          expect(contains(then, unixNanos(truth + BigInt(t)))).toBe(true);
        },
      ),
    );
  });

  it.each([
    { from: 10, to: 20, at: 9, inside: false, nearest: 10n, distance: 11 },
    { from: 10, to: 20, at: 10, inside: true, nearest: 10n, distance: 10 },
    { from: 10, to: 20, at: 17, inside: true, nearest: 17n, distance: 7 },
    { from: 10, to: 20, at: 20, inside: true, nearest: 20n, distance: 10 },
    { from: 10, to: 20, at: 21, inside: false, nearest: 20n, distance: 11 },
  ])('[$from, $to] and the point $at', ({ from, to, at, inside, nearest, distance }) => {
    const [interval, p] = [between(from, to), unixNanos(BigInt(at))];
    expect(contains(interval, p)).toBe(inside);
    expect(clampInto(interval, p)).toBe(nearest);
    expect(uncertainty(interval, p)).toBe(distance);
    expect(width(interval)).toBe(10);
    expect(including(interval, p)).toEqual(between(Math.min(from, at), Math.max(to, at)));
  });

  it.each([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
  ])('of %i, %i are more than half', (count, more) => {
    expect(majority(count)).toBe(more);
  });
});

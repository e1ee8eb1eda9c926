import { expect, it } from 'vitest';
import { KEPT_S, type Point, pointOf, rangeOf, referenceOf, remember } from '../../../client/page/history.ts';

const point = (at: number, least: number, most: number): Point => ({ at, least, guess: (least + most) / 2, most });

it('turns a skew around: a slow device is behind', () => {
  const skew = { earliest: 290, offset: 300, latest: 305 };
  expect(pointOf(7, skew)).toEqual({ at: 7, least: -305, guess: -300, most: -290 });
  expect(pointOf(7, skew, 12)).toMatchObject({ roundTrip: 12 });
});

it('keeps ten minutes, in order', () => {
  let points: readonly Point[] = [];
  for (let at = 0; at <= 2 * KEPT_S; at++) points = remember(points, point(at, -1, 1));
  expect(points).toHaveLength(KEPT_S);
  points = remember(points, point(2 * KEPT_S - 2.5, -1, 1));
  expect(points.map(({ at }) => at).slice(-2)).toEqual([2 * KEPT_S - 3, 2 * KEPT_S - 2.5]);
});

it('counts from the full second next to an error that is large', () => {
  expect(referenceOf(point(0, -400, 900))).toBe(0);
  expect(referenceOf(point(0, -300_020, -300_000))).toBe(-300_000);
});

it('shows the band, and 0 where it is near', () => {
  expect(rangeOf([])).toEqual([-1, 1]);
  const [least, most] = rangeOf([point(0, -8, 8)]);
  expect(least).toBeLessThan(-8);
  expect(most).toBeGreaterThan(8);
  expect(rangeOf([point(0, 10, 18)])[0]).toBeLessThan(0);
  expect(rangeOf([point(0, 100, 108)])[0]).toBeGreaterThan(90);
});

it('lets a first answer that was far wider run out of the picture', () => {
  const [least, most] = rangeOf([point(0, -500, 500), point(1, -8, 8)]);
  expect(most - least).toBeLessThan(30);
});

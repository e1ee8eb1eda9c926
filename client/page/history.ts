/** What the pictures show: this device's error over the last minutes, and how long each answer took. */
import type { Skew } from '../estimate.ts';

export type Point = {
  /** True time, Unix seconds. */
  readonly at: number;
  /** This device's clock − true time in ms, positive: it is fast. Between `least` and `most`, probably `guess`. */
  readonly least: number;
  readonly guess: number;
  readonly most: number;
  /** Of an answer that came just then, in ms. */
  readonly roundTrip?: number;
};

export const KEPT_S = 600;

export const pointOf = (at: number, { earliest, offset, latest }: Skew, roundTrip?: number): Point => ({
  at,
  least: -latest,
  guess: -offset,
  most: -earliest,
  ...(roundTrip !== undefined && { roundTrip }),
});

/** A guess that was too far may have put the last point later than this one; the picture's points run on. */
export const remember = (points: readonly Point[], point: Point): readonly Point[] => [
  ...points.filter(({ at }) => at < point.at && at > point.at - KEPT_S),
  point,
];

const SECOND = 1_000;

/** What the picture counts from, in ms: 0 where the device is about right, else the full second next to its error. */
export const referenceOf = ({ guess }: Point): number =>
  Math.abs(guess) < SECOND ? 0 : Math.round(guess / SECOND) * SECOND;

/**
 * From where to where the picture goes, in ms from the reference: all of the band but what is far wider than it is now, as the
 * first answers' mostly is; and 0, where that is near.
 */
export const rangeOf = (points: readonly Point[]): readonly [least: number, most: number] => {
  const last = points.at(-1);
  if (!last) return [-1, 1];
  const reference = referenceOf(last);
  const width = last.most - last.least;
  const shown = points.filter(({ least, most }) => most - least <= 4 * width);
  const least = Math.min(...shown.map((point) => point.least)) - reference;
  const most = Math.max(...shown.map((point) => point.most)) - reference;
  const margin = (most - least) / 8;
  const reach = 2 * (most - least);
  return [(least > 0 && least < reach ? 0 : least) - margin, (most < 0 && most > -reach ? 0 : most) + margin];
};

/** [earliest, latest]: true time lies inside, both ends included. Everything noonmark says is one of these. */
import { afterAtLeast, afterAtMost, between, type Nanos, type UnixNanos } from './time.ts';

export type Interval = { readonly earliest: UnixNanos; readonly latest: UnixNanos };

/** Both ends moved by a passage of time that lasted from `least` to `most` ns, rounded outwards. */
export const later = ({ earliest, latest }: Interval, least: Nanos, most: Nanos = least): Interval => ({
  earliest: afterAtMost(earliest, least),
  latest: afterAtLeast(latest, most),
});

/** Each end moved outwards by `by` ≥ 0 ns. */
export const widen = (interval: Interval, by: Nanos): Interval => later(interval, -by as Nanos, by);

/** What two statements about the same instant leave possible; undefined where they contradict each other. */
export const intersect = (a: Interval, b: Interval): Interval | undefined => {
  const earliest = a.earliest > b.earliest ? a.earliest : b.earliest;
  const latest = a.latest < b.latest ? a.latest : b.latest;
  return earliest <= latest ? { earliest, latest } : undefined;
};

/** The same for any number of statements; undefined for none, and where one is empty in itself. */
export const intersectAll = (intervals: readonly Interval[]): Interval | undefined =>
  intervals.reduce<Interval | undefined>((common, next) => common && intersect(common, next), intervals[0]);

/**
 * The smallest interval that holds true time if at least `atLeast` of the statements are true.
 *
 * True time is then covered by that many of them, so it lies between the first and the last point with that cover.
 * The deepest intersection alone (Marzullo's) would be tighter and wrong: agreement of more statements than are
 * promised true proves nothing. A statement that is empty in itself (earliest after latest) is never true, and counts
 * nowhere: a liar must not be able to take away from the cover of others.
 *
 * @param atLeast - 1 or more.
 * @returns undefined where no point is covered `atLeast` times: the promise is broken.
 */
export const agree = (intervals: readonly Interval[], atLeast: number): Interval | undefined => {
  const ends = intervals
    .filter(({ earliest, latest }) => earliest <= latest)
    .flatMap(({ earliest, latest }) => [
      { at: earliest, opens: true },
      { at: latest, opens: false },
    ]);
  // At one point openings come before closings: intervals that only touch do share that point.
  ends.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : Number(b.opens) - Number(a.opens)));
  let depth = 0;
  let earliest: UnixNanos | undefined;
  let latest: UnixNanos | undefined;
  for (const { at, opens } of ends) {
    if (opens && ++depth === atLeast) earliest ??= at;
    if (!opens && depth-- === atLeast) latest = at;
  }
  return earliest !== undefined && latest !== undefined ? { earliest, latest } : undefined;
};

/** More than half of `count`. */
export const majority = (count: number): number => Math.floor(count / 2) + 1;

export const contains = ({ earliest, latest }: Interval, point: UnixNanos): boolean =>
  earliest <= point && point <= latest;

/** The smallest interval that holds this one and `point`. */
export const including = ({ earliest, latest }: Interval, point: UnixNanos): Interval => ({
  earliest: point < earliest ? point : earliest,
  latest: point > latest ? point : latest,
});

/** The point of the interval that lies nearest to `point`. */
export const clampInto = ({ earliest, latest }: Interval, point: UnixNanos): UnixNanos =>
  point < earliest ? earliest : point > latest ? latest : point;

export const width = ({ earliest, latest }: Interval): Nanos => between(earliest, latest);

/** From a best estimate inside the interval to its farther end, ≥ 0: the ± of that estimate. */
export const uncertainty = ({ earliest, latest }: Interval, estimate: UnixNanos): Nanos =>
  Math.max(between(earliest, estimate), between(estimate, latest)) as Nanos;

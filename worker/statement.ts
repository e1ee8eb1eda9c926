/**
 * What was said about one instant, carried over to another by a clock of the edge.
 *
 * Nothing here knows true time. A gateway says "as your clock read e, true time was within [earliest, latest]"; this
 * says what that makes of true time as another reading is taken, and is wider by all that the clocks may have done since.
 */
import { type Interval, later, widen } from '#contract/interval.ts';
import type { UnixNanos } from '#contract/time.ts';
import { after, between, milliseconds, type Nanos, nanos, unixMillis } from '#contract/time.ts';

/** True time at some instant: certainly within, probably `estimate`. */
export type Statement = Interval & { readonly estimate: UnixNanos };

/** A clock of the edge, and where it stood, on its own count, as something happened. */
export type Reading = {
  /** A name for its life, since the next may be on another machine. */
  readonly clock: string;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  /** Whether it may run late, as a Durable Object's does. */
  readonly isLate: boolean;
};

export const readingAt = (clock: string, unixMs: number, isLate: boolean): Reading => ({
  clock,
  fromUnixMs: unixMs,
  toUnixMs: unixMs,
  isLate,
});

/** A gateway's word about an instant, and where clocks of the edge stood then. */
export type Bound = Statement & { readonly readings: readonly Reading[] };

/** What is taken for granted about the platform's clocks. */
export type Assumptions = {
  /** How far true time may run apart from one clock, per second of that clock. A ratio: 50 ppm is 5e-5. */
  readonly drift: number;
  /** How far two clocks may stand apart at one instant; undefined where nothing is taken for granted. */
  readonly spread: Nanos | undefined;
  /** How late a reading of the object's clock may be. */
  readonly objectLag: Nanos;
};

/** As `theirs` was read, the clock of who asked stood in `ours`: between the moments of asking and of hearing. */
export type Exchange = { readonly ours: Reading; readonly theirs: Reading };

/**
 * Whether an exchange shows its two clocks farther apart than is taken for granted. One of them is wrong then, and nothing
 * says which. Gateways' bounds may be too wide to show it: they last as long as the way to the object and back.
 */
export const isTooFarApart = ({ ours, theirs }: Exchange, assumptions: Assumptions): boolean => {
  const { spread } = assumptions;
  if (spread === undefined) return false;
  const [here, there] = [standing(ours, assumptions), standing(theirs, assumptions)];
  return between(there.latest, here.earliest) > spread || between(here.latest, there.earliest) > spread;
};

/** Whose clock tells the time now, and the way from it to others: each exchange is one of the clock that the last reached. */
export type Reader = Pick<Reading, 'clock' | 'isLate'> & { readonly exchanges: readonly Exchange[] };

/** `Date.now()` counts whole milliseconds: the clock really stands in [reading, reading + STEP]. */
const STEP = milliseconds(1);

/**
 * Where a clock stood, on its own scale, as something happened. Not true time: every clock has its own error, and
 * intervals of two clocks mean nothing to each other except through `spread`.
 */
type Standing = Interval;

const standing = ({ fromUnixMs, toUnixMs, isLate }: Reading, { objectLag }: Assumptions): Standing => ({
  earliest: unixMillis(fromUnixMs),
  latest: after(unixMillis(toUnixMs), nanos(STEP + (isLate ? objectLag : 0))),
});

/**
 * A statement made as a clock stood `from`, told again as the same clock stands `to`.
 *
 * Between the two the clock went on by `to − from`, which is known as well as both are; true time went on by that much,
 * give or take the drift. The drift's share counts from the length of the way, not its sign: a clock set back by a
 * little must not make anything narrower.
 */
export const carry = (said: Statement, from: Standing, to: Standing, drift: number): Statement => {
  const least = between(from.latest, to.earliest);
  const most = between(from.earliest, to.latest);
  const slip = drift * Math.max(Math.abs(least), Math.abs(most));
  return {
    ...later(said, nanos(least - slip), nanos(most + slip)),
    estimate: after(said.estimate, nanos((least + most) / 2)),
  };
};

/**
 * From the reader's clock to another: on by that clock to the exchange in which it was read, then by the clock of who
 * asked, which stood somewhere between asking and hearing (RFC 5905 §8 with t2 = t3: the peer took no time, so all that
 * is unknown is how the round trip divides).
 *
 * @returns none for the reader's own clock; undefined where there is no way.
 */
const wayTo = (clock: string, reader: Reader): readonly Exchange[] | undefined => {
  if (clock === reader.clock) return [];
  const last = reader.exchanges.findIndex(({ theirs }) => theirs.clock === clock);
  return last < 0 ? undefined : reader.exchanges.slice(0, last + 1);
};

/**
 * All that one bound says about true time as the reader's clock reads `nowUnixMs`. Each statement holds by itself;
 * none where the reader has no way to the clocks that were read.
 */
export const statementsNow = (
  bound: Bound,
  reader: Reader,
  nowUnixMs: number,
  assumptions: Assumptions,
): readonly Statement[] => {
  const { drift, spread } = assumptions;
  const now = standing({ ...reader, fromUnixMs: nowUnixMs, toUnixMs: nowUnixMs }, assumptions);
  return bound.readings.flatMap((reading) => {
    const then = standing(reading, assumptions);
    const way = wayTo(reading.clock, reader);
    // Whoever read it, our clock stood no farther than `spread` from it at that instant.
    const near = spread === undefined ? [] : [carry(bound, widen(then, spread), now, drift)];
    return way ? [carryAlong(way, bound, then, now, assumptions), ...near] : near;
  });
};

const carryAlong = (
  way: readonly Exchange[],
  said: Statement,
  then: Standing,
  now: Standing,
  assumptions: Assumptions,
): Statement => {
  const reached = way.reduceRight(
    ({ said, stood }, { ours, theirs }) => ({
      said: carry(said, stood, standing(theirs, assumptions), assumptions.drift),
      stood: standing(ours, assumptions),
    }),
    { said, stood: then },
  );
  return carry(reached.said, reached.stood, now, assumptions.drift);
};

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

/**
 * A clock of the edge, and where it stood, on its own count, as something happened: somewhere between the two. Of what held
 * all the while between two readings `fromUnixMs` is the later one: ends that are certain, not one that is not.
 */
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
export type Bound = Statement & {
  readonly readings: readonly Reading[];
  /** How far the gateway itself was unsure to either side of its estimate; the rest of the width is its exchange with us. */
  readonly own: { readonly below: Nanos; readonly above: Nanos };
};

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
 * says which. Gateways' bounds may be too wide to show it: they last as long as the way to the object and back. The same
 * of a clock that was set back while it waited: nothing says where it stood.
 */
export const isTooFarApart = ({ ours, theirs }: Exchange, assumptions: Assumptions): boolean => {
  const { spread } = assumptions;
  const [here, there] = [standing(ours, assumptions), standing(theirs, assumptions)];
  if (here.latest < here.earliest) return true;
  if (spread === undefined) return false;
  return between(there.latest, here.earliest) > spread || between(here.latest, there.earliest) > spread;
};

/** Whose clock tells the time now, and the way from it to others: each exchange is one of the clock that the last reached. */
export type Reader = Pick<Reading, 'clock' | 'isLate'> & { readonly exchanges: readonly Exchange[] };

/**
 * The way of a statement from one reading of a clock to another of the same clock; or, with a `spread`, to one of another
 * clock that stood no farther than that from it.
 */
export type Leg = { readonly from: Reading; readonly to: Reading; readonly spread: Nanos };

/** What a bound makes of true time by now, and how it came here. */
export type Carried = Statement & { readonly bound: Bound; readonly legs: readonly Leg[] };

/** `Date.now()` counts whole milliseconds: the clock really stands in [reading, reading + STEP]. */
export const STEP = milliseconds(1);

/**
 * Where a clock stood, on its own scale, as something happened. Not true time: every clock has its own error, and
 * intervals of two clocks mean nothing to each other except through `spread`.
 */
type Standing = Interval;

const standing = ({ fromUnixMs, toUnixMs, isLate }: Reading, { objectLag }: Assumptions): Standing => ({
  earliest: unixMillis(fromUnixMs),
  latest: after(unixMillis(toUnixMs), nanos(STEP + (isLate ? objectLag : 0))),
});

/** What went by on a clock between two standings of it, and how far true time may have run apart from that, ≥ 0. */
const passage = (from: Standing, to: Standing, drift: number) => {
  const least = between(from.latest, to.earliest);
  const most = between(from.earliest, to.latest);
  // The drift's share counts from the length of the way, not its sign: a clock set back by a little must not make
  // anything narrower.
  return { least, most, slip: nanos(drift * Math.max(Math.abs(least), Math.abs(most))) };
};

/**
 * A statement made as a clock stood `from`, told again as the same clock stands `to`.
 *
 * Between the two the clock went on by `to − from`, which is known as well as both are; true time went on by that much,
 * give or take the drift. So both ends move away from the estimate by half of both widths, and by the slip.
 */
export const carry = (said: Statement, from: Standing, to: Standing, drift: number): Statement => {
  const { least, most, slip } = passage(from, to, drift);
  return {
    ...later(said, nanos(least - slip), nanos(most + slip)),
    estimate: after(said.estimate, nanos((least + most) / 2)),
  };
};

const standingsOf = ({ from, to, spread }: Leg, assumptions: Assumptions): readonly [Standing, Standing] => [
  widen(standing(from, assumptions), spread),
  standing(to, assumptions),
];

/** By how much the drift widens a statement on this leg, to either side. */
export const slipOf = (leg: Leg, assumptions: Assumptions): Nanos =>
  passage(...standingsOf(leg, assumptions), assumptions.drift).slip;

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

/** Back along the way, from the reading of the farthest clock to the reader's own of now. */
const legsAlong = (way: readonly Exchange[], reading: Reading, now: Reading): readonly Leg[] => {
  const back = way.toReversed();
  const ends = [...back.map(({ theirs }) => theirs), now];
  return [reading, ...back.map(({ ours }) => ours)].map((from, leg) => ({ from, to: ends[leg]!, spread: nanos(0) }));
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
): readonly Carried[] => {
  const { drift, spread } = assumptions;
  const now = readingAt(reader.clock, nowUnixMs, reader.isLate);
  return bound.readings.flatMap((reading) => {
    const way = wayTo(reading.clock, reader);
    // Whoever read it, our clock stood no farther than `spread` from it at that instant.
    const near = spread === undefined ? [] : [[{ from: reading, to: now, spread }]];
    const ways = way ? [legsAlong(way, reading, now), ...near] : near;
    return ways.map((legs) => {
      const along = (said: Statement, leg: Leg) => carry(said, ...standingsOf(leg, assumptions), drift);
      return { ...legs.reduce<Statement>(along, bound), bound, legs };
    });
  });
};

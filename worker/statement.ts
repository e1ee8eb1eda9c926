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

/** A gateway's word about an instant at which two of the edge's clocks were read. */
export type Bound = Statement & {
  readonly isolate: string;
  readonly isolateUnixMs: number;
  readonly object: string;
  readonly objectUnixMs: number;
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

/** Whose clock tells the time now. An isolate knows the object's clock by one exchange with it. */
export type Reader =
  | { readonly kind: 'object'; readonly name: string }
  | { readonly kind: 'isolate'; readonly name: string; readonly exchange: ObjectExchange | undefined };

/** The isolate read its clock, asked the object, which read its own, and read its own again on return. */
export type ObjectExchange = {
  readonly sentUnixMs: number;
  readonly object: string;
  readonly objectUnixMs: number;
  readonly receivedUnixMs: number;
};

/** `Date.now()` counts whole milliseconds: the clock really stands in [reading, reading + STEP]. */
const STEP = milliseconds(1);

/**
 * Where a clock stood, on its own scale, as something happened. Not true time: every clock has its own error, and
 * intervals of two clocks mean nothing to each other except through `spread`.
 */
type Standing = Interval;

const standing = (from: number, to: number, late: Nanos): Standing => ({
  earliest: unixMillis(from),
  latest: after(unixMillis(to), nanos(STEP + late)),
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

/** What the reader's clock says as it reads `nowUnixMs`: where it really stands. */
const standingNow = (reader: Reader, nowUnixMs: number, { objectLag }: Assumptions): Standing =>
  standing(nowUnixMs, nowUnixMs, reader.kind === 'object' ? objectLag : nanos(0));

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
  const { drift, spread, objectLag } = assumptions;
  const now = standingNow(reader, nowUnixMs, assumptions);
  const byIsolate = standing(bound.isolateUnixMs, bound.isolateUnixMs, nanos(0));
  const byObject = standing(bound.objectUnixMs, bound.objectUnixMs, objectLag);
  const statements: Statement[] = [];

  // The reader's own clock took part: only its own running since then stands between.
  if (reader.kind === 'isolate' && reader.name === bound.isolate) statements.push(carry(bound, byIsolate, now, drift));
  if (reader.kind === 'object' && reader.name === bound.object) statements.push(carry(bound, byObject, now, drift));

  // The object's clock took part, and this isolate has exchanged with the same life of the object: first on by the
  // object's clock to the exchange, then by ours, which stood somewhere between sending and receiving (RFC 5905 §8
  // with t2 = t3: the peer took no time, so all that is unknown is how the round trip divides).
  const exchange = reader.kind === 'isolate' ? reader.exchange : undefined;
  if (exchange?.object === bound.object) {
    const atExchange = carry(bound, byObject, standing(exchange.objectUnixMs, exchange.objectUnixMs, objectLag), drift);
    const during = standing(exchange.sentUnixMs, exchange.receivedUnixMs, nanos(0));
    statements.push(carry(atExchange, during, now, drift));
  }

  // Whoever read it, our clock stood no farther than `spread` from it at that instant.
  if (spread !== undefined) {
    statements.push(carry(bound, widen(byIsolate, spread), now, drift));
    statements.push(carry(bound, widen(byObject, spread), now, drift));
  }
  return statements;
};

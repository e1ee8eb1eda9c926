/**
 * Exchanges → what true time is, by this device's clocks. Nothing is fetched here and no clock is read.
 *
 * Readings and lengths are in ms: of the monotonic clock `performance.now()`, of the wall clock `Date.now()`, and Unix ms, which
 * a double holds to 0.25 µs.
 */
import { isLeapAt, type LeapNotice } from '#contract/leap.ts';
import { type Corridor, DRIFT, highAt, isEmpty, lowAt, middleAt, narrow } from './corridor.ts';
import { type Guess, guessAgain, guessAt } from './guess.ts';

/** True time lies in [earliest, latest], both ends included; `time` is the best guess, always inside. Unix ms. */
export type Reading = { readonly earliest: number; readonly time: number; readonly latest: number };

/** The wall clock, read between two readings of the monotonic one. */
export type Look = {
  readonly from: number;
  readonly wall: number;
  readonly to: number;
  /** How long the monotonic clock has stood still in all, while the host slept; undefined where that cannot be told. */
  readonly slept?: number;
};

/** One question and its answer: true time was `told` at some instant between two readings of the monotonic clock. */
export type Round = {
  readonly sent: number;
  readonly received: number;
  /** The same two as the platform tells them: nearer, and believed for the guess alone. */
  readonly likely?: { readonly sent: number; readonly received: number };
  readonly told: Reading & { readonly leap: LeapNotice; readonly isSynchronized: boolean };
};

/** True time − `Date.now()` in ms: positive means this device is slow. Certainly within, probably `offset`. */
export type Skew = { readonly earliest: number; readonly offset: number; readonly latest: number };

export type Estimate = {
  /** True time against the monotonic clock: certainly. */
  readonly certain: Corridor;
  /** How fast its ends part, as a ratio. */
  readonly drift: number;
  /** The same probably, by the answers' best guesses. */
  readonly guess: Guess;
  readonly leap: LeapNotice;
  readonly isSynchronized: boolean;
};

/** The wall clock against the monotonic one: by the last look, and by all since it was set. */
export type WallClock = { readonly last: Corridor; readonly apart: Corridor; readonly slept: number | undefined };

/** What a clock of this device can do. */
export type Device = {
  /** How far a reading of the monotonic clock may lie beside its true value: browsers blur it. */
  readonly blur: number;
  /** The step of the wall clock, which is never early. */
  readonly step: number;
};

/** For what doubles leave out, of the size of today's Unix ms. */
const ROUNDING = 0.001;
/** What no slew puts between two clocks at once, and every sleep does. */
const LEAST_JUMP = 10;
/** Half of `DRIFT`, as what is no jump counts as drift: else a page that was frozen for an hour would not see a sleep of seconds. */
const FASTEST_SLEW = 250e-6;
/** As fast chronyd slews the clocks that it may, the monotonic one of a page on Linux among them: man chrony.conf, maxslewrate. */
const FASTEST_CHRONYD = 0.1;
/** In ms. */
const LEAST_SLEEP = 1;

/**
 * @returns undefined where no time fits both what was known and this: a clock stood still that no other clock here shows,
 *   or an answer was wrong.
 */
export const learn = (
  earlier: Estimate | undefined,
  { sent, received, likely, told }: Round,
  { blur }: Device,
): Estimate | undefined => {
  const drift = earlier?.drift ?? DRIFT;
  const { leap, isSynchronized } = told;
  // Through a leap second no clock here counts as UTC does. Once it is no longer announced, only what was told since then holds.
  // And what is certain is not to be narrowed by what comes from no source.
  const isAlike = earlier?.leap === leap && earlier.isSynchronized === isSynchronized;
  const known = isAlike ? earlier : undefined;
  const certain = narrow(
    known?.certain,
    {
      low: { apart: told.earliest - received - blur - ROUNDING, at: received },
      high: { apart: told.latest - sent + blur + ROUNDING, at: sent },
    },
    drift,
  );
  if (isEmpty(certain, received, drift)) return undefined;
  const guess = guessAgain(known?.guess, { sent, received, ...likely, time: told.time });
  return { certain, drift, guess, leap, isSynchronized };
};

/**
 * What is certain where `round` contradicts what was known: one of the two is wrong, and which one the next answers tell. Its ends
 * part as fast as a clock goes wrong that is being slewed.
 */
export const doubt = (earlier: Estimate, round: Round, device: Device): Estimate | undefined => {
  const later = learn(undefined, round, device);
  return later && { ...later, drift: FASTEST_CHRONYD, certain: span(earlier, later, round.received) };
};

/** The same once the clock counts right again, of which nothing before tells how far it has gone wrong. */
export const trust = (doubted: Estimate, at: number): Estimate => ({
  ...doubted,
  drift: DRIFT,
  certain: span(doubted, doubted, at),
});

const span = (one: Estimate, other: Estimate, at: number): Corridor => ({
  low: { apart: Math.min(...[one, other].map(({ certain, drift }) => lowAt(certain, at, drift))), at },
  high: { apart: Math.max(...[one, other].map(({ certain, drift }) => highAt(certain, at, drift))), at },
});

/** True time as the monotonic clock reads `mono`. */
export const readingAt = ({ certain, drift, guess, leap }: Estimate, mono: number, { blur }: Device): Reading => {
  const earliest = mono + lowAt(certain, mono, drift) - blur - ROUNDING;
  const latest = mono + highAt(certain, mono, drift) + blur + ROUNDING;
  const time = clamp(mono + guessAt(guess, mono), earliest, latest);
  return { ...guard({ earliest, latest }, leap, latest), time };
};

/**
 * @returns `jumped`: since the last look the host slept, or its wall clock was set, be it since the host's own host had stopped
 *   it, which no count of sleeps shows. The monotonic clock may have stood still: more time may have passed than it shows.
 */
export const lookAgain = (known: WallClock | undefined, { from, wall, to, slept }: Look, { blur, step }: Device) => {
  const last: Corridor = {
    low: { apart: wall - to - blur, at: to },
    high: { apart: wall + step - from + blur, at: from },
  };
  if (!known) return { wall: { last, apart: last, slept }, jumped: false };
  const fastest = slept === undefined ? FASTEST_SLEW : FASTEST_CHRONYD;
  const jump = Math.max(
    last.low.apart - highAt(known.last, to, fastest),
    lowAt(known.last, to, fastest) - last.high.apart,
  );
  const sleep = (slept ?? 0) - (known.slept ?? 0);
  const jumped = jump > LEAST_JUMP || sleep > LEAST_SLEEP;
  const both = narrow(known.apart, last, DRIFT);
  const apart = jumped || isEmpty(both, to, DRIFT) ? last : both;
  // It is the difference of two readings: where the second comes late it is too small, and what the next is more is no sleep.
  return { wall: { last, apart, slept: sleep > 0 ? slept : known.slept }, jumped };
};

/** How far off the wall clock is, as the monotonic clock reads `mono`. */
export const skewAt = ({ certain, drift, guess, leap }: Estimate, { apart }: WallClock, mono: number): Skew => {
  const earliest = lowAt(certain, mono, drift) - highAt(apart, mono, DRIFT) - ROUNDING;
  const latest = highAt(certain, mono, drift) - lowAt(apart, mono, DRIFT) + ROUNDING;
  const offset = guessAt(guess, mono) - middleAt(apart, mono, DRIFT);
  const unixMs = mono + highAt(certain, mono, drift);
  return { ...guard({ earliest, latest }, leap, unixMs), offset: clamp(offset, earliest, latest) };
};

/** Around an announced leap second, which the answer may or may not have counted. */
const guard = ({ earliest, latest }: { earliest: number; latest: number }, leap: LeapNotice, unixMs: number) =>
  leap === 'none' || !isLeapAt(unixMs)
    ? { earliest, latest }
    : { earliest: earliest - (leap === 'insert' ? 1_000 : 0), latest: latest + (leap === 'delete' ? 1_000 : 0) };

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** The virtual clock: UTC as a line over our oscillator, with a bound on either side that grows with age. Sets no clock. */
import { including, intersect, uncertainty, widen } from '#contract/interval.ts';
import { guardLeap } from '#contract/leap.ts';
import { after, between, type MonoNanos, type Nanos, nanos } from '#contract/time.ts';
import type { ClockReading, ServerState } from '../protocol/server-state.ts';
import { moved, type Parts } from './bounds.ts';
import type { Combined } from './combine.ts';
import type { Look } from './jump.ts';
import { type LeapDecision, NO_LEAP } from './leap.ts';
import type { FrequencyBounds } from './oscillator.ts';
import { MAX_DISTANCE } from './selection.ts';

export type Clock = {
  /** The moment at which the line was last drawn, and what it was then. */
  readonly at: MonoNanos;
  readonly reading: ClockReading;
  /** What was told at `at` by the line before, less this one: slewed away, so that time neither jumps nor goes back. */
  readonly slew: Nanos;
  readonly frequency: number;
  readonly frequencyBounds: FrequencyBounds;
  /** The random walk of the frequency, ns/s per √s; 0 where none was measured. */
  readonly wander: number;
  readonly standardDeviation: Nanos;
  /** What the distance from the truth to each end of the interval was made of at `at`. */
  readonly early: Parts;
  readonly late: Parts;
  /** Counts the lines between which time was stepped: two readings of one epoch are the same clock's. */
  readonly epoch: number;
  /** False: the host's own clock, because no source answered. */
  readonly synchronized: boolean;
  readonly server: ServerState;
  readonly sourcesSelected: number;
  readonly sourcesTotal: number;
  readonly leap: LeapDecision;
  /** Gateways and edges that this time came through; absent where it came from sources that name none. */
  readonly lineage?: readonly string[];
};

/** @param now - may lie a little before `clock.at`: a packet that waited while the line was drawn. */
export const readClock = (clock: Clock, now: MonoNanos): ClockReading => {
  const { leap } = clock.server;
  return leap === 'unknown' ? readLine(clock, now) : guardLeap(readLine(clock, now), leap);
};

/**
 * The same without the second that may be a leap second. Time that is still being slewed may lie outside of what is known
 * by now; it is told in an interval that holds both.
 */
export const readLine = (clock: Clock, now: MonoNanos): ClockReading => {
  const { at, reading, frequency, frequencyBounds } = clock;
  const age = between(at, now);
  const interval = moved(reading, age, frequencyBounds);
  const time = after(reading.time, nanos(age * (1 + frequency) + slewLeft(clock, age)));
  return { time, ...including(interval, time) };
};

/** A ratio; chronyd's limit too: no client takes this for a jump. */
export const FASTEST_SLEW = 0.083;

const slewLeft = ({ slew }: Clock, age: Nanos): number =>
  Math.sign(slew) * Math.max(0, Math.abs(slew) - Math.max(0, age) * FASTEST_SLEW);

/**
 * Whether a reading may be served: the limit on the distance to the root, here to the interval's end. The host's own
 * clock is as far off as its operator says it is.
 */
export const isUsable = ({ synchronized }: Clock, reading: ClockReading): boolean =>
  !synchronized || uncertainty(reading, reading.time) <= MAX_DISTANCE;

/** What a source gives the line besides time: RFC 5905 §11.2, the system variables. */
export type Upstream = Pick<ServerState, 'leap' | 'stratum' | 'referenceId' | 'referenceTime' | 'rootDelay'>;

/** A line before it is known which one it follows. */
export type Drawn = Omit<Clock, 'epoch' | 'slew'>;

/** A line through what the sources agreed on at `at`. */
export const drawLine = (
  at: MonoNanos,
  combined: Combined,
  upstream: Upstream,
  others: Pick<Clock, 'sourcesSelected' | 'sourcesTotal' | 'leap' | 'lineage'>,
  precision: number,
): Drawn => ({
  at,
  reading: { time: combined.time, ...combined.interval },
  frequency: combined.frequency,
  frequencyBounds: combined.frequencyBounds,
  wander: combined.wander,
  standardDeviation: combined.standardDeviation,
  early: combined.early,
  late: combined.late,
  synchronized: true,
  server: { ...upstream, precision },
  ...others,
});

/** A line that follows somebody who does not know UTC either. */
export const unvouched = (line: Drawn): Drawn => ({ ...line, synchronized: false });

/** 127.127.1.1, the reference id by which the field knows a local clock. */
const LOCAL_REFERENCE = 0x7f7f0101;

const assumed = (rootDistance: Nanos): Parts => ({
  rootDistance,
  path: nanos(0),
  oscillator: nanos(0),
  wander: nanos(0),
});

/** A line through the host's own clock, for when nothing else answers. */
export const drawLocalLine = (
  { now: at, wall }: Look,
  local: { readonly stratum: number; readonly uncertainty: Nanos },
  maxDrift: number,
  precision: number,
): Drawn => ({
  at,
  reading: { time: wall, ...widen({ earliest: wall, latest: wall }, local.uncertainty) },
  frequency: 0,
  frequencyBounds: { least: -maxDrift, greatest: maxDrift },
  wander: 0,
  standardDeviation: local.uncertainty,
  early: assumed(local.uncertainty),
  late: assumed(local.uncertainty),
  synchronized: false,
  server: {
    leap: 'none',
    stratum: local.stratum,
    referenceId: LOCAL_REFERENCE,
    referenceTime: wall,
    rootDelay: nanos(0),
    precision,
  },
  sourcesSelected: 0,
  sourcesTotal: 0,
  leap: NO_LEAP,
});

/**
 * Whether going from one line to the next steps time: their intervals contradict, or their words are of another kind. A leap
 * second is a step too: what was said before it is 1 s off after it.
 */
export const isStep = (from: Clock, to: Drawn): boolean =>
  from.synchronized !== to.synchronized || !intersect(readLine(from, to.at), to.reading);

/** @param from - the line that `to` takes on from; absent where time is stepped: else it goes on from where it was. */
export const follow = (from: Clock | undefined, to: Drawn, epoch: number): Clock => ({
  ...to,
  epoch,
  slew: from ? between(to.reading.time, readLine(from, to.at).time) : nanos(0),
});

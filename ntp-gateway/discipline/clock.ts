/** The virtual clock: UTC as a line over our oscillator, with a bound on either side that grows with age. Sets no clock. */
import { intersect, uncertainty, widen } from '#contract/interval.ts';
import { guardLeap } from '#contract/leap.ts';
import { after, between, type MonoNanos, type Nanos, nanos } from '#contract/time.ts';
import type { ClockReading, ServerState } from '../protocol/responder.ts';
import type { Combined } from './combine.ts';
import { type FrequencyBounds, moved } from './estimator.ts';
import type { Look } from './jump.ts';
import { type LeapDecision, NO_LEAP } from './leap.ts';
import { MAX_DISTANCE } from './selection.ts';

export type Clock = {
  /** The moment at which the line was last drawn, and what it was then. */
  readonly at: MonoNanos;
  readonly reading: ClockReading;
  readonly frequency: number;
  readonly frequencyBounds: FrequencyBounds;
  readonly standardDeviation: Nanos;
  /** Counts the lines between which time was stepped: two readings of one epoch are the same clock's. */
  readonly epoch: number;
  /** False: the host's own clock, because no source answered. */
  readonly synchronized: boolean;
  readonly server: ServerState;
  readonly sourcesSelected: number;
  readonly sourcesTotal: number;
  readonly leap: LeapDecision;
};

/** @param now - may lie a little before `clock.at`: a packet that waited while the line was drawn. */
export const readClock = (clock: Clock, now: MonoNanos): ClockReading => {
  const { leap } = clock.server;
  return leap === 'unknown' ? readLine(clock, now) : guardLeap(readLine(clock, now), leap);
};

const readLine = ({ at, reading, frequency, frequencyBounds }: Clock, now: MonoNanos): ClockReading => {
  const age = between(at, now);
  return { time: after(reading.time, nanos(age * (1 + frequency))), ...moved(reading, age, frequencyBounds) };
};

/**
 * Whether a reading may be served: the limit on the distance to the root, here to the interval's end. The host's own
 * clock is as far off as its operator says it is.
 */
export const isUsable = ({ synchronized }: Clock, reading: ClockReading): boolean =>
  !synchronized || uncertainty(reading, reading.time) <= MAX_DISTANCE;

/** What a source gives the line besides time: RFC 5905 §11.2, the system variables. */
export type Upstream = Pick<ServerState, 'leap' | 'stratum' | 'referenceId' | 'referenceTime' | 'rootDelay'>;

/** A line before the epoch that it belongs to is known. */
export type Drawn = Omit<Clock, 'epoch'>;

/** A line through what the sources agreed on at `at`. */
export const drawLine = (
  at: MonoNanos,
  combined: Combined,
  upstream: Upstream,
  others: Pick<Clock, 'sourcesSelected' | 'sourcesTotal' | 'leap'>,
  precision: number,
): Drawn => ({
  at,
  reading: { time: combined.time, ...combined.interval },
  frequency: combined.frequency,
  frequencyBounds: combined.frequencyBounds,
  standardDeviation: combined.standardDeviation,
  synchronized: true,
  server: { ...upstream, precision },
  ...others,
});

/** 127.127.1.1, the reference id by which the field knows a local clock. */
const LOCAL_REFERENCE = 0x7f7f0101;

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
  standardDeviation: local.uncertainty,
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
 * Whether going from one line to the next steps time: their intervals contradict, or their words are of another kind.
 * A leap second is a step too: what was said before it is 1 s off after it.
 */
export const isStep = (from: Clock, to: Drawn): boolean =>
  from.synchronized !== to.synchronized || !intersect(readLine(from, to.at), to.reading);

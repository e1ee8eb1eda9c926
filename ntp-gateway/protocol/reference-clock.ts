/**
 * A reference clock of this host: its driver says that at some moment of the wall clock true time was so much. No clock is
 * asked here; the samples and the readings of the host's clocks arrive inside the event.
 *
 * The wall clock is others' to set and to slew, so a sample's moment is looked for on our oscillator: between the readings
 * of both that were taken around it. How far these leave it open is the time between t1 and t4 of an exchange in which the
 * reference clock took no time at all.
 */
import { ok, type Result, refuse } from '#contract/result.ts';
import {
  after,
  between,
  type MonoNanos,
  milliseconds,
  type Nanos,
  nanos,
  seconds,
  type UnixNanos,
} from '#contract/time.ts';
import type { ReferenceClockConfig } from '../config.ts';
import type { ClockSampleRefusal } from '../wire/clock-sample.ts';
import { decodeShmSample } from '../wire/shm-sample.ts';
import { decodeSockSample } from '../wire/sock-sample.ts';
import type { Measurement } from './reply.ts';

/** The wall clock was read at some time between `now` and `gap` later. */
export type HostReading = { readonly now: MonoNanos; readonly wall: UnixNanos; readonly gap: Nanos };

/** What its driver has said since the event before, oldest first, and both clocks of the host after that was taken. */
export type ReferenceClockEvent = HostReading & { readonly kind: 'heard'; readonly messages: readonly Uint8Array[] };

export type ReferenceClockRefusal =
  | ClockSampleRefusal
  | 'magic'
  | 'pulse'
  | 'offset'
  | 'mode'
  | 'torn'
  | 'future'
  | 'stale'
  | 'wall-unsteady'
  | 'out-of-order';

export type ReferenceClockAction =
  | { readonly kind: 'measured'; readonly measurement: Measurement }
  | { readonly kind: 'dropped'; readonly reason: ReferenceClockRefusal };

export type ReferenceClockCounter = 'measured' | ReferenceClockRefusal;

export type ReferenceClock = {
  readonly config: ReferenceClockConfig;
  /** The last few, the newest last. */
  readonly readings: readonly HostReading[];
  /** As a server's: the last eight times `REACH_SECONDS`, a bit is set for each in which a sample was good. */
  readonly reach: number;
  readonly reachSince: MonoNanos;
  /** t4 of the last good sample. */
  readonly lastAt: MonoNanos | undefined;
  readonly counters: Readonly<Partial<Record<ReferenceClockCounter, number>>>;
};

/** chronyd's default for a reference clock; some speak once a second, some once a minute. */
export const REACH_SECONDS = 16;
/** At four a second, six seconds: gpsd hands on within one what a slow serial line takes most of one to say. */
const MOST_READINGS = 24;
/**
 * How far the two clocks may part in all that time. The kernel slews by 500 ppm at most, which makes 3 ms; past this the
 * wall clock was set or is being pulled, and which of its moments a sample means cannot be told.
 */
const MOST_PARTED = milliseconds(4);

export const newReferenceClock = (config: ReferenceClockConfig, now: MonoNanos): ReferenceClock => ({
  config,
  readings: [],
  reach: 0,
  reachSince: now,
  lastAt: undefined,
  counters: {},
});

export const stepReferenceClock = (
  state: ReferenceClock,
  { now, wall, gap, messages }: ReferenceClockEvent,
): [ReferenceClock, ReferenceClockAction[]] => {
  const readings = [...state.readings, { now, wall, gap }].slice(-MOST_READINGS);
  let next = shiftReach({ ...state, readings }, now);
  const actions = messages.map((message): ReferenceClockAction => {
    const measured = judgeSample(next, message);
    if (!measured.ok) {
      next = count(next, measured.reason);
      return { kind: 'dropped', reason: measured.reason };
    }
    const measurement = measured.value;
    next = { ...count(next, 'measured'), reach: next.reach | 1, lastAt: measurement.exchange.t4 };
    return { kind: 'measured', measurement };
  });
  return [next, actions];
};

const shiftReach = (state: ReferenceClock, now: MonoNanos): ReferenceClock =>
  between(state.reachSince, now) < seconds(REACH_SECONDS)
    ? state
    : { ...state, reach: (state.reach << 1) & 0xff, reachSince: now };

const judgeSample = (
  { config, readings, lastAt }: ReferenceClock,
  message: Uint8Array,
): Result<Measurement, ReferenceClockRefusal> => {
  const sample = config.driver === 'sock' ? decodeSockSample(message) : decodeShmSample(message);
  if (!sample.ok) return sample;
  const { wall, time, leap, step } = sample.value;
  if (wall > readings.at(-1)!.wall) return refuse('future');
  // At a step of the wall clock that is too small to see, the reading before may lie after.
  const before = readings.findLastIndex((reading) => between(reading.wall, wall) > MOST_PARTED);
  if (before < 0) return refuse('stale');
  const { t1: least, t4: most } = momentOf(wall, readings);
  if (between(least, most) > MOST_PARTED) return refuse('wall-unsteady');
  const behind = readings.findIndex((reading) => between(wall, reading.wall) > MOST_PARTED);
  const { t1, t4 } = momentOf(wall, readings.slice(before, behind < 0 ? undefined : behind + 1));
  if (lastAt !== undefined && t4 <= lastAt) return refuse('out-of-order');

  const told = after(time, config.offset);
  return ok({
    exchange: { t1, t2: told, t3: told, t4 },
    leap,
    stratum: 0,
    precision: step,
    rootDelay: nanos(0),
    rootDispersion: config.uncertainty,
    referenceId: config.referenceId,
    referenceTime: told,
  });
};

/** Where on our oscillator the wall clock read `wall`, as each of the readings has it: the first such moment and the last. */
const momentOf = (
  wall: UnixNanos,
  readings: readonly HostReading[],
): { readonly t1: MonoNanos; readonly t4: MonoNanos } => {
  const first = readings.map((reading) => after(reading.now, between(reading.wall, wall)));
  const last = first.map((moment, i) => after(moment, readings[i]!.gap));
  return { t1: least(first), t4: greatest(last) };
};
const least = (moments: readonly MonoNanos[]): MonoNanos => moments.reduce((a, b) => (b < a ? b : a));
const greatest = (moments: readonly MonoNanos[]): MonoNanos => moments.reduce((a, b) => (b > a ? b : a));

const count = (state: ReferenceClock, word: ReferenceClockCounter): ReferenceClock => ({
  ...state,
  counters: { ...state.counters, [word]: (state.counters[word] ?? 0) + 1 },
});

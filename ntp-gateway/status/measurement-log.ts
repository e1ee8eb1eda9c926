/**
 * Each measurement, and the clock after it, as a line of columns: what chrony has in measurements.log and tracking.log. Lengths
 * are in seconds, and offsets theirs − ours: positive where ours is slow.
 */
import { roundTrip } from '#contract/exchange.ts';
import { uncertainty } from '#contract/interval.ts';
import { after, between, type MonoNanos, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';
import { type Core, type CoreAction, clockOf } from '../core/state.ts';
import { type Clock, readClock } from '../discipline/clock.ts';
import type { MeasurementLog } from '../ports.ts';
import { pollOf } from '../protocol/poll.ts';
import { REACH_SECONDS } from '../protocol/reference-clock.ts';
import type { Measurement } from '../protocol/reply.ts';
import type { Leap } from '../wire/ntp-packet.ts';
import { isoMicros } from './figures.ts';

/** Units in the names; each as wide as its values mostly are. */
const MEASURED = {
  'time (UTC)': 27,
  source: 28,
  L: 1,
  St: 2,
  LP: 3,
  Rch: 3,
  'offset s': 10,
  'delay s': 10,
  'disp. s': 10,
  'root del. s': 11,
  'root disp. s': 12,
  'ref. id': 8,
  verdict: 1,
} as const;
const TRACKED = {
  'time (UTC)': 27,
  'ref. id': 8,
  St: 2,
  'freq. ppm': 9,
  'least ppm': 9,
  'most ppm': 9,
  'host s': 10,
  L: 1,
  Co: 2,
  'std. dev. s': 11,
  'early s': 10,
  'late s': 10,
  'root del. s': 11,
  'root disp. s': 12,
} as const;

type Row<Columns> = { readonly [Name in keyof Columns]: string | number };

const lineOf = <Columns extends Readonly<Record<string, number>>>(columns: Columns, row: Row<Columns>): string =>
  Object.entries(columns)
    .map(([name, width]) => `${row[name]}`.padEnd(width))
    .join(' ')
    .trimEnd();

/** No line of values begins so. */
const headerOf = <Columns extends Readonly<Record<string, number>>>(columns: Columns): string => {
  const names = Object.fromEntries(Object.keys(columns).map((name) => [name, name.replaceAll(' ', '_')]));
  return `#${lineOf(columns, names as Row<Columns>)}`;
};

export const MEASUREMENTS = headerOf(MEASURED);
export const TRACKING = headerOf(TRACKED);

export const tellMeasured = (
  { measured, tracked }: MeasurementLog,
  before: Core,
  now: Core,
  actions: readonly CoreAction[],
): void => {
  for (const one of actions) {
    if (one.kind !== 'source' && one.kind !== 'https-source' && one.kind !== 'reference-clock') continue;
    if (one.action.kind !== 'measured') continue;
    const { measurement } = one.action;
    measured?.(measuredLine(one.id, measurement, clockOf(before), now));
    const clock = clockOf(now);
    if (clock) tracked?.(trackedLine(clock, now, measurement.exchange.t4));
  }
};

/** @param clock - as it was before it learnt this; without one there is no offset. */
const measuredLine = (id: string, measurement: Measurement, clock: Clock | undefined, now: Core): string => {
  const { exchange, leap, stratum, precision, rootDelay, rootDispersion, referenceId } = measurement;
  const { t1, t4 } = exchange;
  // RFC 5905 §8: what both clocks leave open, and what ours may have drifted meanwhile.
  const { maxDrift, precision: ours } = now.config;
  const dispersion = nanos(precision + 2 ** ours * 1e9 + between(t1, t4) * maxDrift);
  return lineOf(MEASURED, {
    'time (UTC)': isoMicros(timeAt(now, t4)),
    source: id.replaceAll(/\s/g, '_'),
    L: LEAPS[leap],
    St: stratum,
    ...paceOf(now, id),
    'offset s': clock ? seconds(offsetFrom(clock, measurement)) : '-',
    'delay s': seconds(roundTrip(exchange)),
    'disp. s': seconds(dispersion),
    'root del. s': seconds(rootDelay),
    'root disp. s': seconds(rootDispersion),
    'ref. id': hex(referenceId),
    verdict: now.selection.verdicts.get(id) ?? 'waiting',
  });
};

const trackedLine = (clock: Clock, { lastLook: look }: Core, at: MonoNanos): string => {
  const reading = readClock(clock, at);
  const { server, frequency, frequencyBounds, sourcesSelected, standardDeviation } = clock;
  const most = uncertainty(reading, reading.time);
  return lineOf(TRACKED, {
    'time (UTC)': isoMicros(reading.time),
    'ref. id': hex(server.referenceId),
    St: server.stratum,
    'freq. ppm': ppm(frequency),
    'least ppm': ppm(frequencyBounds.least),
    'most ppm': ppm(frequencyBounds.greatest),
    'host s': look ? seconds(between(look.wall, readClock(clock, look.now).time)) : '-',
    L: LEAPS[server.leap],
    Co: sourcesSelected,
    'std. dev. s': seconds(standardDeviation),
    'early s': seconds(between(reading.earliest, reading.time)),
    'late s': seconds(between(reading.time, reading.latest)),
    'root del. s': seconds(server.rootDelay),
    'root disp. s': seconds(nanos(Math.max(most - server.rootDelay / 2, 0))),
  });
};

/** By the clock, or by the host's before there is one. */
const timeAt = (core: Core, at: MonoNanos): UnixNanos => {
  const clock = clockOf(core);
  const { now, wall } = core.lastLook!; // which comes before every event
  return clock ? readClock(clock, at).time : after(wall, between(now, at));
};

/** Half of how far their clock was ahead as the question came and as the answer left. */
const offsetFrom = (clock: Clock, { exchange: { t1, t2, t3, t4 } }: Measurement): Nanos =>
  nanos((between(readClock(clock, t1).time, t2) + between(readClock(clock, t4).time, t3)) / 2);

/** log2 s, and in octal who answered of the last eight. */
const paceOf = ({ sources, httpsSources, referenceSources }: Core, id: string) => {
  const asked = (sources.get(id) ?? httpsSources.get(id))?.association;
  const reach = asked?.reach ?? referenceSources.get(id)?.clock.reach ?? 0;
  return { LP: asked ? pollOf(asked.pace) : Math.log2(REACH_SECONDS), Rch: reach.toString(8).padStart(3, '0') };
};

const LEAPS: Readonly<Record<Leap, string>> = { none: 'N', insert: '+', delete: '-', unknown: '?' };

/** "-4.966e-03", as chrony has it. */
const seconds = (length: Nanos): string =>
  (length / 1e9)
    .toExponential(3)
    .replace(/e([+-])(\d)$/, 'e$10$2')
    .replace(/^(?!-)/, ' ');
const ppm = (ratio: number): string => (ratio * 1e6).toFixed(3).padStart(9);
const hex = (id: number): string => id.toString(16).toUpperCase().padStart(8, '0');

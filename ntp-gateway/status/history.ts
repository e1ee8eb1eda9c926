/** What the page's pictures show: how the clock, the sources and the server stood over the last hour. */
import { nanos } from '#contract/time.ts';
import { type Core, clockOf } from '../core/state.ts';
import { readClock } from '../discipline/clock.ts';
import type { ServerCounters } from '../protocol/server-counters.ts';
import { newRing, put, type Ring, rowsSince } from './ring.ts';
import type { Sources } from './sources.ts';
import type { Status } from './status.ts';

export const EVERY_SECONDS = 2;
const ROWS = 3_600 / EVERY_SECONDS;
/** The clock, the server, its dozen refusals, and as many sources: some 14 kB for each of its figures, 2 MB if all are there. */
const MOST_LANES = 48;

export type History = {
  readonly ring: Ring;
  last?: { readonly at: number; readonly server: ServerCounters | undefined };
};

export const newHistory = (): History => ({ ring: newRing(ROWS, MOST_LANES) });

/** Each `EVERY_SECONDS`: what the pages say at that moment. */
export const note = (history: History, core: Core, { clock, server }: Status, sources: Sources): void => {
  const at = moment(core);
  if (at === undefined || at === history.last?.at) return; // the gateway was held up, and has not looked since
  const { hostOffsetMs, hostApartMs, earlierMs, laterMs, standardDeviationMs } = clock ?? {};
  const before = history.last;
  history.last = { at, server };
  put(history.ring, at, [
    ['clock', { hostOffsetMs, hostApartMs, earlierMs, laterMs, standardDeviationMs }],
    ...(server ? ratesOf(server, before, at) : []),
    ...sources.flatMap((source) => {
      if (!('reach' in source)) return [];
      const { id, offsetMs, uncertaintyMs, delayMs } = source;
      return [[`source ${id}`, { offsetMs, uncertaintyMs, delayMs }] as const];
    }),
  ]);
};

const ratesOf = (now: ServerCounters, before: History['last'], at: number) => {
  const rate = (count: (counters: ServerCounters) => number): number | undefined =>
    before?.server && Math.max(0, Number(((count(now) - count(before.server)) / (at - before.at)).toPrecision(4)));
  const drops = ({ dropped }: ServerCounters) => Object.values(dropped).reduce((sum, times) => sum + times, 0);
  return [
    [
      'server',
      { repliesPerSecond: rate(({ served, kissed }) => served + kissed), dropsPerSecond: rate(drops) },
    ] as const,
    ...Object.keys(now.dropped).map(
      (word) => [`dropped ${word}`, { perSecond: rate(({ dropped }) => dropped[word] ?? 0) }] as const,
    ),
  ];
};

/** Seconds by this host's oscillator, its sleeps included: of no meaning but that they rise as true time does, also before it is known. */
const moment = ({ lastLook }: Core): number | undefined =>
  lastLook && Math.round((Number(lastLook.now) + (lastLook.slept ?? nanos(0))) / 1e6) / 1e3;

/** @param since - a moment of an answer before: what came after it is told. */
export const historyOf = ({ ring }: History, core: Core, since = Number.NEGATIVE_INFINITY) => {
  const { lastLook: look } = core;
  const clock = clockOf(core);
  const { at, lanes } = rowsSince(ring, since);
  return {
    everySeconds: EVERY_SECONDS,
    /** The same instant as a moment of `at` and in Unix seconds, by this clock or, where there is none, by the host's. */
    now: moment(core) ?? 0,
    unixSeconds: look ? Number(clock ? readClock(clock, look.now).time : look.wall) / 1e9 : 0,
    at,
    /** `clock`, `server`, `dropped WORD` and `source ID`: figures by name, a value for each moment, null where there was none. */
    lanes,
  };
};

export type HistoryAnswer = ReturnType<typeof historyOf>;

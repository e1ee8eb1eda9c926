/** Several servers: liars among them, far and skewed ones, shared paths; and times with none at all. */

import type { LeapNotice } from '#contract/leap.ts';
import { milliseconds, nanos, seconds } from '#contract/time.ts';
import type { Verdict } from '../../../ntp-gateway/discipline/selection.ts';
import { listeningOn } from '../../support/server-config.ts';
import { before, leaping, makeLeaping } from '../leap.ts';
import type { ClockError, SimulatedServer } from '../server.ts';
import { makePeer } from '../server.ts';
import { makeTimeline } from '../timeline.ts';
import { makeWorld, referenceIdOf, START, type World } from '../world.ts';
import { at, PROVEN, perfect, queued, type Scenario, worldOf } from './scenario.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const oscillator = { frequency: 2e-5, wander: 1e-9 };
const honest = (): SimulatedServer => perfect(queued(5, 0.5));
const lying = (error: ClockError): SimulatedServer => perfect({ ...queued(5, 0.5), error });

/**
 * Of several sources, A1 promises a majority and no more: the interval is the hull of what a majority covers, which is as wide
 * as the middle one's; the root distance that chrony states is its best source's alone.
 */
const MAJORITY = { far: 4.8, skewed: 1.9 };

/** Each in its own way: liars that agree with each other are a majority as good as any. */
const LIES = [0.1, -0.1, 0.25, -0.25].map(seconds);

/** @param from - seconds after the start, since when they lie. */
const fiveWith = (liars: number, from: number) =>
  worldOf(() => ({
    servers: Object.fromEntries([
      ...LIES.slice(0, liars).map((lie, i) => [`liar${i}`, lying((now) => (now < at(from) ? nanos(0) : lie))]),
      ...Array.from({ length: 5 - liars }, (_, i) => [`honest${i}`, honest()]),
    ]),
    oscillator,
  }));

const verdictsOf = (liars: number): Readonly<Record<string, Verdict>> =>
  Object.fromEntries([
    ...LIES.slice(0, liars).map((_, i) => [`liar${i}`, liars < 3 ? 'falseticker' : 'no-majority'] as const),
    ...Array.from({ length: 5 - liars }, (_, i) => [`honest${i}`, liars < 3 ? 'selected' : 'no-majority'] as const),
  ]);

const liars: readonly Scenario[] = [1, 2, 3, 4].flatMap((count) => {
  const rest = {
    length: 10_000,
    warmUp: 600,
    quick: 4_000,
    bounds: { verdicts: verdictsOf(count), ...(count < 3 && { widthRatio: PROVEN.asItPays }) },
  };
  const breach = { assumption: 'A1', within: 0 } as const;
  return [
    {
      ...rest,
      name: `${count} of 5 lie (009)`,
      make: fiveWith(count, 0),
      ...(count > 2 && { breaks: { ...breach, from: 0 } }),
    },
    {
      ...rest,
      name: `${count} of 5 begin to lie after half an hour`,
      make: fiveWith(count, 1_800),
      quick: 6_000,
      ...(count > 2 && { breaks: { ...breach, from: 1_800 } }),
    },
  ];
});

/** What one really has: no way as long as the other, no two servers equally far, and one that is off as it says. */
const fourSources = worldOf(() => ({
  servers: {
    near: perfect({ ...queued(2, 0.3), back: milliseconds(2.5) }),
    city: perfect({
      ...queued(8, 1),
      there: milliseconds(10),
      error: () => milliseconds(1.5),
      says: { rootDispersion: milliseconds(2) },
    }),
    country: perfect({ ...queued(15, 2), back: milliseconds(18) }),
    abroad: perfect({ ...queued(45, 4), there: milliseconds(60) }),
  },
  oscillator,
}));

/** Five that all share one bad way there, and two that do not. */
const oneBadLink = worldOf(() => {
  const behind = { ...queued(8, 1), there: milliseconds(28) };
  return {
    servers: {
      ...Object.fromEntries([1, 2, 3, 4, 5].map((host) => [`192.0.2.${host}`, perfect(behind)])),
      '198.51.100.1': perfect(queued(10, 1)),
      '203.0.113.1': perfect(queued(12, 1)),
    },
    oscillator,
  };
});

/** The one that is judged names the other, and has one true source besides; the other has nobody else. */
const eachOther = async (seed: number): Promise<World> => {
  const timeline = makeTimeline(START);
  let [judged, other]: (World | undefined)[] = [];
  const host = (name: string, dice: number, servers: Readonly<Record<string, SimulatedServer>>) =>
    makeWorld({
      seed: dice,
      timeline,
      servers,
      oscillator,
      config: {
        server: listeningOn({ host: '127.0.0.1', port: 123 }),
        id: name,
        ownReferenceIds: [referenceIdOf(name)],
      },
    });
  judged = await host('judged', seed, { truth: honest(), other: makePeer((request) => other?.ask(request)) });
  other = await host('other', -seed, { judged: makePeer((request) => judged?.ask(request)) });
  return judged;
};

const leap = (notice: Exclude<LeapNotice, 'none'>): Scenario => ({
  name: `a leap second, ${notice === 'insert' ? '+1' : '−1'} (113)`,
  make: worldOf(() => {
    const server = (): SimulatedServer => makeLeaping(leaping(notice), notice);
    return { servers: { a: server(), b: server(), c: server() }, oscillator, start: before(seconds(HOUR)) };
  }),
  utc: leaping(notice),
  length: 2 * HOUR,
  warmUp: 210,
  quick: 2 * HOUR,
  alone: true,
  bounds: { steps: 1 },
});

export const SOURCES: readonly Scenario[] = [
  ...liars,
  {
    name: 'four sources, near and far, none of them symmetric',
    make: fourSources,
    length: DAY,
    warmUp: HOUR,
    quick: 10_000,
    bounds: { widthRatio: MAJORITY.far },
  },
  {
    name: 'five servers behind one bad link, two elsewhere',
    make: oneBadLink,
    length: DAY,
    warmUp: HOUR,
    quick: 6_000,
    bounds: { widthRatio: MAJORITY.skewed },
  },
  {
    name: 'two gateways that name each other (138)',
    make: eachOther,
    length: 20_000,
    warmUp: HOUR,
    quick: 6_000,
    bounds: { widthRatio: PROVEN.asItPays },
  },
  leap('insert'),
  leap('delete'),
  {
    name: 'all sources gone for a day',
    make: worldOf(() => {
      const isUp = (now: bigint): boolean => now < at(6 * HOUR) || now > at(30 * HOUR);
      return {
        servers: { a: perfect({ ...queued(5, 0.5), isUp }), b: perfect({ ...queued(8, 1), isUp }) },
        oscillator,
      };
    }),
    length: 36 * HOUR,
    warmUp: HOUR,
    quick: 36 * HOUR,
    // A day of waiting is all that A3 allows the oscillator in a day.
    bounds: { widthRatio: 1.5 },
  },
];

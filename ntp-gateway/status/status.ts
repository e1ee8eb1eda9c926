/** What an operator sees, as JSON: units in the names, words as everywhere else. */
import { uncertainty } from '#contract/interval.ts';
import { between, type MonoNanos, type Nanos } from '#contract/time.ts';
import { type Core, clockOf, isLeapListExpired } from '../core/state.ts';
import { budgetOf } from '../discipline/budget.ts';
import { isUsable, readClock } from '../discipline/clock.ts';
import { type Estimator, estimate } from '../discipline/estimator.ts';
import { VERDICTS } from '../discipline/selection.ts';
import type { Membership } from '../membership.ts';
import { pollOf } from '../protocol/poll.ts';
import { REACH_SECONDS } from '../protocol/reference-clock.ts';
import type { ServerCounters } from '../protocol/server-counters.ts';
import { authenticationOf } from './authentication.ts';
import { iso } from './iso.ts';

const milliseconds = (length: Nanos): number => Math.round(length / 1e3) / 1e3;

type Words = Readonly<Record<string, number>>;
type ServedWords = { readonly [What in 'keyExchanges' | 'roughtime' | 'pulls']?: Words | undefined };

/**
 * @param server - absent where nothing is listened on.
 * @param words - of key exchanges, Roughtime requests and edges' questions, by what became of them; absent where they are not served.
 */
export const statusOf = (
  core: Core,
  server: ServerCounters | undefined,
  now: MonoNanos,
  { keyExchanges, roughtime, pulls }: ServedWords = {},
) => {
  const { config, epoch, jumps, publishers, sources } = core;
  const clock = clockOf(core);
  const reading = clock && readClock(clock, now);
  return {
    gateway: config.id,
    epoch,
    uptimeSeconds: Math.floor(between(core.startedAt, now) / 1e9),
    /** False also while the host's own clock stands in. */
    synchronized: Boolean(clock?.synchronized && reading && isUsable(clock, reading)),
    clock: clock &&
      reading && {
        time: iso(reading.time),
        uncertaintyMs: milliseconds(uncertainty(reading, reading.time)),
        earlierMs: milliseconds(between(reading.earliest, reading.time)),
        laterMs: milliseconds(between(reading.time, reading.latest)),
        standardDeviationMs: milliseconds(clock.standardDeviation),
        frequencyPpm: ppm(clock.frequency),
        frequencyBoundsPpm: [ppm(clock.frequencyBounds.least), ppm(clock.frequencyBounds.greatest)],
        stratum: clock.server.stratum,
        referenceId: clock.server.referenceId.toString(16).padStart(8, '0'),
        rootDelayMs: milliseconds(clock.server.rootDelay),
        leap: clock.server.leap,
        /** `list`: the leap second file; `sources`: what more than half of the selected announce, believed or not. */
        leapBy: clock.leap.by,
        leapAnnounced: clock.leap.announced,
        taiOffsetSeconds: clock.leap.taiOffsetSeconds,
        sourcesSelected: clock.sourcesSelected,
        sourcesTotal: clock.sourcesTotal,
        /** What the interval's width is made of; the parts sum to earlierMs + laterMs. */
        budget: budgetOf(clock, now).map(({ name, basis, length }) => ({
          part: name,
          basis,
          ms: milliseconds(length),
        })),
      },
    leapFile: leapFileOf(core),
    jumps,
    requireNts: config.requireNts === true,
    nts: [...sources.values()].flatMap((source) => {
      const authentication = authenticationOf(source, now);
      return authentication.by === 'nts' ? [{ id: source.id, ...authentication }] : [];
    }),
    server,
    keyExchanges,
    roughtime,
    pulls,
    publish: [...publishers].map(([url, { outcome, sequence, reading: bound, counters }]) => ({
      url,
      outcome,
      samples: sequence,
      edgeUncertaintyMs: bound && Number(bound.latestUnixNs - bound.earliestUnixNs) / 2e6,
      counters,
    })),
  };
};

const leapFileOf = (core: Core) => {
  const { config, leapList, leapFault: fault } = core;
  if (config.leapFile === undefined) return undefined;
  return { path: config.leapFile, fault, expires: leapList && iso(leapList.expires), expired: isLeapListExpired(core) };
};

const ppm = (ratio: number): number => Math.round(ratio * 1e9) / 1e3;

export const sourcesOf = (core: Core, now: MonoNanos) => {
  const clock = clockOf(core);
  const ours = clock && readClock(clock, now);
  const taughtBy = (estimator: Estimator | undefined) => {
    const theirs = estimator && estimate(estimator, now, core.oscillator);
    const newest = estimator?.newest;
    return {
      /** Theirs − ours: positive where the gateway's clock is behind this source. */
      offsetMs: theirs && ours && milliseconds(between(ours.time, theirs.time)),
      uncertaintyMs: theirs && milliseconds(uncertainty(theirs.interval, theirs.time)),
      stratum: newest?.stratum,
      measurements: estimator?.measurements ?? 0,
      lastMeasuredSeconds: newest && Math.round(between(newest.exchange.t4, now) / 1e9),
    };
  };
  const asked = [...core.sources.values()].map((source) => {
    const { id, address, association, estimator } = source;
    return {
      id,
      address,
      ...verdictOf(core, id),
      authentication: authenticationOf(source, now),
      reach: octal(association.reach),
      pollSeconds: 2 ** pollOf(association.pace),
      ...taughtBy(estimator),
      kiss: association.kiss,
      counters: association.counters,
    };
  });
  const edges = [...core.httpsSources.values()].map(({ id, config, association, estimator }) => ({
    id,
    address: null,
    ...verdictOf(core, id),
    authentication: { by: 'gateway-key' as const, key: config.gatewayKey },
    reach: octal(association.reach),
    pollSeconds: 2 ** pollOf(association.pace),
    ...taughtBy(estimator),
    /** Whom its time came through. */
    lineage: association.lineage,
    /** What was wrong with its answers since the last good one. */
    fault: association.fault,
    kiss: association.kiss,
    counters: association.counters as Readonly<Record<string, number>>,
  }));
  const referenceClocks = [...core.referenceSources].map(([id, { clock, estimator }]) => ({
    id,
    address: null,
    ...verdictOf(core, id),
    authentication: { by: 'none' as const },
    reach: octal(clock.reach),
    pollSeconds: REACH_SECONDS,
    ...taughtBy(estimator),
    counters: clock.counters as Readonly<Record<string, number>>,
  }));
  const absent = [...core.memberships.values()].flatMap((membership) => absentOf(membership, core));
  return [...asked, ...edges, ...referenceClocks, ...absent];
};

const octal = (reach: number): string => reach.toString(8).padStart(3, '0');

/** Whom a name stands for and who is not asked. */
const absentOf = ({ id, config, addresses, resting }: Membership, { sources }: Core) => {
  const replaced = resting.map(({ id, address, verdict }) => ({
    id,
    address,
    state: 'replaced' as const,
    reason: `${VERDICTS[verdict]}; another is asked in its place`,
  }));
  if ([...sources.values()].some((source) => source.config === config)) return replaced;
  return [...replaced, { id, address: null, ...(addresses ? DUPLICATE : UNRESOLVED) }];
};

const DUPLICATE = {
  state: 'duplicate',
  reason: 'every address of its name is asked already, for another source',
} as const;
const UNRESOLVED = {
  state: 'unresolved',
  reason: 'its name gives no address so far; asked again within 64 s',
} as const;

const verdictOf = ({ selection }: Core, id: string) => {
  const state = selection.verdicts.get(id) ?? 'waiting';
  return { state, reason: VERDICTS[state] };
};

export type Status = ReturnType<typeof statusOf>;
export type Sources = ReturnType<typeof sourcesOf>;

/** What an operator sees of the gateway, as JSON: units in the names, words as everywhere else. */
import { uncertainty } from '#contract/interval.ts';
import { between, type MonoNanos, nanos } from '#contract/time.ts';
import { type Core, clockOf, isLeapListExpired } from '../core/state.ts';
import { budgetOf } from '../discipline/budget.ts';
import { type Clock, isUsable, readClock } from '../discipline/clock.ts';
import type { takeLookWithin } from '../discipline/jump.ts';
import { newSystemClock, type SystemClock } from '../discipline/system-clock.ts';
import type { ServerCounters } from '../protocol/server-counters.ts';
import type { EdgeCheck } from '../publish/edge-check.ts';
import type { Publisher } from '../publish/publisher.ts';
import { authenticationOf } from './authentication.ts';
import { iso, milliseconds, toldOf } from './figures.ts';
import { sourcesOf } from './sources.ts';
import { systemClockOf } from './system-clock.ts';

type Words = Readonly<Record<string, number>>;
/** How what runs stands to the file. */
export type Configuration = {
  /** Since it was last taken up, as far as it can be. */
  readonly loadedSecondsAgo: number;
  /** Why the file, as it was when last looked at, was not; null where it was. */
  readonly fault: string | null;
  /** Keys in which the file says otherwise than what runs: they count from the next start on. */
  readonly needsRestart: readonly string[];
};
type Served = { readonly [What in 'keyExchanges' | 'roughtime' | 'pulls']?: Words | undefined } & {
  readonly certificateValidUntil?: string | undefined;
  readonly stateDir?: StateDir | undefined;
  /** Files that cannot be used as they are now, while what was read of them before goes on: why, by path. */
  readonly fileFaults?: Readonly<Record<string, string>>;
  readonly threads?: Threads | undefined;
  readonly configuration?: Configuration;
  /** Ids: of the key that signs, and of the one that is to follow it. */
  readonly key?: { readonly id: string; readonly next: string | undefined } | undefined;
  /** The host's clocks, read just now. */
  readonly host?: ReturnType<typeof takeLookWithin>;
  /** The host's own, and what is done with it. */
  readonly systemClock?: SystemClock;
};

/** How often a thread of which program failed; and how many are failing now, or have run for less than a minute since. */
export type Threads = { readonly failures: Readonly<Record<string, number>>; readonly failing: number };

/**
 * What is not written to the state directory at present: why, by path; how often something was not; and which of its files this run
 * found damaged, and does without.
 */
export type StateDir = {
  readonly faults: Readonly<Record<string, string>>;
  readonly failures: number;
  readonly damaged: Readonly<Record<string, string>>;
};

/**
 * @param server - absent where nothing is listened on.
 * @param served - the key that signs; key exchanges, by which certificate, Roughtime requests and edges' questions; absent where they are not served.
 */
export const statusOf = (
  core: Core,
  server: ServerCounters | undefined,
  now: MonoNanos,
  {
    key,
    keyExchanges,
    certificateValidUntil,
    roughtime,
    pulls,
    stateDir,
    fileFaults,
    threads,
    configuration,
    host,
    systemClock,
  }: Served = {},
) => {
  const { config, epoch, jumps, publishers, sources } = core;
  const clock = clockOf(core);
  const reading = clock && readClock(clock, now);
  const secondsSince = (at: MonoNanos | undefined) =>
    at === undefined ? undefined : Math.round(between(at, now) / 1e9);
  return {
    gateway: config.id,
    key,
    epoch,
    uptimeSeconds: Math.floor(between(core.startedAt, now) / 1e9),
    /** False also while the host's own clock stands in. */
    synchronized: Boolean(clock?.synchronized && reading && isUsable(clock, reading)),
    /** How many sources are in which state. */
    sourceStates: sourceStatesOf(core, now),
    clock: clock &&
      reading && {
        ...toldOf(reading),
        ...hostOffset(clock, host),
        standardDeviationMs: milliseconds(clock.standardDeviation),
        frequencyPpm: ppm(clock.frequency),
        frequencyBoundsPpm: [ppm(clock.frequencyBounds.least), ppm(clock.frequencyBounds.greatest)],
        stratum: clock.server.stratum,
        referenceId: clock.server.referenceId.toString(16).padStart(8, '0'),
        rootDelayMs: milliseconds(clock.server.rootDelay),
        /** As the LAN is told: with half of the root delay it reaches to the farther end. */
        rootDispersionMs: milliseconds(
          nanos(Math.max(uncertainty(reading, reading.time) - clock.server.rootDelay / 2, 0)),
        ),
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
    /** Absent where the host's clock is let be. */
    systemClock: systemClockOf(config.systemClock, systemClock ?? newSystemClock()),
    leapFile: leapFileOf(core),
    configuration,
    jumps,
    state: stateDir && {
      directory: config.stateDir,
      writable: Object.keys(stateDir.faults).length === 0,
      faults: stateDir.faults,
      failures: stateDir.failures,
      damaged: stateDir.damaged,
    },
    fileFaults,
    threads,
    requireNts: config.requireNts === true,
    nts: [...sources.values()].flatMap((source) => {
      const authentication = authenticationOf(source, now);
      return authentication.by === 'nts' ? [{ id: source.id, ...authentication }] : [];
    }),
    server,
    keyExchanges,
    certificateValidUntil,
    roughtime,
    pulls,
    publish: [...publishers].map(([url, publisher]) => ({
      url,
      outcome: publisher.outcome,
      /** How long ago the last sample had that outcome. */
      outcomeSecondsAgo: secondsSince(publisher.outcomeAt),
      /** In this epoch. */
      samples: publisher.sequence,
      /** Of all that this run has sent, and how long ago the last; absent where none was. */
      taken: publisher.taken,
      takenSecondsAgo: secondsSince(publisher.takenAt),
      failuresInARow: publisher.failures,
      edgeUncertaintyMs: edgeUncertainty(publisher),
      counters: publisher.counters,
      check: checkOf(core.checks.get(url), now),
    })),
  };
};

const edgeUncertainty = ({ reading: bound }: Publisher): number | undefined =>
  bound && Number(bound.latestUnixNs - bound.earliestUnixNs) / 2e6;

const sourceStatesOf = (core: Core, now: MonoNanos): Words => {
  const byState = Map.groupBy(sourcesOf(core, now), ({ state }) => state);
  return Object.fromEntries([...byState].map(([state, { length }]) => [state, length]));
};

/** What the edge says when it is asked as any caller asks it; absent before it has taken a sample. */
const checkOf = (check: EdgeCheck | undefined, now: MonoNanos) =>
  check && {
    outcome: check.outcome,
    detail: check.detail,
    secondsAgo: check.at === undefined ? null : Math.round(between(check.at, now) / 1e9),
    checks: Object.values(check.counters).reduce((sum, times) => sum + times, 0),
    violations: check.counters.violation ?? 0,
    /** Edge − gateway, of the last answer that was judged: the best guesses, and by how much the intervals fail to touch. */
    offsetMs: check.compared && milliseconds(check.compared.offset),
    beyondMs: check.compared && milliseconds(check.compared.beyond),
    counters: check.counters,
  };

const hostOffset = (clock: Clock, host: Served['host']) =>
  host && {
    /** The host's wall clock less this one: positive where it is fast. */
    hostOffsetMs: milliseconds(between(readClock(clock, host.middle).time, host.look.wall)),
    /** So far from the same moment the two may have been read, where the process was held up in between. */
    hostApartMs: milliseconds(nanos(host.gap)),
  };

const leapFileOf = (core: Core) => {
  const { config, leapList, leapFault: fault } = core;
  if (config.leapFile === undefined) return undefined;
  return { path: config.leapFile, fault, expires: leapList && iso(leapList.expires), expired: isLeapListExpired(core) };
};

const ppm = (ratio: number): number => Math.round(ratio * 1e9) / 1e3;

export type Status = ReturnType<typeof statusOf>;

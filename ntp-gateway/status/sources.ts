/** What an operator sees of each source, as JSON: what it says, and why it is or is not selected. */
import { roundTrip } from '#contract/exchange.ts';
import { uncertainty } from '#contract/interval.ts';
import { between, type MonoNanos } from '#contract/time.ts';
import { type Core, clockOf } from '../core/state.ts';
import { readClock } from '../discipline/clock.ts';
import { type Estimator, estimate } from '../discipline/estimator.ts';
import { VERDICTS } from '../discipline/selection.ts';
import type { Membership } from '../membership.ts';
import { pollOf } from '../protocol/poll.ts';
import { REACH_SECONDS } from '../protocol/reference-clock.ts';
import { authenticationOf } from './authentication.ts';
import { boundMilliseconds, milliseconds } from './figures.ts';

export const sourcesOf = (core: Core, now: MonoNanos) => {
  const clock = clockOf(core);
  const ours = clock && readClock(clock, now);
  const taughtBy = (estimator: Estimator | undefined) => {
    const theirs = estimator && estimate(estimator, now, core.oscillator);
    const newest = estimator?.newest;
    return {
      /** Theirs − ours: positive where the gateway's clock is behind this source. */
      offsetMs: theirs && ours && milliseconds(between(ours.time, theirs.time)),
      uncertaintyMs: theirs && boundMilliseconds(uncertainty(theirs.interval, theirs.time)),
      /** The round trip of the newest answer, less what the server took for it. */
      delayMs: newest && milliseconds(roundTrip(newest.exchange)),
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
export const UNRESOLVED = {
  state: 'unresolved',
  reason: 'its name gives no address so far; asked again within 64 s',
} as const;

const verdictOf = ({ selection }: Core, id: string) => {
  const state = selection.verdicts.get(id) ?? 'waiting';
  return { state, reason: VERDICTS[state] };
};

export type Sources = ReturnType<typeof sourcesOf>;

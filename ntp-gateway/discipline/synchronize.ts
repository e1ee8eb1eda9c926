/** All that the sources have said → the line that the virtual clock follows from now on. */
import { roundTrip } from '#contract/exchange.ts';
import { type Interval, uncertainty, width } from '#contract/interval.ts';
import { after, type MonoNanos, nanos } from '#contract/time.ts';
import type { LeapList } from '../wire/leap-list.ts';
import { type Clock, type Drawn, drawLine, type Upstream } from './clock.ts';
import { combine } from './combine.ts';
import { type Estimator, estimate } from './estimator.ts';
import { decideLeap, type LeapWord } from './leap.ts';
import type { KnownFrequency, Oscillator } from './oscillator.ts';
import { type Candidate, type Chosen, type Selection, select } from './selection.ts';

/** A source as far as the clock is concerned. */
export type Contributor = Omit<Candidate, 'estimate'> & {
  /** By which our own clients know it, RFC 5905 §7.3. */
  readonly referenceId: number;
  /** Where it stands in the network: sources with the same word share a path. */
  readonly path: string;
  /** Gateways and edges that its time came through, where it says so. */
  readonly lineage?: readonly string[];
  readonly estimator?: Estimator;
};

export type SynchronizeConfig = {
  readonly precision: number;
  readonly minSources: number;
  readonly requireNts?: boolean;
  readonly leapList?: LeapList | undefined;
};

/**
 * @param before - the line so far, whose system peer is kept while it is good.
 * @returns no line without a majority.
 */
export const synchronize = (
  contributors: readonly Contributor[],
  now: MonoNanos,
  oscillator: Oscillator,
  { precision, minSources, requireNts, leapList }: SynchronizeConfig,
  before?: Clock,
): { readonly selection: Selection; readonly line?: Drawn; readonly known?: KnownFrequency } => {
  const selection = select(
    contributors.map(({ estimator, ...others }) => ({
      ...others,
      ...(estimator && { estimate: estimate(estimator, now, oscillator) }),
    })),
    minSources,
    requireNts,
  );
  if (!selection.majority) return { selection };
  const { interval, members } = selection.majority;
  const byId = new Map(contributors.map((one) => [one.id, one]));
  const selected = members.map((member) => ({ member, contributor: byId.get(member.id)! }));
  const combined = combine(
    selected.map(({ member: { estimate, options }, contributor: { path } }) => ({
      estimate,
      path,
      prefer: options.prefer === true,
    })),
    interval,
  );
  const leap = decideLeap(leapList, selected.map(leapWord), interval.latest);
  const upstream = { ...describeUpstream(selected, interval, before), leap: leap.notice };
  const lineage = [...new Set(selected.flatMap(({ contributor }) => contributor.lineage ?? []))];
  const others = {
    sourcesTotal: contributors.length,
    sourcesSelected: members.length,
    leap,
    ...(lineage.length > 0 && { lineage }),
  };
  const line = drawLine(now, combined, upstream, others, precision);
  return { selection, line, known: { ...combined.frequencyBounds, wander: combined.wander, at: now } };
};

type Selected = { readonly member: Chosen; readonly contributor: Contributor };

const leapWord = ({ contributor }: Selected): LeapWord => {
  const { leap, exchange } = contributor.estimator!.newest;
  return { leap, at: exchange.t3 };
};

/** Another system peer must be this much better: two that are alike would take turns, and our clients see us hop. */
const CLEARLY_BETTER = 0.7;

const distance = ({ member: { estimate } }: Selected): number => uncertainty(estimate.interval, estimate.time);

/** RFC 5905 §11.2.3: stratum, reference id and root delay are those of the system peer, here the tightest source. */
const describeUpstream = (
  selected: readonly Selected[],
  interval: Interval,
  before: Clock | undefined,
): Omit<Upstream, 'leap'> => {
  const preferred = selected.filter(({ member }) => member.options.prefer);
  const able = preferred.length > 0 ? preferred : selected;
  const tightest = able.reduce((best, one) => (distance(one) < distance(best) ? one : best));
  const kept = able.find(({ contributor }) => contributor.referenceId === before?.server.referenceId);
  const peer = kept && distance(tightest) > CLEARLY_BETTER * distance(kept) ? kept : tightest;
  const { estimator, referenceId } = peer.contributor;
  const { newest } = estimator!;
  const { early, late } = peer.member.estimate;
  const delay = Math.max(0, roundTrip(newest.exchange));
  return {
    stratum: newest.stratum + 1,
    referenceId,
    referenceTime: after(newest.exchange.t3, nanos(delay / 2)),
    // Not the newest delay, which may be a slow one, but the quicker of those that the bound rests on; and no more than that
    // bound, since half of it is a part of the distance that we state.
    rootDelay: nanos(Math.min(newest.rootDelay + 2 * Math.min(early.path, late.path), width(interval))),
  };
};

/** All that the sources have said → the line that the virtual clock follows from now on. */
import { roundTrip } from '#contract/exchange.ts';
import { uncertainty } from '#contract/interval.ts';
import { type MonoNanos, type Nanos, nanos } from '#contract/time.ts';
import type { LeapList } from '../wire/leap-list.ts';
import { type Drawn, drawLine, type Upstream } from './clock.ts';
import { combine } from './combine.ts';
import { type Estimator, estimate } from './estimator.ts';
import { decideLeap, type LeapWord } from './leap.ts';
import { type Candidate, type Selection, select } from './selection.ts';

/** A source as far as the clock is concerned. */
export type Contributor = Omit<Candidate, 'estimate'> & {
  /** By which our own clients know it, RFC 5905 §7.3. */
  readonly referenceId: number;
  readonly estimator?: Estimator;
};

/** @returns no line without a majority. */
export const synchronize = (
  contributors: readonly Contributor[],
  now: MonoNanos,
  maxDrift: number,
  precision: number,
  leapList?: LeapList,
): { readonly selection: Selection; readonly line?: Drawn } => {
  const selection = select(
    contributors.map(({ estimator, ...others }) => ({
      ...others,
      ...(estimator && { estimate: estimate(estimator, now, maxDrift) }),
    })),
  );
  if (!selection.majority) return { selection };
  const { interval, members } = selection.majority;
  const combined = combine(
    members.map(({ estimate }) => estimate),
    interval,
  );
  const leap = decideLeap(leapList, leapWords(contributors, selection), interval.latest);
  const upstream = { ...describeUpstream(contributors, members), leap: leap.notice };
  const others = { sourcesTotal: contributors.length, sourcesSelected: members.length, leap };
  return { selection, line: drawLine(now, combined, upstream, others, precision) };
};

/** What the selected sources announced. */
const leapWords = (contributors: readonly Contributor[], { verdicts }: Selection): readonly LeapWord[] =>
  contributors
    .filter(({ id }) => verdicts.get(id) === 'selected')
    .map(({ estimator }) => ({ leap: estimator!.newest.leap, at: estimator!.newest.exchange.t3 }));

/** RFC 5905 §11.2.3: stratum, reference id and root delay are those of the system peer, here the tightest source. */
const describeUpstream = (
  contributors: readonly Contributor[],
  members: NonNullable<Selection['majority']>['members'],
): Omit<Upstream, 'leap'> => {
  const half = ({ estimate }: (typeof members)[number]): Nanos => uncertainty(estimate.interval, estimate.time);
  const tightest = members.reduce((best, one) => (half(one) < half(best) ? one : best));
  const peer = contributors.find(({ id }) => id === tightest.id)!;
  const { newest, facts } = peer.estimator!;
  return {
    stratum: newest.stratum + 1,
    referenceId: peer.referenceId,
    referenceTime: facts.at(-1)!.middle,
    rootDelay: nanos(newest.rootDelay + Math.max(0, roundTrip(newest.exchange))),
  };
};

/** All that the sources have said → the line that the virtual clock follows from now on. */
import { roundTrip } from '#contract/exchange.ts';
import { uncertainty } from '#contract/interval.ts';
import { type MonoNanos, type Nanos, nanos } from '#contract/time.ts';
import { type Drawn, drawLine, type Upstream } from './clock.ts';
import { combine } from './combine.ts';
import { type Estimator, estimate } from './estimator.ts';
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
  const counts = { sourcesTotal: contributors.length, sourcesSelected: members.length };
  const upstream = describeUpstream(contributors, members);
  return { selection, line: drawLine(now, combined, upstream, counts, precision) };
};

/** RFC 5905 §11.2.3: stratum, reference id and root delay are those of the system peer, here the tightest source. */
const describeUpstream = (
  contributors: readonly Contributor[],
  members: NonNullable<Selection['majority']>['members'],
): Upstream => {
  const half = ({ estimate }: (typeof members)[number]): Nanos => uncertainty(estimate.interval, estimate.time);
  const tightest = members.reduce((best, one) => (half(one) < half(best) ? one : best));
  const selected = contributors.filter(({ id }) => members.some((member) => member.id === id));
  const peer = selected.find(({ id }) => id === tightest.id)!;
  const { newest, facts } = peer.estimator!;
  const leaps = selected.map(({ estimator }) => estimator!.newest.leap);
  const announced = (leap: 'insert' | 'delete') => 2 * leaps.filter((one) => one === leap).length > leaps.length;
  return {
    leap: announced('insert') ? 'insert' : announced('delete') ? 'delete' : 'none',
    stratum: newest.stratum + 1,
    referenceId: peer.referenceId,
    referenceTime: facts.at(-1)!.middle,
    rootDelay: nanos(newest.rootDelay + Math.max(0, roundTrip(newest.exchange))),
  };
};

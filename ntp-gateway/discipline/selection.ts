/** Many sources → those that agree, and the interval that holds UTC if a majority of them tells the truth (A1). */
import { agree, type Interval, intersect, majority, width } from '#contract/interval.ts';
import { type Nanos, seconds } from '#contract/time.ts';
import type { SelectOptions } from '../config.ts';
import type { SourceEstimate } from './estimator.ts';

/**
 * Beyond this root distance a clock is no use as a source, and ours says LI 3. RFC 5905 §7.2 MAXDIST is 1 s; half a second
 * more, as NTPsec has it, carries a good clock through a leap second.
 */
export const MAX_DISTANCE: Nanos = seconds(1.5);

export type Candidate = {
  readonly id: string;
  /** Absent before its first measurement. */
  readonly estimate?: SourceEstimate;
  /** A valid reply to one of its last eight polls. */
  readonly reachable: boolean;
  /** Still in its first burst: it may yet speak, so it counts among those of whom a majority is asked. */
  readonly pending: boolean;
  /** Its replies are of smeared time now, and taught nothing. */
  readonly smeared?: boolean;
  /** Nobody on the path to it can speak in its name. */
  readonly authenticated?: boolean;
  /** Of those with the same word the first that can vote does: they would all repeat the mistake of one. None where they differ. */
  readonly voteOf?: string;
  readonly options: SelectOptions;
};

export type Verdict =
  | 'selected'
  | 'falseticker'
  | 'no-majority'
  | 'too-few'
  | 'too-distant'
  | 'too-jittery'
  | 'unreachable'
  | 'waiting'
  | 'noselect'
  | 'smears'
  | 'unauthenticated'
  | 'repeats'
  | 'contradicted'
  | 'orphan';

/** Each verdict in words, for the operator. */
export const VERDICTS: Record<Verdict, string> = {
  selected: 'agrees with the majority',
  falseticker: 'its interval does not touch the one that the majority agrees on',
  'no-majority': 'no majority of the sources agrees on any time',
  'too-few': 'fewer sources agree than min_sources asks for',
  'too-distant': 'root distance over 1.5 s',
  'too-jittery': 'its replies scatter by more than 1 s',
  unreachable: 'no valid reply to the last eight polls',
  waiting: 'no valid reply yet, from it or from others that are waited for',
  noselect: 'watched only, as noselect says',
  smears: 'within 12 h of a leap second its clock is smeared, as smears says',
  unauthenticated: 'it has neither nts nor a key, and require_nts stands in [gateway]',
  repeats: 'a source before it has the same gateway_key, and the one vote of both',
  contradicted: 'another source with the same gateway_key excludes what it says: neither has a vote',
  orphan: 'its stratum is that of [local] or more: it serves its own clock, or follows one that does',
};

export type Chosen = Candidate & { readonly estimate: SourceEstimate };
export type Selection = {
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Absent while there is no majority. */
  readonly majority?: { readonly interval: Interval; readonly members: readonly Chosen[] };
};

/** Beyond this standard deviation the estimate is no use; chrony's `maxjitter`. */
const MAX_JITTER: Nanos = seconds(1);

/**
 * @param minSources - how many must agree at least, 1 or more.
 * @param requireNts - who does not authenticate itself has no vote.
 */
export const select = (candidates: readonly Candidate[], minSources = 1, requireNts = false): Selection => {
  const verdicts = new Map<string, Verdict>();
  const able: Chosen[] = [];
  const isBarred = ({ authenticated }: Candidate): boolean => requireNts && !authenticated;
  for (const candidate of candidates) {
    const { id, estimate } = candidate;
    const flaw = isBarred(candidate) ? 'unauthenticated' : flawOf(candidate);
    if (flaw) verdicts.set(id, flaw);
    else able.push({ ...candidate, estimate: estimate! });
  }
  // Who has fallen silent has no vote beside those who speak; where all have, their last words are what there is.
  const reachable = able.filter((candidate) => candidate.reachable);
  const heard = reachable.length > 0 ? reachable : able;
  for (const { id } of able) verdicts.set(id, 'unreachable');

  const split = heard.filter((one) => heard.some((other) => repeats(one, other) && excludes(one, other)));
  const isSplit = (one: Candidate): boolean => split.some((other) => repeats(one, other));
  for (const one of heard) verdicts.set(one.id, isSplit(one) ? 'contradicted' : 'repeats');
  const isFirst = (one: Candidate, i: number): boolean => !heard.slice(0, i).some((earlier) => repeats(one, earlier));
  const distinct = heard.filter((one, i) => isFirst(one, i) && !isSplit(one));
  const trusted = distinct.filter(({ options }) => options.trust);
  const voters = trusted.length > 0 ? trusted : distinct;
  const isMissed = (one: Candidate): boolean =>
    !isBarred(one) && isWaitedFor(one, trusted.length > 0) && !distinct.some((other) => repeats(one, other));
  const waitedFor = candidates.filter(isMissed).length;
  const interval = agree(
    voters.map(({ estimate }) => estimate.interval),
    majority(voters.length + waitedFor),
  );
  if (!interval) {
    for (const { id } of distinct) verdicts.set(id, waitedFor > 0 ? 'waiting' : 'no-majority');
    return { verdicts };
  }
  const members = distinct.filter(({ estimate }) => intersect(estimate.interval, interval));
  for (const { id } of distinct) verdicts.set(id, 'falseticker');
  for (const { id } of members) verdicts.set(id, members.length < minSources ? 'too-few' : 'selected');
  return members.length < minSources ? { verdicts } : { verdicts, majority: { interval, members } };
};

const repeats = (one: Candidate, other: Candidate): boolean => one.voteOf !== undefined && one.voteOf === other.voteOf;

const excludes = (one: Chosen, other: Chosen): boolean => !intersect(one.estimate.interval, other.estimate.interval);

/** Why this source has no vote; undefined where it may have one. */
const flawOf = ({ estimate, reachable, pending, smeared, options }: Candidate): Verdict | undefined => {
  if (options.noselect) return 'noselect';
  if (smeared) return reachable ? 'smears' : 'unreachable';
  if (!estimate) return pending || reachable ? 'waiting' : 'unreachable';
  if (width(estimate.interval) > 2 * MAX_DISTANCE) return 'too-distant';
  return estimate.standardDeviation > MAX_JITTER ? 'too-jittery' : undefined;
};

const isWaitedFor = ({ estimate, pending, smeared, options }: Candidate, trustedOnly: boolean): boolean =>
  pending && !estimate && !smeared && !options.noselect && (!trustedOnly || options.trust === true);

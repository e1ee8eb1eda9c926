/** Many sources → those that agree, and the interval that holds UTC if a majority of them tells the truth (A1). */
import { agree, type Interval, intersect, majority, width } from '#contract/interval.ts';
import { type Nanos, seconds } from '#contract/time.ts';
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
};

export type Verdict = 'selected' | 'falseticker' | 'no-majority' | 'too-distant' | 'unreachable' | 'waiting';

/** Each verdict in words, for the operator. */
export const VERDICTS: Record<Verdict, string> = {
  selected: 'agrees with the majority',
  falseticker: 'its interval does not touch the one that the majority agrees on',
  'no-majority': 'no majority of the sources agrees on any time',
  'too-distant': 'root distance over 1.5 s',
  unreachable: 'no valid reply to the last eight polls',
  waiting: 'no valid reply yet',
};

type Chosen = Candidate & { readonly estimate: SourceEstimate };
export type Selection = {
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Absent while there is no majority. */
  readonly majority?: { readonly interval: Interval; readonly members: readonly Chosen[] };
};

export const select = (candidates: readonly Candidate[]): Selection => {
  const verdicts = new Map<string, Verdict>();
  const able: Chosen[] = [];
  for (const candidate of candidates) {
    const { id, estimate, reachable, pending } = candidate;
    if (estimate && width(estimate.interval) <= 2 * MAX_DISTANCE) able.push({ ...candidate, estimate });
    else verdicts.set(id, estimate ? 'too-distant' : pending || reachable ? 'waiting' : 'unreachable');
  }
  // Who has fallen silent has no vote beside those who speak; where all have, their last words are what there is.
  const reachable = able.filter((candidate) => candidate.reachable);
  const voters = reachable.length > 0 ? reachable : able;
  for (const { id } of able) verdicts.set(id, 'unreachable');

  const waitedFor = candidates.filter(({ estimate, pending }) => pending && !estimate).length;
  const interval = agree(
    voters.map(({ estimate }) => estimate.interval),
    majority(voters.length + waitedFor),
  );
  if (!interval) {
    for (const { id } of voters) verdicts.set(id, waitedFor > 0 ? 'waiting' : 'no-majority');
    return { verdicts };
  }
  const members = voters.filter(({ estimate }) => intersect(estimate.interval, interval));
  for (const { id } of voters) verdicts.set(id, 'falseticker');
  for (const { id } of members) verdicts.set(id, 'selected');
  return { verdicts, majority: { interval, members } };
};

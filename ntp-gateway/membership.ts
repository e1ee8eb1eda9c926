/** A name in the configuration and the servers that stand for it: who is taken on, who has to go, when DNS is asked. */
import { after, type MonoNanos, type Nanos, nanos, seconds } from '#contract/time.ts';
import { isAddress } from './config/addresses.ts';
import type { SourceConfig } from './config.ts';
import type { Verdict } from './discipline/selection.ts';
import type { Resolved, Source } from './source.ts';

export type Membership = {
  readonly id: string;
  readonly config: SourceConfig;
  /** An address that is written out stands for one server, whatever that does. */
  readonly isLiteral: boolean;
  /** What DNS said last; those that are not members are the reserve. Absent while the name is unresolved. */
  readonly addresses?: readonly Resolved[];
  /** A question is under way. */
  readonly isAsking: boolean;
  /** Not before this is DNS asked: from then on where a server is missing, at `refreshAt` in any case. */
  readonly askFrom: MonoNanos;
  readonly refreshAt: MonoNanos;
  /** The longest that `askFrom` can have been away from the last answer; 0 once nothing was missing at the end of it. */
  readonly wait: Nanos;
  readonly resting: readonly Resting[];
};

/** A server that was let go. Until `until` it is not taken on again. */
export type Resting = {
  readonly id: string;
  readonly address: string;
  readonly verdict: Verdict;
  readonly until: MonoNanos;
};

/** chrony's number too. A server that is not there has lost half of its first burst by then. */
const MANY_BAD_POLLS = 4;
const BAD: ReadonlySet<Verdict | undefined> = new Set<Verdict>([
  'falseticker',
  'unreachable',
  'too-distant',
  'too-jittery',
]);

/** Between two questions, the least and the most: while DNS gives nothing, which is most often the network at boot … */
const WAITS_UNANSWERED = [seconds(2), seconds(64)] as const;
/** … and when it answers, which it does with the same for a minute or more. At most as rarely as servers are polled. */
const WAITS_ANSWERED = [seconds(64), seconds(1_024)] as const;
/** One to two weeks: what is in reserve must not be much older than the pools' own lists. chrony's default is the latter. */
const LONGEST_REFRESH = seconds(14 * 86_400);
/** Long beside an outage of a server's own, short beside the days that a name with two addresses could do without. */
const REST = seconds(3_600);

/** Fewer where dice fall high, so that gateways that started together part. @param jitter - uniform in [0, 1). */
const spread = (longest: Nanos, jitter: number): Nanos => nanos(longest * (1 - jitter / 2));

export const newMembership = (config: SourceConfig, now: MonoNanos): Membership => ({
  id: `${config.name}:${config.port}`,
  config,
  isLiteral: isAddress(config.host),
  isAsking: false,
  askFrom: now,
  refreshAt: now,
  wait: nanos(0),
  resting: [],
});

/**
 * A failed key exchange, with no cookie left, is worth as many as it takes: TCP has asked for seconds, and the next is minutes away.
 *
 * @param verdict - at the end of one of its own polls. Nobody is blamed where there is no majority.
 */
export const countBadPoll = (source: Source, verdict: Verdict | undefined): Source => {
  const { reach, keys } = source.association;
  const isOfNoUse = BAD.has(verdict) || (verdict === 'noselect' && reach === 0);
  const polls = keys?.fault && keys.cookies === 0 ? MANY_BAD_POLLS : 1;
  return { ...source, badPolls: isOfNoUse ? source.badPolls + polls : 0 };
};

const isBad = ({ badPolls }: Source): boolean => badPolls >= MANY_BAD_POLLS;
/** As many of its polls went unanswered. Its last words may still be all that the clock rests on: another one is sought besides. */
const isSilent = ({ estimator, association }: Source): boolean =>
  estimator !== undefined && (association.reach & (2 ** MANY_BAD_POLLS - 1)) === 0;
const isWell = (source: Source): boolean =>
  source.estimator !== undefined && source.badPolls === 0 && !isSilent(source);

/** How many more servers this name could do with; those that fell silent besides are never more than it may have. */
const vacancies = ({ isLiteral, config: { maxSources } }: Membership, members: readonly Source[]): number => {
  if (isLiteral) return members.length === 0 ? 1 : 0;
  const fit = members.filter((one) => !isBad(one));
  const heard = fit.filter((one) => !isSilent(one));
  return Math.max(0, Math.min(maxSources - heard.length, 2 * maxSources - fit.length));
};

/** @param addresses - none where DNS gives none now. @param jitter - uniform in [0, 1). */
export const takeAnswer = (
  membership: Membership,
  addresses: readonly Resolved[],
  now: MonoNanos,
  jitter: number,
): Membership => {
  const [least, most] = addresses.length === 0 ? WAITS_UNANSWERED : WAITS_ANSWERED;
  const wait = nanos(Math.min(Math.max(2 * membership.wait, least), most));
  const waiting = { ...membership, isAsking: false, wait, askFrom: after(now, spread(wait, jitter)) };
  if (addresses.length === 0) return waiting;
  const refreshAt = after(now, spread(LONGEST_REFRESH, jitter));
  return { ...waiting, addresses, refreshAt };
};

export type Review = {
  readonly membership: Membership;
  readonly joining: readonly Resolved[];
  readonly leaving: readonly Source[];
  /** DNS is to be asked now. */
  readonly asks: boolean;
};

/** @param sources - of all names: a server that stands behind two names has one vote. */
export const review = (
  membership: Membership,
  sources: readonly Source[],
  verdicts: ReadonlyMap<string, Verdict>,
  now: MonoNanos,
): Review => {
  const { config, addresses = [], isAsking, askFrom, refreshAt } = membership;
  const members = sources.filter((source) => source.config === config);
  const taken = new Set(sources.filter(({ config: { port } }) => port === config.port).map(({ address }) => address));
  const resting = membership.resting.filter(({ until }) => now < until);
  const unfit = new Set([...taken, ...resting.map(({ address }) => address)]);
  const wanted = vacancies(membership, members);
  const joining = addresses.filter(({ address }) => !unfit.has(address)).slice(0, wanted);

  // Whoever is bad leaves once there is another in its place; of those that came in during an outage, the newest do.
  const surplus = Math.max(0, members.length + joining.length - config.maxSources);
  const bad = members.filter(isBad).slice(0, surplus);
  const unneeded = members.filter(isWell).slice(config.maxSources);
  const until = after(now, REST);
  const sent = bad.map(({ id, address }) => ({ id, address, verdict: verdicts.get(id) ?? 'unreachable', until }));

  const mayAsk = !isAsking && now >= askFrom;
  const asks = mayAsk && (joining.length < wanted || now >= refreshAt);
  const reviewed = { ...membership, isAsking: isAsking || asks, resting: [...resting, ...sent] };
  return {
    membership: mayAsk && !asks ? { ...reviewed, wait: nanos(0) } : reviewed,
    joining,
    leaving: [...bad, ...unneeded],
    asks,
  };
};

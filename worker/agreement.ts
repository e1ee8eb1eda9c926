/** What all gateways together say about true time as one clock of the edge is read. */
import { agree, clampInto, type Interval, intersect, width } from '#contract/interval.ts';
import type { LeapNotice } from '#contract/leap.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { Nanos } from '#contract/time.ts';
import { type Kept, sampleAge, wordOf } from './kept.ts';
import { type Assumptions, isTooFarApart, type Reader, type Statement } from './statement.ts';

export type Rules = Assumptions & {
  /** How many gateways must agree. */
  readonly quorum: number;
  /** How many of all gateways that the settings name may be wrong and the answer still right. */
  readonly mayBeWrong: number;
  /** A gateway that has been silent for longer has no vote. */
  readonly maxSampleAge: Nanos;
};

/** `spokesman` is the gateway whose bound gave the estimate. */
export type Agreement = Statement & {
  readonly spokesman: Kept;
  readonly leap: LeapNotice;
  readonly taiOffsetSeconds: number | null;
};

/** What came of one gateway's word. */
export const VERDICTS = [
  'agrees',
  /** What enough others say excludes it: it is wrong, or more of them are than the settings expect. */
  'outvoted',
  /** It has a vote, and too few say the same. */
  'undecided',
  /** Its own statements exclude each other: a broken promise, or a clock of ours is farther off than assumed. */
  'contradicts-itself',
  /** Its time came through one that another gateway's came through, or through that gateway: no word of its own. */
  'repeats',
  /** It repeats its host's clock, and others have asked somebody. */
  'unsynchronized',
  /** It has bounded no reading that this clock can be told by. */
  'untimed',
  /** Its newest sample is too old. */
  'silent',
] as const;
export type Verdict = (typeof VERDICTS)[number];

export const TOO_FAR_APART = 'two clocks of this edge stand farther apart than is assumed';

export type Outcome = {
  readonly agreement: Result<Agreement, 'no-time'>;
  /** By gateway, for all of which something is kept. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** How many gateways contradict themselves, and how many exchanges what is assumed of the clocks. */
  readonly contradictions: number;
};

/** What was agreed at a reading of our clock, and what from. */
export type Agreed = Outcome & { readonly kept: readonly Kept[]; readonly reader: Reader; readonly unixMs: number };

/**
 * A gateway that contradicts itself loses its vote instead of silencing the others, so that one broken gateway among
 * many cannot; where it is the only one, there is no answer.
 */
export const agreeNow = (kept: readonly Kept[], reader: Reader, nowUnixMs: number, rules: Rules): Outcome => {
  const verdicts = new Map<string, Verdict>(kept.map(({ gateway }) => [gateway, 'silent']));
  const judge = (gateways: readonly Kept[], verdict: Verdict): void => {
    for (const { gateway } of gateways) verdicts.set(gateway, verdict);
  };
  const fresh = kept.filter((gateway) => sampleAge(gateway, nowUnixMs) <= rules.maxSampleAge);
  if (fresh.length === 0) return { agreement: refuse('no-time', 'no fresh sample'), verdicts, contradictions: 0 };

  judge(fresh, 'untimed');
  const farApart = reader.exchanges.filter((exchange) => isTooFarApart(exchange, rules)).length;
  if (farApart > 0) {
    return { agreement: refuse('no-time', TOO_FAR_APART), verdicts, contradictions: farApart };
  }
  const independent = independentOf(fresh);
  judge(fresh, 'repeats');
  judge(independent, 'untimed');
  const votes = independent.flatMap((gateway) => voteOf(gateway, reader, nowUnixMs, rules));
  const consistent = votes.flatMap(({ common, ...vote }) => (common ? [{ ...vote, common }] : []));
  const contradicting = votes.flatMap(({ spokesman, common }) => (common ? [] : [spokesman]));
  judge(contradicting, 'contradicts-itself');
  const contradictions = contradicting.length;

  // A gateway that only repeats its host's clock does not outvote one that has asked somebody.
  const synchronized = consistent.filter(({ spokesman }) => spokesman.synchronized);
  const voters = synchronized.length > 0 ? synchronized : consistent;
  judge(spokesmen(consistent), 'unsynchronized');
  judge(spokesmen(voters), 'undecided');
  // Whoever contradicts itself is one of those that may be wrong. As many as are left of them may be among the voters,
  // and only the others' statements are sure to hold: where a gateway is missing, two that agree may include a liar,
  // and what they share need not hold true time. What either says does.
  const mayBeWrong = Math.max(0, rules.mayBeWrong - contradictions);
  const intervals = voters.map(({ common }) => common);
  const agreed = agree(intervals, rules.quorum) && agree(intervals, Math.max(1, voters.length - mayBeWrong));
  const agreeing = agreed ? voters.filter(({ common }) => intersect(common, agreed)) : [];
  const best = narrowest(agreeing);
  if (!agreed || !best) {
    const detail = explain(voters.length, rules, contradicting);
    return { agreement: refuse('no-time', detail), verdicts, contradictions };
  }
  judge(spokesmen(voters), 'outvoted');
  judge(spokesmen(agreeing), 'agrees');
  const estimate = clampInto(agreed, best.estimate);
  const leap = leapOf(spokesmen(agreeing), rules);
  const taiOffsetSeconds = taiOffsetOf(spokesmen(agreeing), rules);
  const agreement: Agreement = { ...agreed, estimate, spokesman: best.spokesman, leap, taiOffsetSeconds };
  return { agreement: ok(agreement), verdicts, contradictions };
};

/** What somebody announces, unless more deny it than may be wrong. */
const leapOf = (agreeing: readonly Kept[], { mayBeWrong }: Rules): LeapNotice => {
  const isAnnounced = (notice: LeapNotice): boolean => {
    const announcing = agreeing.filter(({ leap }) => leap === notice).length;
    return announcing > 0 && agreeing.length - announcing <= mayBeWrong;
  };
  return (['insert', 'delete'] as const).find(isAnnounced) ?? 'none';
};

/** What as many say as must agree. */
const taiOffsetOf = (agreeing: readonly Kept[], { quorum }: Rules): number | null => {
  const offsets = agreeing.flatMap(({ taiOffsetSeconds }) => taiOffsetSeconds ?? []);
  return offsets.find((offset) => offsets.filter((other) => other === offset).length >= quorum) ?? null;
};

/**
 * Lineages count, not gateways: one liar must not have the votes of all that took his time. Those nearest to their sources come
 * first; of one that shares a hop with those before it nothing more is learnt.
 */
const independentOf = (gateways: readonly Kept[]): readonly Kept[] => {
  const taken: Kept[] = [];
  for (const next of gateways.toSorted((a, b) => a.lineage.length - b.lineage.length))
    if (!taken.some(({ lineage }) => lineage.some((hop) => next.lineage.includes(hop)))) taken.push(next);
  return gateways.filter((kept) => taken.includes(kept));
};

const spokesmen = (votes: readonly { readonly spokesman: Kept }[]): readonly Kept[] =>
  votes.map(({ spokesman }) => spokesman);

const explain = (voters: number, { quorum }: Rules, contradicting: readonly Kept[]): string => {
  if (contradicting.length > 0) return `contradicts itself: ${contradicting.map(({ gateway }) => gateway).join(', ')}`;
  return voters < quorum ? `${voters} of ${quorum} gateways have timed this edge` : 'the gateways do not agree';
};

/** The tightest single statement of a gateway, and what its word leaves possible. */
type Vote = Statement & { readonly spokesman: Kept; readonly common: Interval | undefined };

/** @returns nothing where none of its bounds can be told by the reader's clock. */
const voteOf = (spokesman: Kept, reader: Reader, nowUnixMs: number, rules: Rules): readonly Vote[] => {
  const { statements, guarded } = wordOf(spokesman, reader, nowUnixMs, rules);
  const best = narrowest(statements.filter(({ bound }) => bound !== spokesman.newest));
  return best ? [{ ...best, spokesman, common: guarded }] : [];
};

const narrowest = <S extends Statement>([first, ...rest]: readonly S[]): S | undefined =>
  rest.reduce<S | undefined>((best, next) => (best && width(best) <= width(next) ? best : next), first);

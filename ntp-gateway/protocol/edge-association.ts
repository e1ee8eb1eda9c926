/**
 * Another noonmark edge, asked over HTTPS. What it answers holds true time at some instant between question and answer: an
 * exchange with a server that takes no time, and is within the answer's own ± of UTC. No connection, no clock, no dice.
 */
import { uncertainty } from '#contract/interval.ts';
import { after, type MonoNanos, nanos, seconds } from '#contract/time.ts';
import {
  ANSWER_PRECISION,
  type EdgeOutcome,
  type EdgeRefusal,
  judgeAnswer,
  nonceOf,
  type QuestionDue,
  type Traced,
  type Useless,
} from './edge-answer.ts';
import {
  type Pace,
  type PollConfig,
  paceAfterLearning,
  paceAfterLoss,
  paceAfterReply,
  paceAfterRequest,
  paceWithin,
  spacing,
  startPace,
  type Worth,
} from './poll.ts';
import type { Measurement } from './reply.ts';

export type EdgeAssociationConfig = PollConfig & {
  /** Our own name in lineages. */
  readonly gateway: string;
};

export type EdgeAssociation = {
  readonly config: EdgeAssociationConfig;
  readonly pace: Pace;
  /** As a server's: the last eight questions, the newest lowest, a bit set for each that was answered well. */
  readonly reach: number;
  /** The nonce of the question under way. */
  readonly question: string | undefined;
  readonly askedAt: MonoNanos | undefined;
  /** It was asked too often, and has not answered since. */
  readonly kiss: 'RATE' | undefined;
  /** Until then it wants to be left alone. */
  readonly restUntil?: MonoNanos;
  /** Of its last good answer. */
  readonly lineage: readonly string[];
  /** What was wrong since. */
  readonly fault?: { readonly reason: EdgeRefusal | Useless; readonly detail?: string };
  readonly counters: Readonly<Partial<Record<EdgeCounter, number>>>;
};

export type EdgeAssociationEvent =
  | QuestionDue
  /** What became of the question with this nonce. */
  | {
      readonly kind: 'answered';
      readonly now: MonoNanos;
      readonly nonce: string;
      readonly outcome: EdgeOutcome;
    };

export type EdgeAssociationAction =
  /** Answered by `answered`, whatever comes of it. */
  | { readonly kind: 'ask'; readonly nonce: string }
  | { readonly kind: 'wake'; readonly at: MonoNanos }
  /** Once it was learnt, `settleEdge` says when to wake. */
  | { readonly kind: 'measured'; readonly measurement: Measurement }
  | { readonly kind: 'dropped'; readonly reason: EdgeRefusal | Useless | 'unsolicited' };

type EdgeCounter = 'sent' | 'measured' | 'unsolicited' | EdgeRefusal | Useless;
type Step = [EdgeAssociation, EdgeAssociationAction[]];

const LONGEST_RETRY_AFTER_S = 300;

export const newEdgeAssociation = (config: EdgeAssociationConfig): EdgeAssociation => ({
  config,
  pace: startPace(config),
  reach: 0,
  question: undefined,
  askedAt: undefined,
  kiss: undefined,
  lineage: [],
  counters: {},
});

/** @param referenceId - by which our clients know this edge. */
export const stepEdgeAssociation = (state: EdgeAssociation, event: EdgeAssociationEvent, referenceId: number): Step => {
  const { question, restUntil } = state;
  if (event.kind === 'due') {
    if (question !== undefined) return [state, []]; // its answer sets the next timer
    if (restUntil !== undefined && event.now < restUntil) return [state, [{ kind: 'wake', at: restUntil }]];
    return ask(state, event);
  }
  // Of a question from before one of this host's clocks jumped.
  if (event.nonce !== question) return [count(state, 'unsolicited'), [{ kind: 'dropped', reason: 'unsolicited' }]];
  const { outcome } = event;
  const judged = outcome.ok ? judgeAnswer(outcome.value, state.config.gateway) : outcome;
  return judged.ok ? take(state, judged.value, referenceId) : lose(state, judged, event);
};

const ask = (state: EdgeAssociation, event: QuestionDue): Step => {
  const { now, jitter, nonce, secondNonce } = event;
  const question = nonceOf(nonce, secondNonce);
  const { restUntil: _, ...rested } = state;
  const pace = paceAfterRequest(state.pace, jitter, state.config);
  return [
    { ...count(rested, 'sent'), pace, reach: (state.reach << 1) & 0xff, question, askedAt: now },
    [{ kind: 'ask', nonce: question }],
  ];
};

const take = (state: EdgeAssociation, answer: Traced, referenceId: number): Step => {
  const { t1, t4, time, leap, stratum, lineage } = answer;
  const { fault: _, ...well } = count(state, 'measured');
  const pace = paceAfterReply(state.pace, state.reach, state.kiss, state.config);
  const measurement: Measurement = {
    exchange: { t1, t2: time, t3: time, t4 },
    leap,
    stratum,
    precision: ANSWER_PRECISION,
    rootDelay: nanos(0),
    // It does not say which part of its ± comes of delays: all of it may. `time` need not be the middle, so the farther end counts.
    rootDispersion: uncertainty(answer, time),
    referenceId,
    referenceTime: time,
  };
  const next = { ...well, pace, reach: state.reach | 1, question: undefined, kiss: undefined, lineage };
  return [next, [{ kind: 'measured', measurement }]];
};

/** What the last measurement was worth, once it was learnt, decides when the edge is asked again. */
export const settleEdge = (state: EdgeAssociation, worth: Worth, now: MonoNanos): Step => {
  const settled = { ...state, pace: paceAfterLearning(state.pace, worth, state.config) };
  return [settled, [wakeForNext(settled, now)]];
};

/** By other options from now on. A question that is under way sets its own timer when it ends. */
export const reconfigureEdge = (state: EdgeAssociation, config: EdgeAssociationConfig, now: MonoNanos): Step => {
  const next = { ...state, config, pace: paceWithin(state.pace, state.config, config) };
  const isIdle = state.question === undefined && state.askedAt !== undefined;
  return [next, next.pace !== state.pace && isIdle ? [wakeForNext(next, now)] : []];
};

type Refused = { readonly reason: EdgeRefusal | Useless; readonly detail?: string };

const lose = (
  state: EdgeAssociation,
  { reason, detail }: Refused,
  { now, outcome: { retryAfter = 0 } }: Extract<EdgeAssociationEvent, { kind: 'answered' }>,
): Step => {
  const kiss = reason === 'too-many-requests' ? 'RATE' : undefined;
  const pace = paceAfterLoss(state.pace, state.reach, kiss, state.config);
  const rest = Math.min(Math.max(0, retryAfter), LONGEST_RETRY_AFTER_S);
  const lost: EdgeAssociation = {
    ...count(state, reason),
    pace,
    question: undefined,
    kiss,
    fault: { reason, ...(detail !== undefined && { detail }) },
    ...(rest > 0 && { restUntil: after(now, seconds(rest)) }),
  };
  return [lost, [{ kind: 'dropped', reason }, wakeForNext(lost, now)]];
};

const wakeForNext = (
  { pace, kiss, askedAt, restUntil = askedAt! }: EdgeAssociation,
  now: MonoNanos,
): EdgeAssociationAction => {
  const next = after(askedAt!, spacing(pace, kiss)); // an answer comes after a question
  return { kind: 'wake', at: [next, restUntil, now].reduce((a, b) => (a > b ? a : b)) };
};

const count = (state: EdgeAssociation, word: EdgeCounter): EdgeAssociation => ({
  ...state,
  counters: { ...state.counters, [word]: (state.counters[word] ?? 0) + 1 },
});

/**
 * One edge, asked now and then from outside as any caller asks it: does what it says touch what we know? A check, not a source:
 * nothing of it moves our clock, and only an answer that is signed on our own word is held against it.
 */
import { after, type MonoNanos, type Nanos, nanos, seconds } from '#contract/time.ts';
import { type Clock, readClock } from '../discipline/clock.ts';
import {
  type CheckOutcome,
  type EdgeRefusal,
  nonceOf,
  type QuestionDue,
  type SignedEdgeAnswer,
} from '../protocol/edge-answer.ts';
import type { ClockReading } from '../protocol/server-state.ts';
import { type Comparison, isSure, judge } from './edge-comparison.ts';
import type { Publisher } from './publisher.ts';

export type CheckWord =
  /** It touches what we know: both can be true. */
  | 'agreed'
  /** It does not: one of both is wrong. */
  | 'violation'
  /** Our own clock could not say, or was stepped while the answer was on its way. */
  | 'unjudged'
  /** There was no answer that could be verified. */
  | EdgeRefusal;

export type EdgeCheck = {
  /** The question under way, and our line as it was asked. */
  readonly question?: { readonly nonce: string; readonly line: Clock };
  /** Of our clock, as it was last asked or put off. */
  readonly epoch?: number;
  /** What came of the last one. */
  readonly outcome: CheckWord | 'waiting';
  readonly detail?: string;
  readonly at?: MonoNanos;
  readonly compared?: Comparison;
  /** Violations since it last agreed. */
  readonly episode: number;
  /** Questions in a row that had no answer, and how many of them it refused as one too many. */
  readonly failures: number;
  readonly limited: number;
  readonly counters: Readonly<Partial<Record<CheckWord, number>>>;
};

/** What speaks for itself: the answer is signed, and by the nonce it was given after we asked. */
export type Violation = {
  readonly edge: string;
  /** The how manieth it is since the edge last agreed. */
  readonly number: number;
  readonly nonce: string;
  readonly jws: string;
  readonly gatewayKey: SignedEdgeAnswer['gatewayKey'];
  readonly said: ClockReading;
  readonly beyond: Nanos;
  readonly epoch: number;
  /** Our clock just before the question left, and when all of the answer was there. */
  readonly before: ClockReading;
  readonly after: ClockReading;
  /** Whom we had it from. */
  readonly sources: readonly string[];
};

export type EdgeCheckEvent =
  | QuestionDue
  | {
      readonly kind: 'answered';
      readonly now: MonoNanos;
      readonly jitter: number;
      readonly nonce: string;
      readonly outcome: CheckOutcome;
    };

export type EdgeCheckAction =
  /** Answered by `answered`, whatever comes of it. */
  | { readonly kind: 'ask'; readonly nonce: string }
  | { readonly kind: 'wake'; readonly at: MonoNanos }
  | { readonly kind: 'keep-violation'; readonly violation: Violation };

/** What else there is to know as an event happens. */
export type CheckContext = {
  readonly origin: string;
  /** Absent while there is none to speak of. */
  readonly clock: Clock | undefined;
  readonly publisher: Pick<Publisher, 'epoch' | 'reading'>;
  readonly sources: readonly string[];
};

type Step = [EdgeCheck, EdgeCheckAction[]];

const EVERY = seconds(60);
/** After its first good answer to a sample: by then it has our word for its key. And while there is nothing to ask about. */
export const FIRST_AFTER = seconds(10);
/** So long an isolate of the edge may go on by what we said before we were stepped: four times its `REFRESH_S`, where copies stand between. */
const UNTIL_ALL_KNOW = seconds(120);
const LONGEST_REST_S = 960;

export const newEdgeCheck = (): EdgeCheck => ({
  outcome: 'waiting',
  episode: 0,
  failures: 0,
  limited: 0,
  counters: {},
});

export const stepEdgeCheck = (state: EdgeCheck, event: EdgeCheckEvent, context: CheckContext): Step => {
  if (event.kind === 'due') return ask(state, event, context);
  const { question, ...rested } = state;
  if (!question || event.nonce !== question.nonce) return [state, []];
  const { outcome, now } = event;
  if (!outcome.ok) return lose(rested, event, outcome);
  const judged = judge(outcome.value, question.line, context.clock);
  if (!judged) return [note(rested, 'unjudged', now), [wakeAfter(EVERY, event)]];
  const { compared, ...readings } = judged;
  const heard = { ...rested, compared, failures: 0, limited: 0 };
  if (compared.beyond === 0) return [{ ...note(heard, 'agreed', now), episode: 0 }, [wakeAfter(EVERY, event)]];
  const number = state.episode + 1;
  const { jws, gatewayKey, time, earliest, latest } = outcome.value;
  const said = { time, earliest, latest };
  const { origin: edge, sources } = context;
  const { epoch } = question.line;
  const violation = {
    edge,
    number,
    nonce: question.nonce,
    jws,
    gatewayKey,
    said,
    beyond: compared.beyond,
    epoch,
    ...readings,
    sources,
  };
  return [
    { ...note(heard, 'violation', now), episode: number },
    [...(isWorthKeeping(number) ? [{ kind: 'keep-violation', violation } as const] : []), wakeAfter(EVERY, event)],
  ];
};

/** An edge that has taken nothing of this epoch yet may rightly say what we said before we were stepped. */
const ask = (
  state: EdgeCheck,
  { now, nonce: first, secondNonce }: QuestionDue,
  { clock, publisher }: CheckContext,
): Step => {
  if (state.question) return [state, []]; // its answer sets the next timer
  const knowsUs = publisher.reading !== undefined && publisher.epoch === clock?.epoch;
  if (!knowsUs || !isSure(clock, readClock(clock, now)))
    return [state, [{ kind: 'wake', at: after(now, FIRST_AFTER) }]];
  const { epoch } = clock;
  if (state.epoch !== undefined && state.epoch !== epoch)
    return [{ ...state, epoch }, [{ kind: 'wake', at: after(now, UNTIL_ALL_KNOW) }]];
  const nonce = nonceOf(first, secondNonce);
  return [{ ...state, epoch, question: { nonce, line: clock } }, [{ kind: 'ask', nonce }]];
};

const lose = (
  rested: Omit<EdgeCheck, 'question'>,
  event: Extract<EdgeCheckEvent, { kind: 'answered' }>,
  { reason, detail, retryAfter = 0 }: Extract<CheckOutcome, { ok: false }>,
): Step => {
  const isLimited = reason === 'too-many-requests';
  const limited = isLimited ? rested.limited + 1 : 0;
  const rest = Math.min(LONGEST_REST_S, Math.max(isLimited ? retryAfter : 0, 60 * 2 ** Math.min(limited, 4)));
  const lost = { ...note(rested, reason, event.now), failures: rested.failures + 1, limited };
  return [{ ...lost, ...(detail !== undefined && { detail }) }, [wakeAfter(seconds(rest), event)]];
};

/** Of an episode that lasts, the 1st, 2nd, 4th, 8th …: where it began is worth most. */
const isWorthKeeping = (number: number): boolean => Number.isInteger(Math.log2(number));

const note = ({ detail: _, ...state }: EdgeCheck, outcome: CheckWord, at: MonoNanos): EdgeCheck => ({
  ...state,
  outcome,
  at,
  counters: { ...state.counters, [outcome]: (state.counters[outcome] ?? 0) + 1 },
});

/** Drawn, so that gateways do not come all at once. */
const wakeAfter = (
  length: Nanos,
  { now, jitter }: { readonly now: MonoNanos; readonly jitter: number },
): EdgeCheckAction => ({
  kind: 'wake',
  at: after(now, nanos(length * (0.9 + 0.2 * jitter))),
});

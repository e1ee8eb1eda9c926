/** One upstream server, RFC 5905 §8 and §13. No socket, no clock, no dice: all three arrive inside the event. */
import { after, type MonoNanos, seconds, type UnixNanos } from '#contract/time.ts';
import { decodePacket, type NtpPacket, type PacketRefusal } from '../wire/ntp-packet.ts';
import { ntpTimestamp } from '../wire/ntp-timestamp.ts';
import {
  type Pace,
  type PollConfig,
  paceAfterLoss,
  paceAfterReply,
  paceAfterRequest,
  spacing,
  startPace,
} from './poll.ts';
import { encodeQuestion, type Question } from './question.ts';
import { judgeReply, kissCode, type Measurement, type ReplyRefusal, type ReplyStamps } from './reply.ts';
import type { ServerState } from './responder.ts';

export type { Measurement } from './reply.ts';

export type AssociationConfig = PollConfig & {
  /** Our own addresses, as RFC 5905 §7.3 makes reference ids of them. */
  readonly ownReferenceIds?: readonly number[];
};

export type AssociationEvent =
  /** The timer that was asked for has fired; also the very first event. `nonce`: 64 random bits, never 0. `jitter`: uniform in [0, 1). */
  | { readonly kind: 'due'; readonly now: MonoNanos; readonly nonce: bigint; readonly jitter: number }
  /** `at` was read just before the request was handed to the socket. */
  | { readonly kind: 'sent'; readonly at: MonoNanos }
  | { readonly kind: 'send-failed'; readonly now: MonoNanos }
  /** `approximately`: any clock's time, for the era alone. `fromServer`: its address and port are those that we asked. */
  | {
      readonly kind: 'datagram';
      readonly receivedAt: MonoNanos;
      readonly approximately: UnixNanos;
      readonly bytes: Uint8Array;
      readonly fromServer: boolean;
    };

export type AssociationRefusal = 'unsolicited' | 'wrong-server' | PacketRefusal | ReplyRefusal;

export type AssociationAction =
  /** From a new socket on a random port (RFC 9109); the one before is closed. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Listen no longer. */
  | { readonly kind: 'close' }
  /** The only timer: this one replaces the one before. */
  | { readonly kind: 'wake'; readonly at: MonoNanos }
  | { readonly kind: 'measured'; readonly measurement: Measurement }
  | { readonly kind: 'dropped'; readonly reason: AssociationRefusal };

export type AssociationCounter = 'sent' | 'send-failed' | 'timeout' | 'measured' | AssociationRefusal;

export type Association = {
  readonly config: AssociationConfig;
  readonly pace: Pace;
  /** The last eight requests, the newest lowest: a bit is set for each that was answered well. 0 is unreachable. */
  readonly reach: number;
  /** The request under way. */
  readonly question: PendingQuestion | undefined;
  readonly last: ReplyStamps | undefined;
  /** The last kiss code since the last good reply, `RATE` for one. */
  readonly kiss: string | undefined;
  readonly counters: Readonly<Partial<Record<AssociationCounter, number>>>;
};

/** `jitter` in [0, 1): how much longer than it must be the wait after this one is. */
type PendingQuestion = Question & { readonly jitter: number };
type Step = [Association, AssociationAction[]];

const REPLY_TIMEOUT = seconds(3);

export const newAssociation = (config: AssociationConfig): Association => ({
  config,
  pace: startPace(config),
  reach: 0,
  question: undefined,
  last: undefined,
  kiss: undefined,
  counters: {},
});

/** @param advertised - what we tell our own clients, to notice when this server is ourselves. */
export const stepAssociation = (state: Association, event: AssociationEvent, advertised?: ServerState): Step => {
  switch (event.kind) {
    case 'due':
      return state.question ? lose(state, state.question, event.now, 'timeout') : ask(state, event);
    case 'sent':
      return [depart(state, event.at), []];
    case 'send-failed':
      return state.question ? lose(state, state.question, event.now, 'send-failed') : [state, []];
    case 'datagram':
      return hear(state, event, advertised);
  }
};

const ask = (state: Association, { now, nonce, jitter }: Extract<AssociationEvent, { kind: 'due' }>): Step => {
  const question = { nonce: ntpTimestamp(nonce), sentAt: now, jitter };
  const pace = paceAfterRequest(state.pace);
  return [
    { ...count(state, 'sent'), pace, reach: (state.reach << 1) & 0xff, question },
    [
      { kind: 'send', bytes: encodeQuestion(question.nonce, pace.poll) },
      { kind: 'wake', at: after(now, REPLY_TIMEOUT) },
    ],
  ];
};

/** t1 moves up to the true departure, never back: a reading that came before `due` is some earlier request's. */
const depart = (state: Association, at: MonoNanos): Association =>
  state.question && at > state.question.sentAt ? { ...state, question: { ...state.question, sentAt: at } } : state;

/** Nothing good came in time. */
const lose = (state: Association, question: PendingQuestion, now: MonoNanos, why: 'timeout' | 'send-failed'): Step => {
  const pace = paceAfterLoss(state.pace, state.reach, state.kiss, state.config);
  return [{ ...count(state, why), pace, question: undefined }, [{ kind: 'close' }, wakeForNext(question, pace, now)]];
};

const hear = (
  state: Association,
  event: Extract<AssociationEvent, { kind: 'datagram' }>,
  advertised: ServerState | undefined,
): Step => {
  const { question, config, last } = state;
  if (!question) return drop(state, 'unsolicited');
  if (!event.fromServer) return drop(state, 'wrong-server');
  const packet = decodePacket(event.bytes);
  if (!packet.ok) return drop(state, packet.reason);
  const ourselves = { ownReferenceIds: config.ownReferenceIds ?? [], advertised };
  const measured = judgeReply(packet.value, question, event, last, ourselves);
  if (!measured.ok) return drop(rememberKiss(state, measured.reason, packet.value), measured.reason);

  const { receiveTimestamp, transmitTimestamp } = packet.value;
  const pace = paceAfterReply(state.pace, state.reach, state.kiss, config);
  return [
    {
      ...count(state, 'measured'),
      pace,
      reach: state.reach | 1,
      question: undefined,
      last: { receiveTimestamp, transmitTimestamp },
      kiss: undefined,
    },
    [
      { kind: 'close' },
      { kind: 'measured', measurement: measured.value },
      wakeForNext(question, pace, event.receivedAt),
    ],
  ];
};

/**
 * We go on listening: whoever can see a request can answer it first, and badly. RFC 5905 §8 would take over the bad
 * packet's stamps, which denies service (CVE-2016-9042); a kiss alone is noted, and counts if nothing better comes.
 */
const drop = (state: Association, reason: AssociationRefusal): Step => [
  count(state, reason),
  [{ kind: 'dropped', reason }],
];

const wakeForNext = ({ sentAt, jitter }: PendingQuestion, pace: Pace, now: MonoNanos): AssociationAction => {
  const next = after(sentAt, spacing(pace, jitter));
  return { kind: 'wake', at: next > now ? next : now };
};

const rememberKiss = (state: Association, reason: ReplyRefusal, packet: NtpPacket): Association =>
  reason === 'kiss-rate' || reason === 'kiss-deny' || reason === 'kiss-other'
    ? { ...state, kiss: kissCode(packet) }
    : state;

const count = (state: Association, word: AssociationCounter): Association => ({
  ...state,
  counters: { ...state.counters, [word]: (state.counters[word] ?? 0) + 1 },
});

/** One upstream server, RFC 5905 §8 and §13. No socket, no clock, no dice: all three arrive inside the event. */
import { after, type MonoNanos, seconds } from '#contract/time.ts';
import { decodePacket, type NtpPacket } from '../wire/ntp-packet.ts';
import { ntpTimestamp } from '../wire/ntp-timestamp.ts';
import type {
  AssociationAction,
  AssociationCounter,
  AssociationEvent,
  AssociationRefusal,
} from './association-event.ts';
import type { AuthenticationRefusal } from './authentication.ts';
import { type Answered, interleavedAfter } from './interleave.ts';
import {
  beginExchange,
  confirm,
  doubt,
  endExchange,
  holdCookies,
  isCertified,
  type Keys,
  keysAfterLoss,
  NO_KEYS_YET,
  outdate,
  spendCookie,
  wantsExchange,
} from './keys.ts';
import {
  type Pace,
  type PollConfig,
  paceAfterLearning,
  paceAfterLoss,
  paceAfterReply,
  paceAfterRequest,
  paceWithin,
  pollOf,
  spacing,
  startPace,
  type Worth,
} from './poll.ts';
import { encodeQuestion, type Question } from './question.ts';
import { isInterleaved, judgeReply, kissCode, type ReplyRefusal } from './reply.ts';
import type { ServerState } from './server-state.ts';

export type AssociationConfig = PollConfig & {
  /** RFC 9769 §2, where the server can. */
  readonly interleaved: boolean;
  /** Our own addresses, as RFC 5905 §7.3 makes reference ids of them. */
  readonly ownReferenceIds?: readonly number[];
  /** How the server is to authenticate itself; absent: not at all. */
  readonly authentication?: 'nts' | 'key';
};

export type Association = {
  readonly config: AssociationConfig;
  readonly pace: Pace;
  /** The last eight requests, the newest lowest: a bit is set for each that was answered well. 0 is unreachable. */
  readonly reach: number;
  /** The request under way. */
  readonly question: Question | undefined;
  readonly last: Answered | undefined;
  /** The last kiss code since the last good reply, `RATE` for one. */
  readonly kiss: string | undefined;
  /** With NTS. */
  readonly keys?: Keys;
  readonly counters: Readonly<Partial<Record<AssociationCounter, number>>>;
};

type Step = [Association, AssociationAction[]];

const REPLY_TIMEOUT = seconds(3);

export const newAssociation = (config: AssociationConfig): Association => ({
  config,
  pace: startPace(config),
  reach: 0,
  question: undefined,
  last: undefined,
  kiss: undefined,
  ...(config.authentication === 'nts' && { keys: NO_KEYS_YET }),
  counters: {},
});

/** @param advertised - what we tell our own clients, to notice when this server is ourselves. */
export const stepAssociation = (state: Association, event: AssociationEvent, advertised?: ServerState): Step => {
  switch (event.kind) {
    case 'due':
      if (state.question) return lose(state, state.question, event.now, 'timeout');
      return state.keys && wantsExchange(state.keys, event.now)
        ? askForKeys(state, state.keys, event.now)
        : ask(state, event);
    case 'keys':
      return takeKeys(state, event);
    case 'sent':
      return [depart(state, event.at), []];
    case 'send-failed':
      return state.question ? lose(state, state.question, event.now, 'send-failed') : [state, []];
    case 'datagram':
      return hear(state, event, advertised);
  }
};

const askForKeys = (state: Association, keys: Keys, now: MonoNanos): Step => {
  const { isExchanging, exchangeFrom = now } = keys;
  if (isExchanging) return [state, []];
  if (now < exchangeFrom) return [state, [{ kind: 'wake', at: exchangeFrom }]];
  return [{ ...count(state, 'key-exchange'), keys: beginExchange(keys) }, [{ kind: 'exchange-keys' }]];
};

const takeKeys = (state: Association, { now, jitter, outcome }: Extract<AssociationEvent, { kind: 'keys' }>): Step => {
  if (!state.keys?.isExchanging) return [state, []];
  const keys = endExchange(state.keys, outcome, now, jitter);
  return [{ ...state, keys }, [{ kind: 'wake', at: keys.cookies > 0 ? now : keys.exchangeFrom! }]];
};

const ask = (state: Association, event: Extract<AssociationEvent, { kind: 'due' }>): Step => {
  const { config, last, reach } = state;
  const interleaved = config.interleaved ? interleavedAfter(last, reach, ntpTimestamp(event.secondNonce)) : undefined;
  const question = { nonce: ntpTimestamp(event.nonce), sentAt: event.now, ...(interleaved && { interleaved }) };
  const pace = paceAfterRequest(state.pace, event.jitter, config);
  const keys = state.keys && spendCookie(state.keys);
  return [
    { ...count(state, 'sent'), pace, reach: (reach << 1) & 0xff, question, ...(keys && { keys }) },
    [
      { kind: 'send', bytes: encodeQuestion(question, pollOf(pace)) },
      { kind: 'wake', at: after(event.now, REPLY_TIMEOUT) },
    ],
  ];
};

/** t1 moves up to the true departure, never back: a reading that came before `due` is some earlier request's. */
const depart = (state: Association, at: MonoNanos): Association =>
  state.question && at > state.question.sentAt ? { ...state, question: { ...state.question, sentAt: at } } : state;

/** Nothing good came in time. */
const lose = (state: Association, { sentAt }: Question, now: MonoNanos, why: 'timeout' | 'send-failed'): Step => {
  const pace = paceAfterLoss(state.pace, state.reach, state.kiss, state.config);
  const keys = state.keys && keysAfterLoss(state.keys);
  const lost = { ...count(state, why), pace, question: undefined, ...(keys && { keys }) };
  return [lost, [{ kind: 'close' }, wakeForNext(lost, sentAt, now)]];
};

const hear = (
  before: Association,
  event: Extract<AssociationEvent, { kind: 'datagram' }>,
  advertised: ServerState | undefined,
): Step => {
  const { question, config, last } = before;
  if (!question) return drop(before, 'unsolicited');
  if (!event.fromServer) return drop(before, 'wrong-server');
  const { authentication = 'unauthenticated', cookies } = event;
  if (config.authentication && authentication !== 'authentic')
    return drop(rememberNak(before, authentication), authentication);
  const state = before.keys && cookies !== undefined ? { ...before, keys: holdCookies(before.keys, cookies) } : before;
  const packet = decodePacket(event.bytes);
  if (!packet.ok) return drop(state, packet.reason);
  const ourselves = { ownReferenceIds: config.ownReferenceIds ?? [], advertised };
  const measured = judgeReply(packet.value, question, event, last, ourselves);
  if (!measured.ok) return drop(rememberKiss(state, measured.reason, packet.value), measured.reason);
  if (state.keys && !isCertified(state.keys, measured.value.exchange))
    return drop({ ...state, keys: outdate(state.keys) }, 'certificate-time');

  const { leap, receiveTimestamp, transmitTimestamp, rootDelay, rootDispersion } = packet.value;
  const isOpen = isInterleaved(packet.value, question);
  // The first interleaved reply completes an exchange that its own, basic reply has completed already.
  const isNews = !isOpen || question.interleaved?.before.isOpen === true;
  const t4 = event.receivedAt;
  const heard = isOpen ? count(state, 'interleaved') : state;
  const keys = state.keys && confirm(state.keys);
  const answered: Association = {
    ...(isNews ? count(heard, 'measured') : heard),
    pace: paceAfterReply(state.pace, state.reach, state.kiss, config),
    reach: state.reach | 1,
    question: undefined,
    last: { leap, receiveTimestamp, transmitTimestamp, rootDelay, rootDispersion, t1: question.sentAt, t4, isOpen },
    kiss: undefined,
    ...(keys && { keys }),
  };
  const next = isNews
    ? ({ kind: 'measured', measurement: measured.value } as const)
    : wakeForNext(answered, question.sentAt, t4);
  return [answered, [{ kind: 'close' }, next]];
};

/** What the last measurement was worth, once it was learnt, decides when the server is asked again. */
export const settle = (state: Association, worth: Worth): Step => {
  const settled = { ...state, pace: paceAfterLearning(state.pace, worth, state.config) };
  const { t1, t4 } = state.last!; // a measurement comes with it
  return [settled, [wakeForNext(settled, t1, t4)]];
};

/**
 * By other options from now on; how the server authenticates itself must be the same. A question that is under way sets its own
 * timer when it ends.
 */
export const reconfigureAssociation = (state: Association, config: AssociationConfig, now: MonoNanos): Step => {
  const next = { ...state, config, pace: paceWithin(state.pace, state.config, config) };
  if (next.pace === state.pace || state.question) return [next, []];
  return [next, [wakeForNext(next, state.last?.t1 ?? now, now)]];
};

/**
 * We go on listening: whoever can see a request can answer it first, and badly. RFC 5905 §8 would take over the bad
 * packet's stamps, which denies service (CVE-2016-9042); a kiss alone is noted, and counts if nothing better comes.
 */
const drop = (state: Association, reason: AssociationRefusal): Step => [
  count(state, reason),
  [{ kind: 'dropped', reason }],
];

const wakeForNext = ({ pace, kiss }: Association, sentAt: MonoNanos, now: MonoNanos): AssociationAction => {
  const next = after(sentAt, spacing(pace, kiss));
  return { kind: 'wake', at: next > now ? next : now };
};

const rememberNak = (state: Association, reason: AuthenticationRefusal): Association =>
  state.keys && reason === 'nts-nak' ? { ...state, keys: doubt(state.keys) } : state;

const rememberKiss = (state: Association, reason: ReplyRefusal, packet: NtpPacket): Association =>
  reason === 'kiss-rate' || reason === 'kiss-deny' || reason === 'kiss-other'
    ? { ...state, kiss: kissCode(packet) }
    : state;

const count = (state: Association, word: AssociationCounter): Association => ({
  ...state,
  counters: { ...state.counters, [word]: (state.counters[word] ?? 0) + 1 },
});

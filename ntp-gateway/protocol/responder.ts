/**
 * A client's request → our answer: RFC 5905 §9.2 `fast_xmit`, RFC 9769 §2. The hot path: it works on words in place, for a
 * batch of datagrams at a time, and allocates nothing. No state but what is bounded: who asked how often, and when replies
 * left that an interleaved client will want to know about.
 *
 * What authenticates a reply (RFC 8915, RFC 5905 §7.3) is beside it in server-authentication.ts, and costs the others a branch.
 */
import { HEADER_SIZE, leapBits, SERVER_MODE, versionOf } from '../wire/ntp-packet.ts';
import { KISS_NTSN } from '../wire/nts.ts';
import { type ClientTable, hasRecord, noteReply, touch } from './client-table.ts';
import { asksForDeparture, newDepartures } from './departures.ts';
import { type Dice, roll } from './dice.ts';
import { newLeaving } from './leaving.ts';
import { readerOf } from './line-memory.ts';
import { isExempt, type Policy } from './policy.ts';
import { ANSWER, admit, DROP, KISS } from './rate-limit.ts';
import { describe, describeNothing, KISS_RATE, ORIGIN, POLL, PRECISION, RECEIVE, TRANSMIT } from './reply-words.ts';
import { type ClientAddress, screen } from './screening.ts';
import { DISTANCE, FRACTION, newTold, SECONDS, tell } from './served-line.ts';
import { BY_IDENTIFIER, BY_MAC, NOT_AT_ALL, type ServerAuthentication } from './server-authentication.ts';
import {
  AUTHENTICATED,
  BAD_AUTHENTICATOR,
  INTERLEAVED,
  KISSED,
  NAK,
  OVERLOADED,
  RATE_LIMITED,
  SERVED,
} from './server-counters.ts';

export type Responder = {
  /**
   * Before the first request of a batch: the clock is looked up. Moments are of the monotonic clock, s and ns.
   * @param isBehind - more comes in than is answered: until that is over, most of those who are not known are dropped.
   */
  readonly begin: (nowSeconds: number, nowNanos: number, isBehind: boolean) => void;
  /**
   * One request: `length` octets at `from`.
   * @returns how many octets at `to` are the reply to it, never more than `length`; 0: none is due.
   */
  readonly answer: (
    requests: DataView,
    from: number,
    length: number,
    client: ClientAddress,
    receivedSeconds: number,
    receivedNanos: number,
    replies: DataView,
    to: number,
  ) => number;
  /** Whether the moment at which the last reply leaves is to be told to `departed`. */
  readonly wantsStamp: () => boolean;
  /** After the last request: whether there are replies for `seal`. */
  readonly isToSeal: () => boolean;
  /**
   * Writes into those of the batch's replies that are authenticated when they leave, and seals them. Before `leave`, so that
   * no other reply waits for that between its stamp and its departure; the last call counts.
   */
  readonly seal: (replies: DataView, nowSeconds: number, nowNanos: number) => void;
  /** Writes into the others when they leave. As late as the caller can; the last call counts. */
  readonly leave: (replies: DataView, nowSeconds: number, nowNanos: number) => void;
  /** When a reply really left, never later than it did. It is named by the words of its receive timestamp, int32. */
  readonly departed: (receiveSeconds: number, receiveFraction: number, seconds: number, nanos: number) => void;
  /** The host may have slept: until a new line is drawn, its clock is not to be trusted. */
  readonly hold: () => void;
  readonly follow: (policy: Policy) => void;
};

const UNKNOWN = leapBits('unknown');

export type ResponderParts = {
  /** Of line-memory.ts. */
  readonly lines: SharedArrayBuffer;
  /** Until another is followed. */
  readonly policy: Policy;
  readonly clients: ClientTable;
  /** A row of server-counters.ts. */
  readonly counters: Float64Array;
  readonly dice: Dice;
  readonly authentication: ServerAuthentication;
  /** Requests from one `begin` to its `leave`. */
  readonly mostAtOnce: number;
};

export const makeResponder = ({
  lines,
  clients,
  counters,
  dice,
  authentication,
  mostAtOnce,
  ...first
}: ResponderParts): Responder => {
  const { line, refresh } = readerOf(lines);
  const told = newTold();
  const departures = newDepartures();
  const leaving = newLeaving(line, authentication, mostAtOnce);
  let { policy } = first;
  let nowMillis = 0;
  /** How many lines were written when the newest stopped being trusted; before the first there is none to trust. */
  let heldAt = 0;
  let isSynchronized = false;
  let epoch = -1;
  let stampWanted = false;
  let isBehind = false;

  const refuse = (word: number): 0 => {
    counters[word]!++;
    return 0;
  };

  const begin = (nowSeconds: number, nowNanos: number, behind: boolean): void => {
    const written = refresh();
    isBehind = behind;
    isSynchronized = line.leap !== UNKNOWN && written !== heldAt;
    nowMillis = (nowSeconds * 1_000 + Math.floor(nowNanos / 1e6)) | 0;
    leaving.clear();
    if (line.epoch === epoch) return;
    epoch = line.epoch;
    departures.forget();
  };

  const answer: Responder['answer'] = (requests, from, length, client, seconds, nanos, replies, to) => {
    stampWanted = false;
    let method = screen(policy, authentication, requests, from, length, client);
    if (method < 0) return refuse(~method);
    // Else the kernel would drop whoever comes next, known or not. What is dropped here costs a quarter of a reply, and does
    // not enter: a flood of forged addresses would push out those who are known.
    if (isBehind && !hasRecord(clients, client) && (roll(dice) & 0b11) !== 0) return refuse(OVERLOADED);
    const first = requests.getUint8(from);
    const record = touch(clients, client, nowMillis, first);
    const { limit } = policy;
    const verdict = limit && !isExempt(policy, client) ? admit(clients, record, limit, dice) : ANSWER;
    if (verdict === DROP) return refuse(RATE_LIMITED);
    let kiss = verdict === KISS ? KISS_RATE : 0;
    let word = verdict === KISS ? KISSED : SERVED;
    if (method >= BY_MAC) {
      const fault = authentication.check(method, requests, from);
      if (fault !== SERVED) {
        if (fault !== NAK && fault !== BAD_AUTHENTICATOR) return refuse(fault);
        kiss = KISS_NTSN;
        word = fault;
        method = BY_IDENTIFIER;
      }
    }

    tell(line, seconds, nanos, told);
    const isKnown = isSynchronized && told[DISTANCE]! <= line.limit && kiss === 0;
    if (isKnown) describe(line, replies, to);
    else describeNothing(kiss, replies, to);
    replies.setUint8(to, ((isKnown ? line.leap : UNKNOWN) << 6) | (versionOf(first) << 3) | SERVER_MODE);
    replies.setInt8(to + POLL, Math.max(requests.getInt8(from + POLL), policy.minPoll));
    replies.setInt8(to + PRECISION, line.precision);
    replies.setUint32(to + RECEIVE, told[SECONDS]!); // modulo 2^32: the era is not told
    // Odd, and transmit timestamps even, 2^-32 s off at most: a client can never take one for the other.
    replies.setUint32(to + RECEIVE + 4, told[FRACTION]! | 1);

    const departure = isKnown ? expectDeparture(requests, from, replies, to) : -1;
    const origin = from + (departure < 0 ? TRANSMIT : RECEIVE);
    replies.setInt32(to + ORIGIN, requests.getInt32(origin));
    replies.setInt32(to + ORIGIN + 4, requests.getInt32(origin + 4));
    if (departure >= 0) {
      replies.setInt32(to + TRANSMIT, departures.transmitSeconds[departure]!);
      replies.setInt32(to + TRANSMIT + 4, departures.transmitFraction[departure]!);
    }

    counters[word]!++;
    if (departure >= 0) counters[INTERLEAVED]!++;
    if (kiss === 0) noteReply(clients, record, departure >= 0);
    const place = leaving.add(to, departure >= 0, isKnown ? told[DISTANCE]! : -1, method);
    if (method === NOT_AT_ALL) return HEADER_SIZE;
    if (method >= BY_MAC && word === SERVED) counters[AUTHENTICATED]!++;
    return authentication.prepare(method, place, requests, from, replies, to);
  };

  /** @returns where the departure of the client's last reply is kept; −1 where it did not ask for it, or too late. */
  const expectDeparture = (requests: DataView, from: number, replies: DataView, to: number): number => {
    if (!asksForDeparture(requests, from)) return -1;
    stampWanted = true;
    departures.expect(replies.getInt32(to + RECEIVE), replies.getInt32(to + RECEIVE + 4));
    return departures.find(requests.getInt32(from + ORIGIN), requests.getInt32(from + ORIGIN + 4));
  };

  const departed: Responder['departed'] = (receiveSeconds, receiveFraction, seconds, nanos) => {
    tell(line, seconds, nanos, told);
    departures.left(receiveSeconds, receiveFraction, told[SECONDS]! | 0, told[FRACTION]! & ~1);
  };

  return {
    begin,
    answer,
    wantsStamp: () => stampWanted,
    isToSeal: leaving.isToSeal,
    seal: leaving.seal,
    leave: leaving.leave,
    departed,
    hold: () => {
      heldAt = refresh();
    },
    follow: (next) => {
      policy = next;
    },
  };
};

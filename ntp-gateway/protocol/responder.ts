/**
 * A client's request → our answer: RFC 5905 §9.2 `fast_xmit`, RFC 9769 §2. The hot path: it works on words in place, for a
 * batch of datagrams at a time, and allocates nothing. No state but what is bounded: who asked how often, and when replies
 * left that an interleaved client will want to know about.
 */
import { CLIENT_MODE, HEADER_SIZE, isVersion, leapBits, modeOf, SERVER_MODE, versionOf } from '../wire/ntp-packet.ts';
import { findMac, type TrailerRefusal, trailerRefusal } from '../wire/trailer.ts';
import { type ClientTable, hasRecord, noteReply, touch } from './client-table.ts';
import { newDepartures } from './departures.ts';
import { type Dice, roll } from './dice.ts';
import { isAllowed, isExempt, type Policy } from './policy.ts';
import { ANSWER, admit, DROP, KISS } from './rate-limit.ts';
import {
  describe,
  describeNothing,
  KISS_RATE,
  ORIGIN,
  POLL,
  PRECISION,
  RECEIVE,
  ROOT_DISPERSION,
  TRANSMIT,
} from './reply-words.ts';
import { DISTANCE, FRACTION, newTold, readerOf, SECONDS, tell } from './served-line.ts';
import {
  DENIED,
  INTERLEAVED,
  KISSED,
  LONG,
  MALFORMED_EXTENSION,
  MALFORMED_MAC,
  MODE,
  OVERLOADED,
  RATE_LIMITED,
  SERVED,
  SHORT,
  UNKNOWN_KEY,
  VERSION,
} from './server-counters.ts';

/** A request's sender: family (4 or 6), four words of its address (of IPv4 the first alone), port; int32 each. */
export type ClientAddress = Int32Array;

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
  /** After the last request: writes into the batch's replies when they leave. As late as the caller can; the last call counts. */
  readonly leave: (replies: DataView, nowSeconds: number, nowNanos: number) => void;
  /** When a reply really left, never later than it did. It is named by the words of its receive timestamp, int32. */
  readonly departed: (receiveSeconds: number, receiveFraction: number, seconds: number, nanos: number) => void;
  /** The host may have slept: until a new line is drawn, its clock is not to be trusted. */
  readonly hold: () => void;
  readonly follow: (policy: Policy) => void;
};

/** In a client's address. */
const PORT = 5;

const REFUSED_TRAILERS: Readonly<Record<TrailerRefusal, number>> = {
  long: LONG,
  'malformed-extension': MALFORMED_EXTENSION,
  'malformed-mac': MALFORMED_MAC,
};

const UNKNOWN = leapBits('unknown');
const NTP_PORT = 123;
/** 2^-16 s in ns. */
const SHORT_UNIT = 1e9 / 2 ** 16;

/** @param mostAtOnce - requests from one `begin` to its `leave`. */
export const makeResponder = (
  lines: SharedArrayBuffer,
  firstPolicy: Policy,
  clients: ClientTable,
  counters: Float64Array,
  dice: Dice,
  mostAtOnce: number,
): Responder => {
  const { line, refresh } = readerOf(lines);
  const told = newTold();
  const departures = newDepartures();
  /** Replies that still lack what is known on leaving: where they are, and how far off their receipt is, in ns. */
  const places = new Int32Array(mostAtOnce);
  const distances = new Float64Array(mostAtOnce);
  let pending = 0;
  let policy = firstPolicy;
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
    pending = 0;
    if (line.epoch === epoch) return;
    epoch = line.epoch;
    departures.forget();
  };

  const answer: Responder['answer'] = (requests, from, length, client, seconds, nanos, replies, to) => {
    stampWanted = false;
    if (!isAllowed(policy, client)) return refuse(DENIED);
    if (length < HEADER_SIZE) return refuse(SHORT);
    const first = requests.getUint8(from);
    const version = versionOf(first);
    if (!isVersion(version)) return refuse(VERSION);
    if (!isRequest(version, modeOf(first), client[PORT]!)) return refuse(MODE);
    if (length > HEADER_SIZE) {
      const macAt = findMac(requests, from + HEADER_SIZE, from + length, version);
      if (macAt < 0) return refuse(REFUSED_TRAILERS[trailerRefusal(macAt)]);
      // As chronyd does. An answer without MAC serves only who hopes that the client takes it.
      if (macAt < from + length) return refuse(UNKNOWN_KEY);
    }
    // Else the kernel would drop whoever comes next, known or not. What is dropped here costs a quarter of a reply, and does
    // not enter: a flood of forged addresses would push out those who are known.
    if (isBehind && !hasRecord(clients, client) && (roll(dice) & 0b11) !== 0) return refuse(OVERLOADED);
    const record = touch(clients, client, nowMillis, first);
    const { limit } = policy;
    const verdict = limit && !isExempt(policy, client) ? admit(clients, record, limit, dice) : ANSWER;
    if (verdict === DROP) return refuse(RATE_LIMITED);

    tell(line, seconds, nanos, told);
    const isKnown = isSynchronized && told[DISTANCE]! <= line.limit && verdict === ANSWER;
    if (isKnown) describe(line, replies, to);
    else describeNothing(verdict === KISS ? KISS_RATE : 0, replies, to);
    replies.setUint8(to, ((isKnown ? line.leap : UNKNOWN) << 6) | (version << 3) | SERVER_MODE);
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

    places[pending] = departure < 0 ? to : ~to;
    distances[pending++] = isKnown ? told[DISTANCE]! : -1;
    counters[verdict === KISS ? KISSED : SERVED]!++;
    if (departure >= 0) counters[INTERLEAVED]!++;
    if (verdict === ANSWER) noteReply(clients, record, departure >= 0);
    return HEADER_SIZE;
  };

  /** @returns where the departure of the client's last reply is kept; −1 where it did not ask for it, or too late. */
  const expectDeparture = (requests: DataView, from: number, replies: DataView, to: number): number => {
    const lastSeconds = requests.getInt32(from + ORIGIN);
    const lastFraction = requests.getInt32(from + ORIGIN + 4);
    // Who names one of our receive timestamps, and does not fill all its own with the same, speaks interleaved mode.
    const asks = (lastFraction & 1) === 1 && !isSameTimestamp(requests, from + RECEIVE, from + TRANSMIT);
    if (!asks) return -1;
    stampWanted = true;
    departures.expect(replies.getInt32(to + RECEIVE), replies.getInt32(to + RECEIVE + 4));
    return departures.find(lastSeconds, lastFraction);
  };

  const leave = (replies: DataView, nowSeconds: number, nowNanos: number): void => {
    tell(line, nowSeconds, nowNanos, told);
    for (let i = 0; i < pending; i++) {
      const isInterleaved = places[i]! < 0; // its transmit timestamp is the last reply's
      const at = isInterleaved ? ~places[i]! : places[i]!;
      if (distances[i]! >= 0) {
        // The interval only widens or is slewed in between: the farther of both ends bounds all of it. Half of the root
        // delay and the dispersion together reach there, rounded up.
        const farther = Math.max(distances[i]!, told[DISTANCE]!);
        const dispersion = Math.ceil(farther / SHORT_UNIT - line.rootDelay / 2);
        replies.setUint32(at + ROOT_DISPERSION, Math.min(Math.max(dispersion, 0), 0xffff_ffff));
      }
      if (isInterleaved) continue;
      replies.setUint32(at + TRANSMIT, told[SECONDS]!);
      replies.setUint32(at + TRANSMIT + 4, told[FRACTION]! & ~1);
    }
  };

  const departed: Responder['departed'] = (receiveSeconds, receiveFraction, seconds, nanos) => {
    tell(line, seconds, nanos, told);
    departures.left(receiveSeconds, receiveFraction, told[SECONDS]! | 0, told[FRACTION]! & ~1);
  };

  return {
    begin,
    answer,
    wantsStamp: () => stampWanted,
    leave,
    departed,
    hold: () => {
      heldAt = refresh();
    },
    follow: (next) => {
      policy = next;
    },
  };
};

/**
 * A client's, or one of NTPv1, whose mode bits are 0: from any port but a server's. Two servers that answer each other's
 * answers never stop.
 */
const isRequest = (version: number, mode: number, port: number): boolean =>
  mode === CLIENT_MODE || (version === 1 && mode === 0 && port !== NTP_PORT);

const isSameTimestamp = (view: DataView, a: number, b: number): boolean =>
  view.getInt32(a) === view.getInt32(b) && view.getInt32(a + 4) === view.getInt32(b + 4);

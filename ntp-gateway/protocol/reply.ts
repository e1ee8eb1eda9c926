/** Is this packet the answer to what we asked, and does it tell time? The field's tests, in the field's order. */
import { type Exchange, roundTrip } from '#contract/exchange.ts';
import type { LeapNotice } from '#contract/leap.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { between, type MonoNanos, type Nanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import { isCryptoNak } from '../wire/mac.ts';
import { type NtpPacket, SERVER_MODE } from '../wire/ntp-packet.ts';
import { ntpFromUnix, shortFromNanos, UNKNOWN_TIMESTAMP, unixFromNtp } from '../wire/ntp-timestamp.ts';
import { type Completed, completeBefore } from './interleave.ts';
import type { Question } from './question.ts';
import { blurReferenceTime, type ServerState } from './server-state.ts';

/** What an accepted reply measured: an exchange, and what the server says of itself. */
export type Measurement = {
  /** t1 and t4 by our oscillator, t2 and t3 by the server's clock. In interleaved mode, of the exchange before the reply's. */
  readonly exchange: Exchange<MonoNanos>;
  readonly leap: LeapNotice;
  /** 1 … 14; 0 for a reference clock of this host. */
  readonly stratum: number;
  /** The step or the reading time of the server's clock, whichever is larger. */
  readonly precision: Nanos;
  /** The server is within root delay / 2 + root dispersion of UTC; with `precision`, less than 16 s. */
  readonly rootDelay: Nanos;
  readonly rootDispersion: Nanos;
  /** uint32. */
  readonly referenceId: number;
  /** Meaningless where the server left it out. */
  readonly referenceTime: UnixNanos;
};

/** `receivedAt` is t4; `approximately` any clock's time, for the era alone. */
export type Receipt = { readonly receivedAt: MonoNanos; readonly approximately: UnixNanos };

/** What an accepted reply is known by. */
export type ReplyStamps = Pick<NtpPacket, 'receiveTimestamp' | 'transmitTimestamp'>;

/** What a reply shows when its time came from us. */
export type Ourselves = {
  /** RFC 5905 §7.3: what servers that follow us state as their reference, by our addresses. */
  readonly ownReferenceIds: readonly number[];
  /** What we tell our own clients: whoever says just the same is us, behind another address. */
  readonly advertised: ServerState | undefined;
};

export type ReplyRefusal =
  | 'mode'
  | 'duplicate'
  | 'bogus-origin'
  | 'crypto-nak'
  | 'unknown-key'
  | 'kiss-rate'
  | 'kiss-deny'
  | 'kiss-other'
  | 'zero-timestamp'
  | 'unsynchronized'
  | 'stratum'
  | 'distance'
  | 'processing-time'
  | 'negative-delay'
  | 'loop';

/** Ours is one more, and RFC 5905 §7.3 leaves no stratum above 15 that is synchronized. */
export const MAX_UPSTREAM_STRATUM = 14;
/** RFC 5905 §7.2 MAXDISP. */
export const MAX_STATED_DISTANCE = seconds(16);
/** A server that sat on a request this long was stepped or asleep meanwhile. */
const MAX_PROCESSING_TIME = seconds(4);
/** Faster than any oscillator drifts: how much longer the server's time may look to us than it was. */
const MAX_RATE_DIFFERENCE = 1e-3;

/** @param last - the reply accepted before. */
export const judgeReply = (
  packet: NtpPacket,
  question: Question,
  receipt: Receipt,
  last: ReplyStamps | undefined,
  ourselves: Ourselves,
): Result<Measurement, ReplyRefusal> => {
  const { stratum, referenceId, receiveTimestamp, transmitTimestamp, mac } = packet;
  if (packet.mode !== SERVER_MODE) return refuse('mode');
  if (receiveTimestamp === last?.receiveTimestamp && transmitTimestamp === last.transmitTimestamp) {
    return refuse('duplicate');
  }
  if (packet.originTimestamp !== question.nonce && !isInterleaved(packet, question)) return refuse('bogus-origin');
  // We signed nothing: what is signed is not for us.
  if (mac) return refuse(isCryptoNak(mac) ? 'crypto-nak' : 'unknown-key');
  // Before the timestamps, which a kiss leaves undefined (RFC 5905 §7.4).
  const kiss = kissCode(packet);
  if (kiss !== undefined) return refuse(KISSES[kiss] ?? 'kiss-other');
  if (receiveTimestamp === UNKNOWN_TIMESTAMP || transmitTimestamp === UNKNOWN_TIMESTAMP)
    return refuse('zero-timestamp');

  const { t1, t4, leap, rootDelay, rootDispersion, ...stamps } = completedBy(packet, question, receipt);
  if (leap === 'unknown' || packet.leap === 'unknown' || stratum === 0) return refuse('unsynchronized');
  if (stratum > MAX_UPSTREAM_STRATUM) return refuse('stratum');

  const precision = nanos(2 ** packet.precision * 1e9);
  if (rootDelay / 2 + rootDispersion + precision >= MAX_STATED_DISTANCE) return refuse('distance');

  const { approximately } = receipt;
  const t2 = unixFromNtp(stamps.receiveTimestamp, approximately);
  const exchange = { t1, t2, t3: unixFromNtp(stamps.transmitTimestamp, approximately), t4 };
  const processing = between(exchange.t2, exchange.t3);
  if (processing < 0 || processing > MAX_PROCESSING_TIME) return refuse('processing-time');
  if (roundTrip(exchange) < -(precision + processing * MAX_RATE_DIFFERENCE)) return refuse('negative-delay');
  if (isLoop(packet, ourselves)) return refuse('loop');

  const referenceTime = unixFromNtp(packet.referenceTimestamp, approximately);
  return ok({ exchange, leap, stratum, precision, rootDelay, rootDispersion, referenceId, referenceTime });
};

/** RFC 9769 §2: by its origin, a server tells which of the two stamps that we sent it has taken up. */
export const isInterleaved = ({ originTimestamp }: NtpPacket, { interleaved }: Question): boolean =>
  originTimestamp === interleaved?.nonce;

const completedBy = (packet: NtpPacket, question: Question, { receivedAt }: Receipt): Completed =>
  question.interleaved && isInterleaved(packet, question)
    ? completeBefore(question.interleaved, packet)
    : { ...packet, t1: question.sentAt, t4: receivedAt };

const KISSES: Readonly<Record<string, ReplyRefusal>> = {
  RATE: 'kiss-rate',
  DENY: 'kiss-deny',
  RSTR: 'kiss-deny',
};

/** RFC 5905 §7.4: up to four letters or digits in the place of the reference id; undefined for any other reply. */
export const kissCode = ({ stratum, referenceId }: NtpPacket): string | undefined => {
  if (stratum !== 0) return undefined;
  const octets = [24, 16, 8, 0].map((shift) => (referenceId >>> shift) & 0xff);
  return /^([A-Z0-9]{1,4})\0*$/.exec(String.fromCharCode(...octets))?.[1];
};

/** A stratum 1 names a kind of clock, which may look like any address. */
const isLoop = (packet: NtpPacket, { ownReferenceIds, advertised }: Ourselves): boolean =>
  packet.stratum > 1 &&
  (ownReferenceIds.includes(packet.referenceId) || (advertised !== undefined && saysTheSame(packet, advertised)));

const saysTheSame = (packet: NtpPacket, ours: ServerState): boolean =>
  packet.stratum === ours.stratum &&
  packet.referenceId === ours.referenceId &&
  shortFromNanos(packet.rootDelay) === shortFromNanos(ours.rootDelay) &&
  packet.referenceTimestamp === ntpFromUnix(blurReferenceTime(ours.referenceTime));

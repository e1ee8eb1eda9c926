/** A client's request → our answer, RFC 5905 §9.2 `fast_xmit`. Keeps nothing: no state can be exhausted or confused. */
import { uncertainty } from '#contract/interval.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { nanos, seconds, unixNanos } from '#contract/time.ts';
import {
  CLIENT_MODE,
  encodePacket,
  HEADER_SIZE,
  isVersion,
  modeOf,
  type NtpPacket,
  type PacketRefusal,
  SERVER_MODE,
  versionOf,
} from '../wire/ntp-packet.ts';
import { nanosFromShort, ntpFromUnix, ntpTimestamp, shortFromNanos, UNKNOWN_TIMESTAMP } from '../wire/ntp-timestamp.ts';
import { decodeTrailer } from '../wire/trailer.ts';
import { blurReferenceTime, type ClockReading, type ServerState } from './server-state.ts';

/** What a server says that does not know the time. @param precision - log2 s. */
export const unsynchronized = (precision: number): ServerState => ({
  leap: 'unknown',
  stratum: 0,
  referenceId: 0,
  referenceTime: unixNanos(0n),
  rootDelay: seconds(1),
  precision,
});

export type ResponderRefusal = PacketRefusal | 'mode' | 'unknown-key';

/** RFC 5905 §7.2 MINPOLL: whoever asks more often is told not to. */
const MIN_POLL = 4;
const MAX_STRATUM = 15;

/**
 * @param received - the clock when the request came in.
 * @param now - the same clock, as late as the caller can read it.
 * @returns 48 octets, never more than were asked with: a forged source address gains nothing.
 */
export const respond = (
  request: Uint8Array,
  received: ClockReading,
  now: ClockReading,
  server: ServerState,
): Result<Uint8Array<ArrayBuffer>, ResponderRefusal> => {
  if (request.length < HEADER_SIZE) return refuse('short');
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const version = versionOf(view.getUint8(0));
  if (!isVersion(version)) return refuse('version');
  // Anything but a client: two servers that answer each other's answers never stop.
  if (modeOf(view.getUint8(0)) !== CLIENT_MODE) return refuse('mode');
  if (request.length > HEADER_SIZE) {
    const trailer = decodeTrailer(request.subarray(HEADER_SIZE), version);
    if (!trailer.ok) return trailer;
    // As chronyd does. An answer without MAC serves only who hopes that the client takes it.
    if (trailer.value.mac) return refuse('unknown-key');
  }
  const isSynchronized = server.leap !== 'unknown' && server.stratum <= MAX_STRATUM;
  return ok(
    encodePacket({
      ...(isSynchronized ? describe(server, received, now) : UNSYNCHRONIZED),
      version,
      mode: SERVER_MODE,
      poll: Math.max(view.getInt8(2), MIN_POLL),
      precision: server.precision,
      originTimestamp: ntpTimestamp(view.getBigUint64(40)),
      // Odd and even, 2^-32 s off at most: a client can never take one for the other.
      receiveTimestamp: ntpTimestamp(ntpFromUnix(received.time) | 1n),
      transmitTimestamp: ntpTimestamp(ntpFromUnix(now.time) & ~1n),
      extensions: [],
    }),
  );
};

type Description = Pick<
  NtpPacket,
  'leap' | 'stratum' | 'rootDelay' | 'rootDispersion' | 'referenceId' | 'referenceTimestamp'
>;

const UNSYNCHRONIZED: Description = {
  leap: 'unknown',
  stratum: 0, // RFC 5905 §7.3: how 16 is written
  rootDelay: seconds(1),
  rootDispersion: seconds(1),
  referenceId: 0,
  referenceTimestamp: UNKNOWN_TIMESTAMP,
};

const describe = (server: ServerState, received: ClockReading, now: ClockReading): Description => {
  const { leap, stratum, referenceId, referenceTime } = server;
  // As it will be read, so that half of it and the dispersion together reach the farther end of both intervals.
  const rootDelay = nanosFromShort(shortFromNanos(server.rootDelay));
  const farther = Math.max(uncertainty(received, received.time), uncertainty(now, now.time));
  return {
    leap,
    stratum,
    rootDelay,
    rootDispersion: nanos(farther - rootDelay / 2),
    referenceId,
    referenceTimestamp: ntpFromUnix(blurReferenceTime(referenceTime < now.time ? referenceTime : now.time)),
  };
};

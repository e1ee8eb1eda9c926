/**
 * NTP packets of versions 1 to 4, RFC 5905 §7.3. Octets of the header:
 *
 *      0 LI (2 bits) VN (3) mode (3) | 1 stratum | 2 poll | 3 precision
 *      4 root delay                    8 root dispersion     12 reference id
 *     16 reference timestamp          24 origin timestamp
 *     32 receive timestamp            40 transmit timestamp  48 extension fields, MAC
 */
import type { LeapNotice } from '#contract/leap.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { Nanos } from '#contract/time.ts';
import { type NtpTimestamp, nanosFromShort, ntpTimestamp, shortFromNanos } from './ntp-timestamp.ts';
import { decodeTrailer, encodeTrailer, type Trailer, type TrailerRefusal } from './trailer.ts';

/** `unknown`: the clock is not synchronized. */
export type Leap = LeapNotice | 'unknown';
/** As the two bits count them. */
const LEAPS: readonly Leap[] = ['none', 'insert', 'delete', 'unknown'];

export const CLIENT_MODE = 3;
export const SERVER_MODE = 4;
export const HEADER_SIZE = 48;
export const NEWEST_VERSION = 4;

export type NtpPacket = Trailer & {
  readonly leap: Leap;
  readonly version: number;
  /** 0 … 7. */
  readonly mode: number;
  /** 0 … 255 as sent; 0 is unsynchronized, or a kiss code in `referenceId`. */
  readonly stratum: number;
  /** Signed, log2 s. */
  readonly poll: number;
  /** Signed, log2 s. */
  readonly precision: number;
  /** Multiples of 2^-16 s below 65 536 s; rounded up in encoding. */
  readonly rootDelay: Nanos;
  readonly rootDispersion: Nanos;
  /** uint32; RFC 5905 §7.3. */
  readonly referenceId: number;
  readonly referenceTimestamp: NtpTimestamp;
  readonly originTimestamp: NtpTimestamp;
  readonly receiveTimestamp: NtpTimestamp;
  readonly transmitTimestamp: NtpTimestamp;
};

export type PacketRefusal = 'too-short' | 'version' | TrailerRefusal;

export const encodePacket = (packet: NtpPacket): Uint8Array<ArrayBuffer> => {
  const { version, mode, stratum, poll, precision, referenceId } = packet;
  if (!isVersion(version)) throw new RangeError(`NTP version ${version}`);
  const trailer = encodeTrailer(packet);
  const bytes = new Uint8Array(trailer.reduce((size, part) => size + part.length, HEADER_SIZE));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (leapBits(packet.leap) << 6) | (version << 3) | mode);
  view.setUint8(1, stratum);
  view.setInt8(2, poll);
  view.setInt8(3, precision);
  view.setUint32(4, shortFromNanos(packet.rootDelay));
  view.setUint32(8, shortFromNanos(packet.rootDispersion));
  view.setUint32(12, referenceId);
  view.setBigUint64(16, packet.referenceTimestamp);
  view.setBigUint64(24, packet.originTimestamp);
  view.setBigUint64(32, packet.receiveTimestamp);
  view.setBigUint64(40, packet.transmitTimestamp);
  let end = HEADER_SIZE;
  for (const part of trailer) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
};

export const decodePacket = (bytes: Uint8Array): Result<NtpPacket, PacketRefusal> => {
  if (bytes.length < HEADER_SIZE) return refuse('too-short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = view.getUint8(0);
  const version = versionOf(first);
  if (!isVersion(version)) return refuse('version');
  const trailer = decodeTrailer(bytes.subarray(HEADER_SIZE), version);
  if (!trailer.ok) return trailer;
  return ok({
    leap: leapOf(first >> 6),
    version,
    mode: modeOf(first),
    stratum: view.getUint8(1),
    poll: view.getInt8(2),
    precision: view.getInt8(3),
    rootDelay: nanosFromShort(view.getUint32(4)),
    rootDispersion: nanosFromShort(view.getUint32(8)),
    referenceId: view.getUint32(12),
    referenceTimestamp: ntpTimestamp(view.getBigUint64(16)),
    originTimestamp: ntpTimestamp(view.getBigUint64(24)),
    receiveTimestamp: ntpTimestamp(view.getBigUint64(32)),
    transmitTimestamp: ntpTimestamp(view.getBigUint64(40)),
    ...trailer.value,
  });
};

/** As they stand in front of the header's first octet. */
export const leapBits = (leap: Leap): number => LEAPS.indexOf(leap);
/** @param bits - 0 … 3. */
export const leapOf = (bits: number): Leap => LEAPS[bits]!;
/** Of the header's first octet. */
export const versionOf = (first: number): number => (first >> 3) & 0b111;
export const modeOf = (first: number): number => first & 0b111;

/** The header is the same in all of these; version 5 is another protocol. */
export const isVersion = (version: number): boolean => version >= 1 && version <= NEWEST_VERSION;

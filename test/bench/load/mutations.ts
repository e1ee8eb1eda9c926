/** Hostile datagrams for an NTP server: valid packets, mutations of them, and random octets. */
import type { Dice } from '../../support/dice.ts';

export const LONGEST = 4_000;
const HEADER = 48;
/** RFC 5905 §7.3: LI 0, version 4, mode 3. */
const V4_REQUEST = 0x23;
const ORIGIN_AND_RECEIVE = [24, 28, 32, 36];
const TRANSMIT = [40, 44];
/** RFC 8915 §5, RFC 5906, RFC 7821, NTPv5's draft: fields that somebody knows. */
const FIELD_TYPES = [0x0104, 0x0204, 0x0304, 0x0404, 0x0002, 0x2005, 0xf501, 0xf5ff];
const MAC_SIZES = [4, 20, 24, 36, 72];

/** Writes a datagram at `at`. @returns its length. */
export type Write = (to: DataView, at: number) => number;

/** @param seeds - good requests that there are mutations of besides: with a cookie or a MAC that the server knows, say. */
export const mutationsBy = (
  dice: Dice,
  seeds: readonly Uint8Array[] = [],
): { readonly request: Write; readonly mutation: Write } => {
  /** Whole, from 0 to below `end`. */
  const below = (end: number): number => Math.floor(end * dice.fraction());
  const oneOf = <Value>(values: readonly Value[]): Value => values[below(values.length)]!;
  const fill = (to: DataView, from: number, end: number): void => {
    for (let at = from; at + 4 <= end; at += 4) to.setUint32(at, below(2 ** 32));
    for (let at = end - ((end - from) % 4); at < end; at++) to.setUint8(at, below(256));
  };
  /** Mostly short, so that most datagrams are near to what is parsed. */
  const someLength = (): number => (below(32) === 0 ? below(LONGEST + 1) : below(200));

  /** A plain one of version 4. */
  const request: Write = (to, at) => {
    for (let i = 0; i < HEADER; i += 4) to.setUint32(at + i, 0);
    to.setUint8(at, V4_REQUEST);
    for (const field of TRANSMIT) to.setUint32(at + field, below(2 ** 32));
    return HEADER;
  };
  const ofAnyVersion: Write = (to, at) => {
    request(to, at);
    to.setUint8(at, ((1 + below(4)) << 3) | 3);
    return HEADER;
  };
  const random: Write = (to, at) => {
    const length = someLength();
    fill(to, at, at + length);
    return length;
  };
  /** Every leap indicator, version and mode, with or without zeros behind it. */
  const anyFirstOctet: Write = (to, at) => {
    request(to, at);
    to.setUint8(at, below(256));
    return HEADER;
  };
  const interleaved: Write = (to, at) => {
    request(to, at);
    for (const field of ORIGIN_AND_RECEIVE) to.setUint32(at + field, below(2 ** 32));
    return HEADER;
  };
  /** RFC 7822: some whose length is true, and some that lie. */
  const withFields: Write = (to, at) => {
    let end = at + oneOf([request, ofAnyVersion, interleaved])(to, at);
    for (let fields = 1 + below(4); fields > 0; fields--) {
      const size = 4 * (1 + below(below(16) === 0 ? 240 : 16));
      if (end + size > at + LONGEST) break;
      fill(to, end, end + size);
      to.setUint16(end, oneOf(FIELD_TYPES));
      to.setUint16(end + 2, below(8) === 0 ? below(2 ** 16) : size);
      end += size;
    }
    return end - at;
  };
  const withMac: Write = (to, at) => {
    const end = at + oneOf([ofAnyVersion, withFields])(to, at);
    const size = below(4) === 0 ? below(80) : oneOf(MAC_SIZES);
    if (end + size > at + LONGEST) return end - at;
    fill(to, end, end + size);
    return end + size - at;
  };
  const seeded: Write = (to, at) => {
    const seed = oneOf(seeds);
    new Uint8Array(to.buffer, to.byteOffset + at, seed.length).set(seed);
    return seed.length;
  };
  const good = seeds.length > 0 ? [seeded, seeded, seeded, seeded] : [];
  const flipped: Write = (to, at) => {
    const length = oneOf([ofAnyVersion, interleaved, withFields, withMac, ...good])(to, at);
    for (let flips = 1 + below(8); flips > 0; flips--) {
      const where = at + below(length);
      to.setUint8(where, to.getUint8(where) ^ (1 << below(8)));
    }
    return length;
  };
  const cut: Write = (to, at) => below(1 + oneOf([ofAnyVersion, withFields, withMac, ...good])(to, at));
  /** Zeros: what a field of type and length 0 looks like. */
  const padded: Write = (to, at) => {
    const length = Math.max(HEADER, someLength());
    ofAnyVersion(to, at);
    for (let i = HEADER; i < length; i++) to.setUint8(at + i, 0);
    return length;
  };
  /** The octets of one, from somewhere on, behind those of another. */
  const spliced: Write = (to, at) => {
    const length = HEADER + 4 * below(1 + (seeded(to, at) - HEADER) / 4);
    const behind = oneOf(seeds);
    const from = HEADER + 4 * below(1 + (behind.length - HEADER) / 4);
    new Uint8Array(to.buffer, to.byteOffset + at + length, behind.length - from).set(behind.subarray(from));
    return length + behind.length - from;
  };
  const plain = [ofAnyVersion, random, anyFirstOctet, interleaved, withFields, withMac, flipped, cut, padded];
  const all = seeds.length > 0 ? [...plain, seeded, spliced, spliced] : plain;
  return { request, mutation: (to, at) => oneOf(all)(to, at) };
};

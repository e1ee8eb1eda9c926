/** Networks as people write them: "10.0.0.0/8", "fd00::/8", or one address. */
import ipaddr from 'ipaddr.js';
import { isAddress } from './addresses.ts';

export type Prefix = {
  readonly family: 4 | 6;
  /** The address, big-endian: one word of IPv4 or four of IPv6, each int32. All bits behind `length` are 0. */
  readonly words: readonly number[];
  readonly length: number;
};

/** Undefined for anything else, and where bits are set behind the length: "10.0.0.1/8" may mean either. */
export const parsePrefix = (text: string): Prefix | undefined => {
  const [address = '', digits, ...more] = text.split('/');
  if (!isAddress(address) || more.length > 0) return undefined;
  const octets = ipaddr.parse(address).toByteArray();
  const length = digits === undefined ? octets.length * 8 : /^\d{1,3}$/.test(digits) ? Number(digits) : Infinity;
  if (length > octets.length * 8 || hasBitsFrom(octets, length)) return undefined;
  const isMapped = octets.length === 16 && length >= MAPPED && isMappedIPv4(octets);
  return isMapped ? prefixOf(octets.slice(12), length - MAPPED) : prefixOf(octets, length);
};

/** ::ffff:0:0/96, by which IPv4 is written as IPv6: RFC 4291 §2.5.5.2. */
const MAPPED = 96;
const isMappedIPv4 = (octets: readonly number[]): boolean =>
  octets.slice(0, 12).every((octet, at) => octet === (at < 10 ? 0 : 0xff));

const hasBitsFrom = (octets: readonly number[], length: number): boolean =>
  octets.some((octet, at) => (octet & (0xff >> Math.min(Math.max(length - at * 8, 0), 8))) !== 0);

const prefixOf = (octets: readonly number[], length: number): Prefix => {
  const view = new DataView(Uint8Array.from(octets).buffer);
  const words = Array.from({ length: octets.length / 4 }, (_, at) => view.getInt32(at * 4));
  return { family: octets.length === 4 ? 4 : 6, words, length };
};

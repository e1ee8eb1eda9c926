/** Names → addresses, each with the reference id by which NTP knows it. */
import { createHash } from 'node:crypto';
import { ADDRCONFIG } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, isIPv4, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import type { Resolved } from '../source.ts';

/** Far above any honest answer. */
const MOST_ADDRESSES = 32;

/** None where the name does not resolve now: the caller asks again, and the source's state says so meanwhile. */
export const resolve = async (host: string): Promise<readonly Resolved[]> => {
  const found = isIP(host) ? [canonical(host)] : await addressesOf(host);
  return found.map((address) => ({ address, referenceId: referenceIdOf(address) }));
};

/** As the kernel writes it: a reply is known by its sender's address, and IPv6 has many spellings. */
const canonical = (literal: string): string => {
  const [address = '', zone] = literal.split('%');
  const written = new SocketAddress({ address, family: isIPv4(address) ? 'ipv4' : 'ipv6' }).address;
  return zone === undefined ? written : `${written}%${zone}`;
};

/** Of the kinds that this host can reach: an IPv6 address is no use where there is only IPv4. */
const addressesOf = async (name: string): Promise<readonly string[]> => {
  try {
    const found = await inTurn(() => lookup(name, { all: true, hints: ADDRCONFIG }));
    return worthAsking(found.map(({ address }) => address));
  } catch {
    return [];
  }
};

/** While DNS is silent each holds one of libuv's four threads for up to half a minute, and what is signed needs one too. */
export const takeTurns = (atOnce: number): (<T>(act: () => Promise<T>) => Promise<T>) => {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async (act) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await act();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
};

const inTurn = takeTurns(2);

/** Of what DNS says, which anyone may have forged: hosts, not networks full of them, each once, and not by the thousand. */
export const worthAsking = (found: readonly string[]): readonly string[] =>
  [...new Set(found)].filter((address) => !NO_HOST.includes(ipaddr.parse(address).range())).slice(0, MOST_ADDRESSES);

const NO_HOST: readonly string[] = ['unspecified', 'broadcast', 'multicast'];

/** RFC 5905 §7.3: an IPv4 address itself, the first four bytes of an IPv6 address's MD5. */
export const referenceIdOf = (address: string): number => {
  const bytes = Uint8Array.from(ipaddr.parse(address).toByteArray());
  const four = isIPv4(address) ? bytes : createHash('md5').update(bytes).digest();
  return new DataView(four.buffer, four.byteOffset, 4).getUint32(0);
};

/**
 * What servers that follow us state as their reference. Not by the loopback addresses: two daemons of one host that
 * follow a third there would look like us.
 */
export const ownReferenceIds = (): readonly number[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => referenceIdOf(address));

/** Hosts, endpoints and origins as people write them, and the networks that addresses stand in. */
import ipaddr from 'ipaddr.js';
import { isName } from '#contract/fields.ts';
import { isPullUrl } from '#contract/pulled-time.ts';

/** By name or address, without brackets or port. */
export const isHost = (text: string): boolean => isAddress(text) || isHostName(text);

export const isAddress = (text: string): boolean => (text.includes(':') ? ipaddr.IPv6.isValid(text) : isIPv4(text));

/** Four decimal numbers; the older short forms would hide mistypings. */
const isIPv4 = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text);

/** As far as can be told without asking anybody. */
export const isThisHost = (host: string): boolean =>
  host.toLowerCase() === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback');

/** RFC 1123 §2.1, and the underscores that are in use. The last label is no number: 192.0.2 is a mistyped address. */
const isHostName = (text: string): boolean => {
  const labels = text.replace(/\.$/, '').split('.');
  return (
    text.length <= 253 &&
    labels.every((label) => /^[a-z\d_](?:[\w-]{0,61}[a-z\d_])?$/i.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '')
  );
};

/** "127.0.0.1:123" or "[::1]:123": an address, since listening on a name would depend on who answers for it. */
export const parseEndpoint = (text: string): { host: string; port: number } | undefined => {
  const endpoint = splitPort(text);
  return endpoint && isAddress(endpoint.host) ? endpoint : undefined;
};

/** That no other host reaches, by an address. */
export const isLoopback = (address: string): boolean => ipaddr.process(address).range() === 'loopback';

/** Where others find us: the same, or with a name, and of no zone that only this host knows. */
export const parsePublicAddress = (text: string): string | undefined => {
  const endpoint = splitPort(text);
  return endpoint && isHost(endpoint.host) && !text.includes('%') ? text : undefined;
};

/** IPv6 in brackets, and nothing else. */
const splitPort = (text: string): { host: string; port: number } | undefined => {
  const [, ipv6, other = '', digits] = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { host: ipv6 ?? other, port } : undefined;
};

/** The origin of an http or https URL that names nothing more. Its alphabet is also that of a sample's `aud`. */
export const parseOrigin = (text: string): string | undefined => {
  const url = URL.parse(text);
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  return isOrigin && isName(url.origin) ? url.origin : undefined;
};

/** An origin that edges can be sent to. */
export const parsePullUrl = (text: string): string | undefined => {
  const origin = parseOrigin(text);
  return origin !== undefined && isPullUrl(origin) ? origin : undefined;
};

/**
 * The network that an address stands in, as far as paths go: /24 of IPv4, /48 of IPv6. What is no address is a network of
 * its own.
 */
export const networkOf = (address: string): string => {
  if (!ipaddr.isValid(address)) return address;
  const octets = ipaddr.parse(address).toByteArray();
  return octets.slice(0, octets.length === 4 ? 3 : 6).join('.');
};

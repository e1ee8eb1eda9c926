/** By which NTP clients know that a server has its time from an edge: no address stands for it. */
import { utf8 } from '#contract/web-platform.ts';

/** 32-bit FNV-1a of the origin, RFC 9923: what RFC 5905 §7.3 does with IPv6 addresses, by a hash that needs no library. */
export const edgeReferenceId = (origin: string): number =>
  utf8(origin).reduce((hash, octet) => Math.imul(hash ^ octet, 0x0100_0193) >>> 0, 0x811c_9dc5);

/** What our NTP server does about authentication, by whichever keys it has: none, symmetric ones, those in NTS cookies. */
import { copyWords } from '../wire/copy-words.ts';
import { HEADER_SIZE } from '../wire/ntp-packet.ts';
import { IDENTIFIED, MALFORMED, newNtsRequest, readNtsRequest, WITH_NTS } from '../wire/nts-request.ts';
import type { Cryptography, OpenCryptography } from './cryptography.ts';
import { type MacReplies, openMacReplies } from './mac-replies.ts';
import { drawNonces, type Fill } from './nonces.ts';
import { contextsFor, type NtsReplies, openNtsReplies } from './nts-replies.ts';
import { blockSizeFor, REQUEST } from './server-block.ts';
import { MALFORMED_NTS, UNKNOWN_KEY } from './server-counters.ts';
import { NO_KEYS, type ServerKeys } from './server-keys.ts';

/** How a reply is to be authenticated. From `BY_MAC` on there is something to check, and to seal. */
export const NOT_AT_ALL = 0;
/** It gives a unique identifier back, which proves nothing. */
export const BY_IDENTIFIER = 1;
export const BY_MAC = 2;
export const BY_NTS = 3;

/** One request at a time: `find`, `check`, `prepare`; then, of a whole batch, `seal`. */
export type ServerAuthentication = {
  /**
   * @param requests - a datagram of `length` octets at `from`, of which `findMac` says that its MAC, if any, is at `macAt`.
   * @returns how it is to be answered; negative, ~ what to count it as, where it is not.
   */
  readonly find: (requests: DataView, from: number, macAt: number, length: number) => number;
  /** @returns `SERVED` where it is authentic; else what to count it as. */
  readonly check: (how: number, requests: DataView, from: number) => number;
  /**
   * Before the header of a reply is whole; not where there is nothing behind it.
   * @param place - of those that are under way at once. @returns how long the reply is, no longer than its request.
   */
  readonly prepare: (
    how: number,
    place: number,
    requests: DataView,
    from: number,
    replies: DataView,
    at: number,
  ) => number;
  /** Once it is. */
  readonly seal: (how: number, place: number, replies: DataView, at: number) => void;
  /** From now on; not while replies are under way. */
  readonly follow: (keys: ServerKeys) => void;
  readonly free: () => void;
};

/** @param places - how many replies are under way at once. */
export const openServerAuthentication = (
  open: OpenCryptography,
  fill: Fill,
  places: number,
  firstKeys: ServerKeys = NO_KEYS,
): ServerAuthentication => {
  const draw = drawNonces(fill);
  const request = newNtsRequest();
  let [macAt, length] = [0, 0];
  let cryptography: Cryptography | undefined;
  let macs: MacReplies | undefined;
  let nts: NtsReplies | undefined;

  const follow: ServerAuthentication['follow'] = ({ symmetric, cookies }) => {
    cryptography?.free();
    [cryptography, macs, nts] = [undefined, undefined, undefined];
    if (symmetric.length + cookies.length === 0) return;
    cryptography = open(blockSizeFor(places), contextsFor(cookies, places), symmetric.length);
    if (symmetric.length > 0) macs = openMacReplies(cryptography, symmetric, places);
    if (cookies.length > 0) nts = openNtsReplies(cryptography, cookies, draw, places);
  };
  follow(firstKeys);

  const find: ServerAuthentication['find'] = (requests, from, mac, size) => {
    [macAt, length] = [mac - from, size];
    // As chronyd does: no crypto-NAK. An answer without MAC serves only who hopes that the client takes it.
    if (macAt < size) return macs?.knows(requests.getInt32(mac)) ? BY_MAC : ~UNKNOWN_KEY;
    if (!nts) return NOT_AT_ALL; // whose fields mean nothing to us: RFC 7822 §3
    const found = readNtsRequest(requests, from, from + size, request);
    if (found === MALFORMED) return ~MALFORMED_NTS;
    if (found === WITH_NTS) return BY_NTS;
    return found === IDENTIFIED ? BY_IDENTIFIER : NOT_AT_ALL;
  };

  const check: ServerAuthentication['check'] = (how, requests, from) => {
    const end = how === BY_MAC ? length : request.authenticatorAt + request.authenticatorSize;
    copyWords(requests, from, cryptography!.memory, REQUEST, end);
    return how === BY_MAC ? macs!.check(macAt, length) : nts!.check(request);
  };

  const prepare: ServerAuthentication['prepare'] = (how, place, requests, from, replies, at) => {
    if (how === BY_NTS) return nts!.prepare(place, request, length);
    if (how === BY_MAC) return macs!.prepare(place, macAt, length);
    copyWords(requests, from + request.identifierAt, replies, at + HEADER_SIZE, request.identifierSize);
    return HEADER_SIZE + request.identifierSize;
  };

  return {
    find,
    check,
    prepare,
    seal: (how, place, replies, at) => {
      if (how === BY_NTS) nts!.seal(place, replies, at);
      else macs!.seal(place, replies, at);
    },
    follow,
    free: () => cryptography?.free(),
  };
};

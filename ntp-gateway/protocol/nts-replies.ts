/**
 * Our NTP server's NTS, RFC 8915 §5.7: whether a request is of the client whose keys are in the cookie, and replies sealed
 * for it. Whatever does not depend on when a reply leaves is done before that is known, so that one seal is left to do.
 */
import { copyWords } from '../wire/copy-words.ts';
import { FIELD_HEAD } from '../wire/extension-field.ts';
import { HEADER_SIZE } from '../wire/ntp-packet.ts';
import {
  AES_SIV_CMAC_256,
  AUTHENTICATOR,
  COOKIE,
  keySizeOf,
  MOST_COOKIES,
  nonceSizeOf,
  TAG_SIZE,
} from '../wire/nts.ts';
import { AUTHENTICATOR_HEAD, hasNonceFor, type NtsRequest, readSealedFields } from '../wire/nts-request.ts';
import type { Cryptography } from './cryptography.ts';
import type { DrawNonce } from './nonces.ts';
import {
  algorithmOfCookie,
  COOKIE_NONCE,
  COOKIE_NONCE_SIZE,
  cookieKeyId,
  openCookie,
  writeCookie,
} from './nts-cookie.ts';
import { KEYS, plainAt, REQUEST, replyAt, SCRATCH } from './server-block.ts';
import { BAD_AUTHENTICATOR, MALFORMED_NTS, NAK, SERVED } from './server-counters.ts';
import type { CookieKey } from './server-keys.ts';

export type NtsReplies = {
  /**
   * @param request - what stands at `REQUEST` of the block, up to its authenticator's end.
   * @returns `SERVED` where it is authentic; else what to count it as. `NAK` and `BAD_AUTHENTICATOR` are told to the client.
   */
  readonly check: (request: NtsRequest) => number;
  /**
   * After `check` said `SERVED`: makes all of the reply but its header.
   * @param place - of those that are under way at once. @returns how long it is, `length` at most.
   */
  readonly prepare: (place: number, request: NtsRequest, length: number) => number;
  /** Takes the header at `at`, which is whole now, and writes behind it what `prepare` has made for that place. */
  readonly seal: (place: number, replies: DataView, at: number) => void;
};

/** One for each cookie key, one for the client who asks, one for each reply. */
export const contextsFor = (keys: readonly CookieKey[], places: number): number => keys.length + 1 + places;

export const openNtsReplies = (
  cryptography: Cryptography,
  keys: readonly CookieKey[],
  draw: DrawNonce,
  places: number,
): NtsReplies => {
  const { memory, octets } = cryptography;
  const ids = Int32Array.from(keys, ({ id }) => id | 0);
  keys.forEach(({ key }, context) => {
    octets.set(key, KEYS);
    cryptography.setKey(context, AES_SIV_CMAC_256, KEYS);
  });
  const asking = keys.length;
  const firstReply = asking + 1;
  const authenticators = new Int32Array(places);
  const nonceSizes = new Int32Array(places);
  const cookieSizes = new Int32Array(places);

  const check: NtsReplies['check'] = (request) => {
    const cookieAt = REQUEST + request.cookieAt + FIELD_HEAD;
    const cookieSize = request.cookieSize - FIELD_HEAD;
    const algorithm = algorithmOfCookie(cookieSize);
    if (algorithm === undefined) return NAK;
    if (!hasNonceFor(request, algorithm)) return MALFORMED_NTS;
    const context = ids.indexOf(cookieKeyId(cryptography, cookieAt));
    if (context < 0 || !openCookie(cryptography, context, cookieAt, cookieSize, KEYS)) return NAK;

    const { nonceLength, authenticatorAt, sealedLength } = request;
    const [nonceAt, sealedAt] = [REQUEST + request.nonceAt, REQUEST + request.sealedAt];
    cryptography.setKey(asking, algorithm, KEYS);
    if (!cryptography.open(asking, nonceAt, nonceLength, REQUEST, authenticatorAt, sealedAt, sealedLength, SCRATCH)) {
      return BAD_AUTHENTICATOR;
    }
    return readSealedFields(memory, SCRATCH, SCRATCH + sealedLength - TAG_SIZE, request) ? SERVED : MALFORMED_NTS;
  };

  const prepare: NtsReplies['prepare'] = (place, request, length) => {
    const algorithm = algorithmOfCookie(request.cookieSize - FIELD_HEAD)!;
    const nonceSize = nonceSizeOf(algorithm);
    const identifier = replyAt(place) + HEADER_SIZE;
    const authenticator = identifier + request.identifierSize;
    const plain = plainAt(place);
    const bare = HEADER_SIZE + request.identifierSize + AUTHENTICATOR_HEAD + nonceSize + TAG_SIZE;
    // §5.7: nobody should ask for more than eight. All that are asked for always fit, as placeholders are as long as cookies: but no reply may ever be longer, come what may.
    const fitting = Math.floor((length - bare) / request.cookieSize);
    const cookies = Math.min(1 + request.placeholders, MOST_COOKIES, fitting) * request.cookieSize;
    for (let at = plain; at < plain + cookies; at += request.cookieSize) {
      memory.setUint16(at, COOKIE);
      memory.setUint16(at + 2, request.cookieSize);
      draw(memory, at + FIELD_HEAD + COOKIE_NONCE, COOKIE_NONCE_SIZE);
      writeCookie(cryptography, 0, ids[0]!, algorithm, KEYS, at + FIELD_HEAD);
    }
    copyWords(memory, REQUEST + request.identifierAt, memory, identifier, request.identifierSize);
    memory.setUint16(authenticator, AUTHENTICATOR);
    memory.setUint16(authenticator + 2, AUTHENTICATOR_HEAD + nonceSize + TAG_SIZE + cookies);
    memory.setUint16(authenticator + FIELD_HEAD, nonceSize);
    memory.setUint16(authenticator + FIELD_HEAD + 2, TAG_SIZE + cookies);
    draw(memory, authenticator + AUTHENTICATOR_HEAD, nonceSize);
    cryptography.setKey(firstReply + place, algorithm, KEYS + keySizeOf(algorithm));
    authenticators[place] = authenticator;
    nonceSizes[place] = nonceSize;
    cookieSizes[place] = cookies;
    return bare + cookies;
  };

  const seal: NtsReplies['seal'] = (place, replies, at) => {
    const header = replyAt(place);
    const associated = authenticators[place]! - header;
    const nonceAt = authenticators[place]! + AUTHENTICATOR_HEAD;
    const nonceSize = nonceSizes[place]!;
    const cookies = cookieSizes[place]!;
    copyWords(replies, at, memory, header, HEADER_SIZE);
    const to = nonceAt + nonceSize;
    cryptography.seal(firstReply + place, nonceAt, nonceSize, header, associated, plainAt(place), cookies, to);
    const behind = header + HEADER_SIZE;
    copyWords(memory, behind, replies, at + HEADER_SIZE, to + TAG_SIZE + cookies - behind);
  };

  return { check, prepare, seal };
};

/** What a client and an NTP server have agreed on, and the requests and replies of it: RFC 8915 §5.7. */
import { ok, type Result, refuse } from '#contract/result.ts';
import { HEADER_SIZE, NEWEST_VERSION, versionOf } from '../wire/ntp-packet.ts';
import {
  type AeadAlgorithm,
  COOKIE,
  KISS_NTSN,
  LEAST_IDENTIFIER,
  MOST_COOKIES,
  nonceSizeOf,
  TAG_SIZE,
} from '../wire/nts.ts';
import {
  authenticatorSize,
  decodeNtsFields,
  decodeSealedFields,
  encodeAuthenticator,
  encodeNtsRequest,
  ntsRequestSize,
} from '../wire/nts-fields.ts';
import type { AuthenticationRefusal } from './authentication.ts';
import type { Cryptography } from './cryptography.ts';

/** From the client to the server, and back. */
export type NtsKeys = { readonly c2s: Uint8Array; readonly s2c: Uint8Array };

export type NtsSession = {
  readonly algorithm: AeadAlgorithm;
  readonly keys: NtsKeys;
  /** Eight at most, oldest first. Each is used once, or whoever sees two requests knows that they are one client's. */
  readonly cookies: readonly Uint8Array[];
  /** Of the request under way: one reply to it counts, and no other. */
  readonly identifier?: Uint8Array;
};

/** In octets: what IPv6 carries everywhere, less its header and UDP's. */
const MOST_REQUEST = 1280 - 40 - 8;
/** How many octets of chance a request takes. */
export const REQUEST_CHANCE = LEAST_IDENTIFIER + 16;

const sealedRequestSize = (algorithm: AeadAlgorithm, cookie: number, placeholders: number): number =>
  ntsRequestSize(LEAST_IDENTIFIER, cookie, placeholders, authenticatorSize(nonceSizeOf(algorithm), TAG_SIZE));

/** It must fill an extension field, and fit into a request. Where servers end a cookie in padding is their own affair. */
export const isUsableCookie = (algorithm: AeadAlgorithm, { length }: Uint8Array): boolean =>
  length >= 12 && length % 4 === 0 && sealedRequestSize(algorithm, length, 0) <= MOST_REQUEST;

/** Of the block of `Cryptography`: the datagram at 0, and behind it the rest. One context. */
const NONCE_AT = 2048;
const KEY_AT = 4096;
const RESULT_AT = 4160;
export const NTS_SESSION_MEMORY = 6272;

/**
 * @param header - of 48 octets.
 * @param chance - `REQUEST_CHANCE` octets that nobody can guess.
 * @returns the datagram, and the session from now on; undefined where no cookie is left.
 */
export const sealRequest = (
  session: NtsSession,
  header: Uint8Array,
  chance: Uint8Array,
  cryptography: Cryptography,
): { readonly bytes: Uint8Array; readonly session: NtsSession } | undefined => {
  const { algorithm, keys, cookies } = session;
  const [cookie, ...left] = cookies;
  if (!cookie) return undefined;
  const identifier = chance.subarray(0, LEAST_IDENTIFIER);
  const nonce = chance.subarray(LEAST_IDENTIFIER, LEAST_IDENTIFIER + nonceSizeOf(algorithm));
  const sizeOfOne = sealedRequestSize(algorithm, cookie.length, 1) - sealedRequestSize(algorithm, cookie.length, 0);
  const room = MOST_REQUEST - sealedRequestSize(algorithm, cookie.length, 0);
  const placeholders = Math.min(MOST_COOKIES - 1 - left.length, Math.floor(room / sizeOfOne));

  const associated = encodeNtsRequest(header, identifier, cookie, placeholders);
  const { octets } = cryptography;
  octets.set(associated);
  octets.set(nonce, NONCE_AT);
  octets.set(keys.c2s, KEY_AT);
  cryptography.setKey(0, algorithm, KEY_AT);
  cryptography.seal(0, NONCE_AT, nonce.length, 0, associated.length, KEY_AT, 0, RESULT_AT);
  const authenticator = encodeAuthenticator({ nonce, sealed: octets.subarray(RESULT_AT, RESULT_AT + TAG_SIZE) });

  const bytes = new Uint8Array(associated.length + authenticator.length);
  bytes.set(associated);
  bytes.set(authenticator, associated.length);
  return { bytes, session: { algorithm, keys, cookies: left, identifier } };
};

/** @returns the reply's header, a view, which is all of it that tells time, and the session from now on. */
export const openReply = (
  session: NtsSession,
  bytes: Uint8Array,
  cryptography: Cryptography,
): Result<{ readonly header: Uint8Array; readonly session: NtsSession }, AuthenticationRefusal> => {
  if (bytes.length < HEADER_SIZE || versionOf(bytes[0]!) !== NEWEST_VERSION) return refuse('unauthenticated');
  const fields = decodeNtsFields(bytes);
  if (!fields.ok) return fields;
  const { identifiers, authenticator } = fields.value;
  if (identifiers.length === 0) return refuse('unauthenticated');
  if (!identifiers.every((one) => session.identifier && isSame(one, session.identifier))) {
    return refuse('wrong-identifier');
  }
  if (!authenticator) return refuse(isNak(bytes) ? 'nts-nak' : 'unauthenticated');

  const { algorithm, keys } = session;
  const { nonce, sealed, at } = authenticator;
  const { octets } = cryptography;
  octets.set(bytes);
  octets.set(keys.s2c, KEY_AT);
  cryptography.setKey(0, algorithm, KEY_AT);
  const nonceAt = nonce.byteOffset - bytes.byteOffset;
  const sealedAt = sealed.byteOffset - bytes.byteOffset;
  if (!cryptography.open(0, nonceAt, nonce.length, 0, at, sealedAt, sealed.length, RESULT_AT)) {
    return refuse('bad-authenticator');
  }
  const secret = decodeSealedFields(octets.slice(RESULT_AT, RESULT_AT + sealed.length - TAG_SIZE));
  if (!secret.ok) return secret;
  const fresh = secret.value.filter(({ type }) => type === COOKIE).map(({ body }) => body);
  return ok({
    header: bytes.subarray(0, HEADER_SIZE),
    session: { algorithm, keys, cookies: addCookies(algorithm, session.cookies, fresh) },
  });
};

/** As many as there is room for (CVE-2026-26076 was a client without this bound), each once. */
export const addCookies = (
  algorithm: AeadAlgorithm,
  held: readonly Uint8Array[],
  fresh: readonly Uint8Array[],
): readonly Uint8Array[] => {
  const cookies = [...held];
  for (const cookie of fresh) {
    if (cookies.length === MOST_COOKIES) break;
    if (isUsableCookie(algorithm, cookie) && !cookies.some((one) => isSame(one, cookie))) cookies.push(cookie);
  }
  return cookies;
};

/** RFC 8915 §5.7: stratum 0, and the code in the place of the reference id. */
const isNak = (bytes: Uint8Array): boolean =>
  bytes[1] === 0 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(12) === KISS_NTSN;

/** Neither identifiers nor cookies are secret to who can see requests: this need not take as long for each. */
const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((octet, i) => octet === other[i]);

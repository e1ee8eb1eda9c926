/** What a request says in the fields of RFC 8915 §5, read where it stands: for whoever must not allocate. */
import { FIELD_HEAD, padded } from './extension-field.ts';
import { HEADER_SIZE } from './ntp-packet.ts';
import {
  AES_128_GCM_SIV,
  type AeadAlgorithm,
  AUTHENTICATOR,
  COOKIE,
  COOKIE_PLACEHOLDER,
  LEAST_IDENTIFIER,
  nonceSizeOf,
  TAG_SIZE,
  UNIQUE_IDENTIFIER,
} from './nts.ts';

/** Places are counted from the datagram's first octet, sizes are of whole fields: 0 where there is none. */
export type NtsRequest = {
  identifierAt: number;
  identifierSize: number;
  cookieAt: number;
  cookieSize: number;
  /** How many cookies are asked for, less the one for the one that was sent. */
  placeholders: number;
  /** What is before it is associated with it. */
  authenticatorAt: number;
  authenticatorSize: number;
  nonceAt: number;
  nonceLength: number;
  sealedAt: number;
  sealedLength: number;
};

export const newNtsRequest = (): NtsRequest => ({
  identifierAt: 0,
  identifierSize: 0,
  cookieAt: 0,
  cookieSize: 0,
  placeholders: 0,
  authenticatorAt: 0,
  authenticatorSize: 0,
  nonceAt: 0,
  nonceLength: 0,
  sealedAt: 0,
  sealedLength: 0,
});

/** Of an authenticator: type and length, the nonce's length and the ciphertext's. */
export const AUTHENTICATOR_HEAD = 8;

/** What the fields make of a request. */
export const WITHOUT_NTS = 0;
/**
 * It has a unique identifier and no authenticator, so it is plain NTP: RFC 8915 §5.3 lets clients send that alone, against
 * forgers who do not see it, and asks for it back. (chronyd drops it.) Where an authenticator was stripped on the way, a plain
 * reply does no harm: a client that sent one takes no other.
 */
export const IDENTIFIED = 1;
export const WITH_NTS = 2;
export const MALFORMED = -1;

/** @param from - where a datagram begins of which `findMac` says that fields fill it up to `end`. */
export const readNtsRequest = (view: DataView, from: number, end: number, request: NtsRequest): number => {
  request.identifierSize = 0;
  request.cookieSize = 0;
  request.placeholders = 0;
  let placeholderSize = 0;
  let size = 0;
  for (let at = from + HEADER_SIZE; at < end; at += size) {
    const type = view.getUint16(at);
    size = view.getUint16(at + 2);
    if (type === UNIQUE_IDENTIFIER) {
      if (request.identifierSize > 0 || size < FIELD_HEAD + LEAST_IDENTIFIER) return MALFORMED;
      request.identifierAt = at - from;
      request.identifierSize = size;
    } else if (type === COOKIE) {
      if (request.cookieSize > 0) return MALFORMED;
      request.cookieAt = at - from;
      request.cookieSize = size;
    } else if (type === COOKIE_PLACEHOLDER) {
      if (placeholderSize > 0 && size !== placeholderSize) return MALFORMED;
      placeholderSize = size;
      request.placeholders++;
    } else if (type === AUTHENTICATOR) {
      // What follows it nobody has signed, and it counts for nothing: §5.7.
      if (request.identifierSize === 0 || request.cookieSize === 0) return MALFORMED;
      if (placeholderSize > 0 && placeholderSize !== request.cookieSize) return MALFORMED;
      return readAuthenticator(view, from, at, size, request) ? WITH_NTS : MALFORMED;
    }
  }
  return request.identifierSize > 0 ? IDENTIFIED : WITHOUT_NTS;
};

/** §5.6: nonce length (16) | ciphertext length (16) | nonce | ciphertext, each padded to a multiple of 4 | more padding. */
const readAuthenticator = (view: DataView, from: number, at: number, size: number, request: NtsRequest): boolean => {
  request.authenticatorAt = at - from;
  request.authenticatorSize = size;
  request.nonceLength = view.getUint16(at + FIELD_HEAD);
  request.sealedLength = view.getUint16(at + FIELD_HEAD + 2);
  request.nonceAt = at - from + AUTHENTICATOR_HEAD;
  request.sealedAt = request.nonceAt + padded(request.nonceLength);
  const isLongEnough = request.nonceLength > 0 && request.sealedLength >= TAG_SIZE;
  return isLongEnough && request.sealedAt + padded(request.sealedLength) <= request.authenticatorAt + size;
};

/**
 * §5.6: whether the authenticator has room for as long a nonce as we have to send, which keeps our reply from being longer,
 * and a nonce that its algorithm takes.
 */
export const hasNonceFor = (request: NtsRequest, algorithm: AeadAlgorithm): boolean => {
  const { nonceLength, sealedLength, authenticatorSize } = request;
  const least = nonceSizeOf(algorithm);
  if (algorithm === AES_128_GCM_SIV && nonceLength !== least) return false;
  return AUTHENTICATOR_HEAD + Math.max(padded(nonceLength), least) + padded(sealedLength) <= authenticatorSize;
};

/**
 * Goes through what was sealed, of which no more than placeholders is of interest; §5.7 lets clients seal those.
 * @returns false where it is no row of fields, each of at least its head, or a placeholder is not as long as the cookie.
 */
export const readSealedFields = (view: DataView, from: number, end: number, request: NtsRequest): boolean => {
  let size = 0;
  for (let at = from; at < end; at += size) {
    if (end - at < FIELD_HEAD) return false;
    size = view.getUint16(at + 2);
    if (size < FIELD_HEAD || size % 4 !== 0 || size > end - at) return false;
    if (view.getUint16(at) !== COOKIE_PLACEHOLDER) continue;
    if (size !== request.cookieSize) return false;
    request.placeholders++;
  }
  return true;
};

/**
 * What our NTS cookies are, to everybody else opaque: key id (32) | nonce (128) | the client's two keys, C2S then S2C, sealed
 * by AES-SIV-CMAC-256 with the key id as associated data. So the server need not remember anybody; RFC 8915 §6. All of it in
 * a block of `Cryptography`.
 */
import { AES_128_GCM_SIV, AES_SIV_CMAC_256, type AeadAlgorithm, keySizeOf, TAG_SIZE } from '../wire/nts.ts';
import type { Cryptography } from './cryptography.ts';

const KEY_ID_SIZE = 4;
/** Where a cookie's nonce is, from its beginning. */
export const COOKIE_NONCE = KEY_ID_SIZE;
export const COOKIE_NONCE_SIZE = 16;
const SEALED = COOKIE_NONCE + COOKIE_NONCE_SIZE;

/** Octets of a cookie for keys of that algorithm: 100 or 68, multiples of 4 both. */
export const cookieSizeOf = (algorithm: AeadAlgorithm): number => SEALED + TAG_SIZE + 2 * keySizeOf(algorithm);

const SIV_COOKIE = cookieSizeOf(AES_SIV_CMAC_256);
const GCM_SIV_COOKIE = cookieSizeOf(AES_128_GCM_SIV);

/** The algorithm of the keys in a cookie of that many octets, since they differ in length; undefined: it is none of ours. */
export const algorithmOfCookie = (size: number): AeadAlgorithm | undefined => {
  if (size === SIV_COOKIE) return AES_SIV_CMAC_256;
  return size === GCM_SIV_COOKIE ? AES_128_GCM_SIV : undefined;
};

/** The id of the key that has sealed the cookie at `at`, an int32 (ids are uint32: `| 0` before they are compared). */
export const cookieKeyId = ({ memory }: Cryptography, at: number): number => memory.getInt32(at);

/**
 * Writes a cookie at `to`, where a nonce that nobody can foretell stands already, at `COOKIE_NONCE`.
 *
 * @param context - has the key of that id, by AES-SIV-CMAC-256.
 * @param keysAt - C2S, and S2C right behind it. The cookie overlaps neither.
 * @returns how long it is.
 */
export const writeCookie = (
  cryptography: Cryptography,
  context: number,
  keyId: number,
  algorithm: AeadAlgorithm,
  keysAt: number,
  to: number,
): number => {
  cryptography.memory.setInt32(to, keyId);
  const keys = 2 * keySizeOf(algorithm);
  cryptography.seal(context, to + COOKIE_NONCE, COOKIE_NONCE_SIZE, to, KEY_ID_SIZE, keysAt, keys, to + SEALED);
  return SEALED + TAG_SIZE + keys;
};

/**
 * @param context - has the key of the cookie's id.
 * @param size - one that `algorithmOfCookie` knows.
 * @returns whether we wrote it; then its keys are at `to`, C2S and right behind it S2C.
 */
export const openCookie = (
  cryptography: Cryptography,
  context: number,
  at: number,
  size: number,
  to: number,
): boolean =>
  cryptography.open(context, at + COOKIE_NONCE, COOKIE_NONCE_SIZE, at, KEY_ID_SIZE, at + SEALED, size - SEALED, to);

/** The cookies that a key exchange ends with. */
import { randomFillSync } from 'node:crypto';
import type { Cryptography, OpenCryptography } from '../protocol/cryptography.ts';
import { COOKIE_NONCE, COOKIE_NONCE_SIZE, cookieSizeOf, writeCookie } from '../protocol/nts-cookie.ts';
import type { CookieKey } from '../protocol/server-keys.ts';
import { AES_SIV_CMAC_256, type AeadAlgorithm, MOST_COOKIES } from '../wire/nts.ts';

export type CookieMaker = {
  /** Seals by this key from now on. */
  readonly follow: (key: CookieKey) => void;
  /** @returns as many as a client holds, for its two keys. */
  readonly make: (algorithm: AeadAlgorithm, c2s: Uint8Array, s2c: Uint8Array) => readonly Uint8Array[];
};

const MASTER = 0;
const KEYS = 32;
const COOKIE = KEYS + 2 * 32;
const SIZE = COOKIE + cookieSizeOf(AES_SIV_CMAC_256);

export const openCookieMaker = (openCryptography: OpenCryptography, first: CookieKey): CookieMaker => {
  const cryptography: Cryptography = openCryptography(SIZE, 1, 0);
  const { octets } = cryptography;
  const nonces = new Uint8Array(MOST_COOKIES * COOKIE_NONCE_SIZE);
  let id = 0;
  const follow = (key: CookieKey): void => {
    octets.set(key.key, MASTER);
    cryptography.setKey(0, AES_SIV_CMAC_256, MASTER);
    id = key.id;
  };
  follow(first);
  return {
    follow,
    make: (algorithm, c2s, s2c) => {
      octets.set(c2s, KEYS);
      octets.set(s2c, KEYS + c2s.length);
      randomFillSync(nonces); // once: it costs more than the sealing
      return Array.from({ length: MOST_COOKIES }, (_, i) => {
        octets.set(nonces.subarray(i * COOKIE_NONCE_SIZE, (i + 1) * COOKIE_NONCE_SIZE), COOKIE + COOKIE_NONCE);
        return octets.slice(COOKIE, COOKIE + writeCookie(cryptography, 0, id, algorithm, KEYS, COOKIE));
      });
    },
  };
};

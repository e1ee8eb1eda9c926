/** HMAC-SHA-256 (RFC 2104): what the edge makes to know its own words again. */
import type { Bytes } from '#contract/web-platform.ts';

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;

export const hmacKey = (secret: Bytes): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', secret, HMAC, false, ['sign', 'verify']);

export const hmac = async (key: CryptoKey, text: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.sign(HMAC, key, text));

export const isHmac = (key: CryptoKey, mac: Bytes, text: Bytes): Promise<boolean> =>
  crypto.subtle.verify(HMAC, key, mac, text);

/**
 * The gateway's long-term key of Roughtime for one edge, made out of a secret: that of its signing key, until that is rotated. Roughtime
 * knows no origin, so each edge has another one, or a key stolen from one edge could sign the time of all.
 */
import { createHmac, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import { fromBase64url } from '#contract/web-platform.ts';

/** RFC 8410 §7: what stands before the 32 bytes of an Ed25519 private key in PKCS#8. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const hmac = (key: Uint8Array | string, data: Uint8Array | string): Buffer =>
  createHmac('sha256', key).update(data).digest();

/**
 * HKDF-Extract (RFC 5869 §2.2) of the signing key's 32 bytes. They cannot be had back from it: it may be kept where the key itself
 * is to be thrown away.
 */
export const edgeRoughtimeSecret = (signing: KeyObject): Buffer =>
  hmac('', fromBase64url(signing.export({ format: 'jwk' }).d!)!); // RFC 8037 §2: each Ed25519 key has it

/** HKDF-Expand (§2.3) to one block of 32 bytes, from which RFC 8032 §5.1.5 goes on. */
export const edgeRoughtimeKey = (secret: Uint8Array, origin: string): RoughtimeKey => {
  const seed = hmac(secret, `noonmark roughtime ${origin}\u0001`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  return {
    publicKey: fromBase64url(createPublicKey(key).export({ format: 'jwk' }).x!)!,
    privateKey: key.toCryptoKey({ name: 'Ed25519' }, false, ['sign']),
  };
};

/**
 * The gateway's long-term key of Roughtime for one edge, made out of its signing key: nothing more to keep. Roughtime knows no origin,
 * so each edge has another one, or a key stolen from one edge could sign the time of all.
 */
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import { fromBase64url } from '#contract/web-platform.ts';

/** RFC 8410 §7: what stands before the 32 bytes of an Ed25519 private key in PKCS#8. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** HKDF-SHA-256 (RFC 5869) of the signing key's 32 bytes, from which RFC 8032 §5.1.5 goes on. */
export const edgeRoughtimeKey = (signing: KeyObject, origin: string): RoughtimeKey => {
  const secret = fromBase64url(signing.export({ format: 'jwk' }).d!)!; // RFC 8037 §2: each Ed25519 key has both
  const seed = hkdfSync('sha256', secret, '', `noonmark roughtime ${origin}`, SEED_BYTES);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.from(seed)]), format: 'der', type: 'pkcs8' });
  return {
    publicKey: fromBase64url(createPublicKey(key).export({ format: 'jwk' }).x!)!,
    privateKey: key.toCryptoKey({ name: 'Ed25519' }, false, ['sign']),
  };
};

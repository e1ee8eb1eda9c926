/** Ed25519 over a context and the value of a tag (RFC 10049 §5.2.1), and SHA-512 cut to 32 bytes, which the RFC calls H. */
import { concatenate } from '../concatenate.ts';
import { type Bytes, type CryptoKeyLike, subtle, utf8 } from '../web-platform.ts';
import { DRAFT, VERSION_1, type Version } from './versions.ts';

/** A key pair, the public half as on the wire. */
export type RoughtimeKey = { readonly publicKey: Bytes; readonly privateKey: CryptoKeyLike };

export const HASH_BYTES = 32;
export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
const ED25519 = { name: 'Ed25519' } as const;

/** What a signature is of: a key for the time being (DELE), or a time (SREP). */
export type Purpose = 'delegation' | 'response';

/** The capital letter is the drafts', and of the example in appendix B, which the RFC's own text so makes invalid. */
const PROTOCOL: Readonly<Record<Version, string>> = { [VERSION_1]: 'Roughtime v1', [DRAFT]: 'RoughTime v1' };

const signed = (version: Version, purpose: Purpose, value: Uint8Array): Bytes =>
  concatenate(utf8(`${PROTOCOL[version]} ${purpose} signature\0`), value);

export const sign = async (
  version: Version,
  purpose: Purpose,
  value: Uint8Array,
  privateKey: CryptoKeyLike,
): Promise<Bytes> => new Uint8Array(await subtle.sign(ED25519, privateKey, signed(version, purpose, value)));

/** @returns false also for a key that is no point of the curve, which some runtimes refuse to import. */
export const isSigned = async (
  version: Version,
  purpose: Purpose,
  value: Uint8Array,
  signature: Bytes,
  publicKey: Bytes,
): Promise<boolean> => {
  try {
    const key = await subtle.importKey('raw', publicKey, ED25519, true, ['verify']);
    return await subtle.verify(ED25519, key, signature, signed(version, purpose, value));
  } catch {
    return false;
  }
};

/** H(a || b …). */
export const hash = async (...parts: readonly Uint8Array[]): Promise<Bytes> =>
  new Uint8Array(await subtle.digest('SHA-512', concatenate(...parts)), 0, HASH_BYTES);

export const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

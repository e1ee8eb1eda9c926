/** The few things of the web platform that Node, workerd and browsers share and this folder needs, with types of its own. */

/** A WebCrypto key, opaque here; every runtime's `CryptoKey` fits. */
export type CryptoKeyLike = { readonly type: string; readonly extractable: boolean };

export type PublicJwk = { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };

export type Bytes = Uint8Array<ArrayBuffer>;
type SubtleCryptoLike = {
  digest(algorithm: 'SHA-256' | 'SHA-512', data: Bytes): Promise<ArrayBuffer>;
  importKey(
    format: 'jwk',
    jwk: PublicJwk,
    algorithm: { name: 'Ed25519' },
    extractable: boolean,
    usages: string[],
  ): Promise<CryptoKeyLike>;
  importKey(
    format: 'raw',
    key: Bytes,
    algorithm: { name: 'Ed25519' },
    extractable: boolean,
    usages: string[],
  ): Promise<CryptoKeyLike>;
  sign(algorithm: { name: 'Ed25519' }, key: CryptoKeyLike, data: Bytes): Promise<ArrayBuffer>;
  verify(algorithm: { name: 'Ed25519' }, key: CryptoKeyLike, signature: Bytes, data: Bytes): Promise<boolean>;
};
type Platform = {
  crypto: { subtle: SubtleCryptoLike };
  TextEncoder: new () => { encode(text: string): Bytes };
  TextDecoder: new (label: 'utf-8', options: { fatal: true }) => { decode(bytes: Uint8Array): string };
  atob(text: string): string;
  btoa(text: string): string;
};
const platform = globalThis as unknown as Platform;

export const subtle = platform.crypto.subtle;

export const utf8 = (text: string): Bytes => new platform.TextEncoder().encode(text);

/** Strict: undefined for bytes that are not UTF-8. */
export const fromUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return new platform.TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

/** RFC 4648 §4, with padding. */
export const base64 = (bytes: Uint8Array): string =>
  // A spread would go through the bytes one by one, and take ten times as long.
  platform.btoa(Reflect.apply(String.fromCharCode, null, bytes));

/** Strict: undefined for anything that `base64` would not have written. */
export const fromBase64 = (text: string): Bytes | undefined => {
  if (!/^[A-Za-z\d+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = Uint8Array.from(platform.atob(text), (c) => c.charCodeAt(0));
  return base64(bytes) === text ? bytes : undefined;
};

/** RFC 4648 §5, without padding. */
export const base64url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/**
 * Strict: undefined for anything that `base64url` would not have written, so that one value has one spelling only
 * (a second spelling of a signature would be a second hash for the same sample).
 */
export const fromBase64url = (text: string): Bytes | undefined => {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const padding = '='.repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding);
};

/** SHA-256 of the text's UTF-8 bytes, in base64url: 43 characters. */
export const sha256 = async (text: string): Promise<string> =>
  base64url(new Uint8Array(await subtle.digest('SHA-256', utf8(text))));

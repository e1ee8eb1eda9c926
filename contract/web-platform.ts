/** The few things of the web platform that Node, workerd and browsers share and this folder needs, with types of its own. */

/** A WebCrypto key, opaque here; every runtime's `CryptoKey` fits. */
export type CryptoKeyLike = { readonly type: string; readonly extractable: boolean };

export type PublicJwk = { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };

type Bytes = Uint8Array<ArrayBuffer>;
type SubtleCryptoLike = {
  digest(algorithm: 'SHA-256', data: Bytes): Promise<ArrayBuffer>;
  importKey(
    format: 'jwk',
    jwk: PublicJwk,
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

/** RFC 4648 §5, without padding. */
export const base64url = (bytes: Uint8Array): string =>
  platform
    .btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/**
 * Strict: undefined for anything that `base64url` would not have written, so that one value has one spelling only
 * (a second spelling of a signature would be a second hash for the same sample).
 */
export const fromBase64url = (text: string): Bytes | undefined => {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = Uint8Array.from(platform.atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  return base64url(bytes) === text ? bytes : undefined;
};

/** SHA-256 of the text's UTF-8 bytes, in base64url: 43 characters. */
export const sha256 = async (text: string): Promise<string> =>
  base64url(new Uint8Array(await subtle.digest('SHA-256', utf8(text))));

/** The message authentication code behind a packet, RFC 5905 §7.3: key id (32) | digest. */
import { ok, type Result, refuse } from '#contract/result.ts';

/** Key id 0 with an empty digest is a crypto-NAK, RFC 5905 §9.2. `digest` is a view of the datagram. */
export type Mac = { readonly keyId: number; readonly digest: Uint8Array };

/** Octets of the key id, in front of the digest. */
export const MAC_HEAD = 4;
/** In NTPv4, longer digests are cut to this. */
export const MAX_V4_DIGEST_SIZE = 20;
/** And what is longer than this must be an extension field, RFC 7822 §7.5.1. */
export const MAX_V4_MAC_SIZE = MAC_HEAD + MAX_V4_DIGEST_SIZE;

export const encodeMac = ({ keyId, digest }: Mac): Uint8Array => {
  const bytes = new Uint8Array(MAC_HEAD + digest.length);
  new DataView(bytes.buffer).setUint32(0, keyId);
  bytes.set(digest, MAC_HEAD);
  return bytes;
};

/** @param bytes - all that is left of the datagram. */
export const decodeMac = (bytes: Uint8Array, version: number): Result<Mac, 'malformed-mac'> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isMacAt(view, 0, bytes.length, version)) return refuse('malformed-mac');
  return ok({ keyId: view.getUint32(0), digest: bytes.subarray(MAC_HEAD) });
};

/** Whether a MAC reaches from `at` to `end`, for whoever must not allocate. */
export const isMacAt = (view: DataView, at: number, end: number, version: number): boolean => {
  const size = end - at - MAC_HEAD;
  return size > 0 ? isDigestSize(size, version) : size === 0 && view.getInt32(at) === 0;
};

/** NTPv4: 16 octets (MD5, AES-CMAC) or 20 (SHA-1, and longer ones cut). Before: from DES's 8 to SHA-512's 64. */
const isDigestSize = (size: number, version: number): boolean =>
  version === 4 ? size === 16 || size === MAX_V4_DIGEST_SIZE : size % 4 === 0 && size >= 8 && size <= 64;

export const isCryptoNak = ({ digest }: Mac): boolean => digest.length === 0;

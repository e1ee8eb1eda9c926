/** Requests and replies by a symmetric key, RFC 5905 §7.3 and RFC 8573: all of a packet that stands in front of the MAC is authentic. */
import { ok, type Result, refuse } from '#contract/result.ts';
import { encodeMac, MAC_HEAD, MAX_V4_DIGEST_SIZE } from '../wire/mac.ts';
import { HEADER_SIZE, versionOf } from '../wire/ntp-packet.ts';
import { findMac } from '../wire/trailer.ts';
import type { AuthenticationRefusal } from './authentication.ts';
import type { Cryptography } from './cryptography.ts';
import type { SymmetricKey } from './server-keys.ts';

/** Of the block of `Cryptography`: the packet at 0, the digest behind it. One context for MACs. */
const DIGEST_AT = 4096;
export const SYMMETRIC_MEMORY = 4160;

/** @returns a view, until the next digest. */
const digestOf = ({ algorithm, secret }: SymmetricKey, bytes: Uint8Array, cryptography: Cryptography): Uint8Array => {
  const { octets } = cryptography;
  octets.set(bytes);
  cryptography.setSecret(0, algorithm, secret);
  const size = cryptography.digest(0, 0, bytes.length, DIGEST_AT);
  return octets.subarray(DIGEST_AT, DIGEST_AT + Math.min(size, MAX_V4_DIGEST_SIZE));
};

/** @param bytes - a header. */
export const signRequest = (key: SymmetricKey, bytes: Uint8Array, cryptography: Cryptography): Uint8Array => {
  const mac = encodeMac({ keyId: key.id, digest: digestOf(key, bytes, cryptography) });
  const signed = new Uint8Array(bytes.length + mac.length);
  signed.set(bytes);
  signed.set(mac, bytes.length);
  return signed;
};

/**
 * @param key - the one that this server is bound to: any other, however well we know it, may be in more hands.
 * @returns the reply's header, a view, which is all of it that tells time.
 */
export const verifyReply = (
  key: SymmetricKey,
  bytes: Uint8Array,
  cryptography: Cryptography,
): Result<Uint8Array, AuthenticationRefusal> => {
  if (bytes.length < HEADER_SIZE) return refuse('unauthenticated');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const macAt = findMac(view, HEADER_SIZE, bytes.length, versionOf(bytes[0]!));
  if (macAt < 0 || macAt === bytes.length) return refuse('unauthenticated');
  if (macAt === bytes.length - MAC_HEAD) return refuse('crypto-nak');
  if (view.getUint32(macAt) !== key.id) return refuse('wrong-key');
  const authentic = bytes.subarray(0, macAt);
  const isGood = isEqual(digestOf(key, authentic, cryptography), bytes.subarray(macAt + MAC_HEAD));
  return isGood ? ok(bytes.subarray(0, HEADER_SIZE)) : refuse('bad-mac');
};

/** Takes as long wherever they differ: how long it took tells a forger nothing. */
const isEqual = (one: Uint8Array, other: Uint8Array): boolean => {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let i = 0; i < one.length; i++) difference |= one[i]! ^ other[i]!;
  return difference === 0;
};

/** Seals and digests by node:crypto and the letter of the RFCs: slow, plain, and none of ours, for ours to be held against. */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { MacAlgorithm } from '../../ntp-gateway/config.ts';
import { AES_SIV_CMAC_256, type AeadAlgorithm } from '../../ntp-gateway/wire/nts.ts';

const TAG = 16;

export type Sealing = {
  readonly algorithm: AeadAlgorithm;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly associated: Uint8Array;
};

const isSiv = ({ algorithm }: Sealing): boolean => algorithm === AES_SIV_CMAC_256;
/** Node's types know of no SIV. */
const nameOf = (sealing: Sealing) => (isSiv(sealing) ? 'aes-128-siv' : 'aes-128-gcm-siv') as 'aes-128-gcm';
/** For SIV the nonce is the last component of what is associated, RFC 5297 §3. */
const ivOf = (sealing: Sealing) => (isSiv(sealing) ? (null as never) : sealing.nonce);
const componentsOf = (sealing: Sealing): readonly Uint8Array[] =>
  isSiv(sealing) ? [sealing.associated, sealing.nonce] : [sealing.associated];

/** With SIV the tag comes first, RFC 5297 §2.6, with GCM-SIV last, RFC 8452 §4. */
export const sealByNode = (sealing: Sealing, plain: Uint8Array): Uint8Array<ArrayBuffer> => {
  const cipher = createCipheriv(nameOf(sealing), sealing.key, ivOf(sealing), { authTagLength: TAG });
  for (const component of componentsOf(sealing)) cipher.setAAD(component);
  const sealed = [cipher.update(plain), cipher.final()];
  return Uint8Array.from(
    Buffer.concat(isSiv(sealing) ? [cipher.getAuthTag(), ...sealed] : [...sealed, cipher.getAuthTag()]),
  );
};

/** @returns undefined where it is not authentic. */
export const openByNode = (sealing: Sealing, sealed: Uint8Array): Uint8Array<ArrayBuffer> | undefined => {
  const decipher = createDecipheriv(nameOf(sealing), sealing.key, ivOf(sealing), { authTagLength: TAG });
  for (const component of componentsOf(sealing)) decipher.setAAD(component);
  decipher.setAuthTag(isSiv(sealing) ? sealed.subarray(0, TAG) : sealed.subarray(-TAG));
  try {
    const plain = decipher.update(isSiv(sealing) ? sealed.subarray(TAG) : sealed.subarray(0, -TAG));
    return Uint8Array.from(Buffer.concat([plain, decipher.final()]));
  } catch {
    return undefined;
  }
};

/** RFC 5905 §7.3: a hash of the secret and what follows; RFC 8573 §3: AES-CMAC. Whole, not cut. */
export const digestByNode = (algorithm: MacAlgorithm, secret: Uint8Array, bytes: Uint8Array): Uint8Array => {
  if (algorithm === 'aes-128-cmac' || algorithm === 'aes-256-cmac') return cmac(secret, bytes);
  return Uint8Array.from(createHash(algorithm).update(secret).update(bytes).digest());
};

/** RFC 4493 §2.4. */
const cmac = (key: Uint8Array, message: Uint8Array): Uint8Array => {
  const encrypt = (block: Uint8Array): Uint8Array =>
    createCipheriv(`aes-${key.length * 8}-ecb`, key, null).update(block);
  const first = doubled(encrypt(new Uint8Array(TAG)));
  const blocks = Math.max(1, Math.ceil(message.length / TAG));
  let state: Uint8Array = new Uint8Array(TAG);
  for (let i = 0; i < blocks - 1; i++) state = encrypt(xor(state, message.subarray(TAG * i, TAG * (i + 1))));
  const rest = message.subarray(TAG * (blocks - 1));
  const last = new Uint8Array(TAG);
  last.set(rest);
  if (rest.length < TAG) last[rest.length] = 0x80;
  return encrypt(xor(state, xor(last, rest.length === TAG ? first : doubled(first))));
};

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(a, (octet, i) => octet ^ b[i]!);

/** In GF(2^128). */
const doubled = (block: Uint8Array): Uint8Array =>
  Uint8Array.from(
    block,
    (octet, i) => (octet << 1) ^ ((block[i + 1] ?? 0) >> 7) ^ (i === TAG - 1 && block[0]! >> 7 ? 0x87 : 0),
  );

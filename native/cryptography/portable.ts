/** JavaScript and what Node itself has, for a machine without FFI. It allocates, and takes some fifty times as long. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import {
  AEAD_KEY_SIZE,
  AES_SIV_CMAC_256,
  type Aead,
  type AeadAlgorithm,
  type Block,
  type Engine,
  isCmac,
  type Mac,
  type MacAlgorithm,
} from './engine.ts';

type Noble = typeof import('@noble/ciphers/aes.js');
let loaded: Noble | undefined;
/** By `require`, which takes modules too, when it is first needed: it is some MiB in each thread, and most machines have a better engine. */
const noble = (): Noble => {
  loaded ??= createRequire(import.meta.url)('@noble/ciphers/aes.js') as Noble;
  return loaded;
};

const allocate = (size: number): Block => {
  const buffer = new ArrayBuffer(size);
  return { octets: new Uint8Array(buffer), words: new Int32Array(buffer), pointers: [] };
};

const openAead = (algorithm: AeadAlgorithm, { octets }: Block, count: number): Aead => {
  const keySize = AEAD_KEY_SIZE[algorithm];
  const keys = new Uint8Array(count * keySize);
  const part = (at: number, length: number): Uint8Array<ArrayBuffer> => octets.subarray(at, at + length);
  const cipher = (context: number, nonce: Uint8Array<ArrayBuffer>, associated: Uint8Array<ArrayBuffer>) => {
    const key = keys.subarray(context * keySize, (context + 1) * keySize);
    // RFC 5297 §3: the nonce is the last component of what is authenticated.
    return algorithm === AES_SIV_CMAC_256
      ? noble().aessiv(key, associated, nonce)
      : noble().gcmsiv(key, nonce, associated);
  };
  return {
    setKey: (context, keyAt) => keys.set(part(keyAt, keySize), context * keySize),
    seal: (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
      const sealing = cipher(context, part(nonceAt, nonceLength), part(associatedAt, associatedLength));
      octets.set(sealing.encrypt(part(at, length)), to);
    },
    open: (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
      const opening = cipher(context, part(nonceAt, nonceLength), part(associatedAt, associatedLength));
      try {
        octets.set(opening.decrypt(part(at, length)), to);
        return true;
      } catch {
        return false;
      }
    },
    free: () => keys.fill(0),
  };
};

const openMac = (algorithm: MacAlgorithm, { octets }: Block, secret: Uint8Array): Mac => {
  const own = Uint8Array.from(secret);
  const digest = (message: Uint8Array<ArrayBuffer>): Uint8Array =>
    isCmac(algorithm) ? noble().cmac(message, own) : createHash(algorithm).update(own).update(message).digest();
  return {
    digest: (at, length, to) => octets.set(digest(octets.subarray(at, at + length)), to),
    free: () => own.fill(0),
  };
};

export const portable: Engine = { name: 'portable', allocate, openAead, openMac };

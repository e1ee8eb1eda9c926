/** OpenSSL's AES-SIV and AES-GCM-SIV. man 7 EVP_CIPHER-AES, man 3 EVP_EncryptInit "AEAD Interface". */
import type { LibraryHandle } from 'koffi';
import { AEAD_KEY_SIZE, AES_SIV_CMAC_256, type Aead, type AeadAlgorithm, type Block, TAG_SIZE } from './engine.ts';
import { allocateNativeBlock } from './native-block.ts';
import type { Call, Make } from './native-call.ts';

/** EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG. */
const [GET_TAG, SET_TAG] = [0x10, 0x11];

export const findAeadCalls = (openssl: LibraryHandle) => {
  const find = (signature: string): Call => openssl.func(signature);
  const findMaker = (signature: string): Make => openssl.func(signature);
  return {
    clearErrors: find('void ERR_clear_error()'),
    fetch: findMaker('void *EVP_CIPHER_fetch(void *library, const char *name, const char *properties)'),
    release: find('void EVP_CIPHER_free(void *cipher)'),
    make: findMaker('void *EVP_CIPHER_CTX_new()'),
    free: find('void EVP_CIPHER_CTX_free(void *context)'),
    copy: find('int EVP_CIPHER_CTX_copy(void *to, void *from)'),
    begin: find(
      'int EVP_CipherInit_ex2(void *context, void *cipher, void *key, void *nonce, int seals, void *parameters)',
    ),
    update: find('int EVP_CipherUpdate(void *context, void *to, void *written, void *from, int length)'),
    finish: find('int EVP_CipherFinal_ex(void *context, void *to, void *written)'),
    control: find('int EVP_CIPHER_CTX_ctrl(void *context, int type, int length, void *operand)'),
  };
};

/**
 * A context is good for one message, and to take SIV's key costs more than the message does: from a key's second message on,
 * its context is copied from one that has the key already. Most keys of a server have but one. GCM-SIV makes keys of the
 * nonce for each message anyway.
 */
export const openAead = (
  calls: ReturnType<typeof findAeadCalls>,
  algorithm: AeadAlgorithm,
  { octets, words, pointers }: Block,
  count: number,
): Aead | undefined => {
  const { begin, copy, control, update, finish } = calls;
  const isSiv = algorithm === AES_SIV_CMAC_256;
  const cipher = calls.fetch(null, isSiv ? 'AES-128-SIV' : 'AES-128-GCM-SIV', null);
  if (cipher === null) {
    calls.clearErrors();
    return undefined;
  }
  const work = calls.make();
  /** To each key of SIV two: one that opens, one that seals. */
  const keyed = Array.from({ length: isSiv ? 2 * count : 0 }, () => calls.make());
  const messages = new Uint8Array(2 * count);
  const keyWords = AEAD_KEY_SIZE[algorithm] / 4;
  const tagWord = count * keyWords;
  const own = allocateNativeBlock((tagWord + TAG_SIZE / 4 + 1) * 4);
  const tag = own.pointers[tagWord];
  const written = own.pointers[tagWord + TAG_SIZE / 4];

  /** @returns false where OpenSSL fails: then `work` may still have the key of the message before. */
  const start = (context: number, seals: 0 | 1, nonceAt: number): boolean => {
    const key = own.pointers[context * keyWords];
    const direction = 2 * context + seals;
    if (!isSiv) return begin(work, cipher, key, pointers[nonceAt >> 2], seals, null) === 1;
    if (messages[direction] === 0) {
      messages[direction] = 1;
      return begin(work, cipher, key, null, seals, null) === 1;
    }
    if (messages[direction] === 1) {
      if (begin(keyed[direction], cipher, key, null, seals, null) !== 1) return false;
      messages[direction] = 2;
    }
    return copy(work, keyed[direction]) === 1;
  };
  /** @returns whether all went well; of what is opened, whether it is authentic. */
  const run = (
    nonceAt: number,
    nonceLength: number,
    associatedAt: number,
    associatedLength: number,
    from: number,
    length: number,
    to: number,
  ): boolean =>
    update(work, null, written, pointers[associatedAt >> 2], associatedLength) === 1 &&
    // RFC 5297 §3: to SIV the nonce is the last component of what is authenticated.
    (!isSiv || update(work, null, written, pointers[nonceAt >> 2], nonceLength) === 1) &&
    update(work, pointers[to >> 2], written, pointers[from >> 2], length) === 1 &&
    (isSiv || finish(work, pointers[to >> 2], written) === 1);

  return {
    setKey: (context, keyAt) => {
      for (let i = 0; i < keyWords; i++) own.words[context * keyWords + i] = words[(keyAt >> 2) + i]!;
      messages[2 * context] = 0;
      messages[2 * context + 1] = 0;
    },
    seal: (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
      const isSealed =
        start(context, 1, nonceAt) &&
        run(nonceAt, nonceLength, associatedAt, associatedLength, at, length, isSiv ? to + TAG_SIZE : to) &&
        control(work, GET_TAG, TAG_SIZE, tag) === 1;
      if (!isSealed) throw new Error('OpenSSL does not seal');
      const tagAt = isSiv ? to : to + length;
      for (let i = 0; i < TAG_SIZE; i++) octets[tagAt + i] = own.octets[tagWord * 4 + i]!;
    },
    open: (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
      const rest = length - TAG_SIZE;
      const tagAt = isSiv ? at : at + rest;
      for (let i = 0; i < TAG_SIZE; i++) own.octets[tagWord * 4 + i] = octets[tagAt + i]!;
      const isAuthentic =
        start(context, 0, nonceAt) &&
        control(work, SET_TAG, TAG_SIZE, tag) === 1 &&
        run(nonceAt, nonceLength, associatedAt, associatedLength, isSiv ? at + TAG_SIZE : at, rest, to);
      if (!isAuthentic) calls.clearErrors(); // or node:crypto and node:tls would find them
      return isAuthentic;
    },
    free: () => {
      for (const context of [work, ...keyed]) calls.free(context);
      calls.release(cipher);
      own.octets.fill(0);
    },
  };
};

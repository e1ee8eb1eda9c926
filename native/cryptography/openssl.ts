/**
 * OpenSSL as it stands inside of Node, by FFI: node:crypto makes objects for each operation, and takes twice the time.
 * man 7 EVP_CIPHER-AES, man 3 EVP_EncryptInit (AEAD interface), man 7 EVP_MAC-CMAC.
 */
import koffi from 'koffi';
import {
  AEAD_KEY_SIZE,
  AES_SIV_CMAC_256,
  type Aead,
  type AeadAlgorithm,
  type Block,
  type CmacAlgorithm,
  type Engine,
  type HashAlgorithm,
  isCmac,
  type Mac,
  TAG_SIZE,
} from './engine.ts';
import { allocateNativeBlock } from './native-block.ts';

type Operand = bigint | number | string | null | undefined | Uint8Array | BigUint64Array;
type Call = (...operands: Operand[]) => number;
type Make = (...operands: Operand[]) => bigint | null;

/** EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG. */
const [GET_TAG, SET_TAG] = [0x10, 0x11];
/** OSSL_PARAM_UTF8_STRING, and OSSL_MAC_PARAM_CIPHER with its values. */
const UTF8_STRING = 4n;
const CIPHER = Buffer.from('cipher\0');
const CIPHERS: Readonly<Record<CmacAlgorithm, Buffer>> = {
  'aes-128-cmac': Buffer.from('AES-128-CBC\0'),
  'aes-256-cmac': Buffer.from('AES-256-CBC\0'),
};

const findCalls = () => {
  const openssl = koffi.load(null);
  const find = (signature: string): Call => openssl.func(signature);
  const findMaker = (signature: string): Make => openssl.func(signature);
  return {
    clearErrors: find('void ERR_clear_error()'),
    fetchCipher: findMaker('void *EVP_CIPHER_fetch(void *library, const char *name, const char *properties)'),
    releaseCipher: find('void EVP_CIPHER_free(void *cipher)'),
    makeCipher: findMaker('void *EVP_CIPHER_CTX_new()'),
    freeCipher: find('void EVP_CIPHER_CTX_free(void *context)'),
    copyCipher: find('int EVP_CIPHER_CTX_copy(void *to, void *from)'),
    begin: find(
      'int EVP_CipherInit_ex2(void *context, void *cipher, void *key, void *nonce, int seals, void *parameters)',
    ),
    update: find('int EVP_CipherUpdate(void *context, void *to, void *written, void *from, int length)'),
    finish: find('int EVP_CipherFinal_ex(void *context, void *to, void *written)'),
    control: find('int EVP_CIPHER_CTX_ctrl(void *context, int type, int length, void *operand)'),
    fetchHash: findMaker('void *EVP_MD_fetch(void *library, const char *name, const char *properties)'),
    releaseHash: find('void EVP_MD_free(void *hash)'),
    makeHash: findMaker('void *EVP_MD_CTX_new()'),
    freeHash: find('void EVP_MD_CTX_free(void *context)'),
    copyHash: find('int EVP_MD_CTX_copy_ex(void *to, void *from)'),
    beginHash: find('int EVP_DigestInit_ex2(void *context, void *hash, void *parameters)'),
    updateHash: find('int EVP_DigestUpdate(void *context, void *from, size_t length)'),
    finishHash: find('int EVP_DigestFinal_ex(void *context, void *to, void *written)'),
    fetchMac: findMaker('void *EVP_MAC_fetch(void *library, const char *name, const char *properties)'),
    releaseMac: find('void EVP_MAC_free(void *mac)'),
    makeMac: findMaker('void *EVP_MAC_CTX_new(void *mac)'),
    freeMac: find('void EVP_MAC_CTX_free(void *context)'),
    beginMac: find('int EVP_MAC_init(void *context, void *key, size_t length, void *parameters)'),
    updateMac: find('int EVP_MAC_update(void *context, void *from, size_t length)'),
    finishMac: find('int EVP_MAC_final(void *context, void *to, void *written, size_t room)'),
  };
};
type Calls = ReturnType<typeof findCalls>;

/** @returns undefined where this program has no such library in it. */
export const loadOpenssl = (): Engine | undefined => {
  try {
    const calls = findCalls();
    return {
      name: 'openssl',
      allocate: allocateNativeBlock,
      openAead: (algorithm, block, count) => openAead(calls, algorithm, block, count),
      openMac: (algorithm, block, secret) =>
        isCmac(algorithm) ? openCmac(calls, algorithm, block, secret) : openHash(calls, algorithm, block, secret),
    };
  } catch {
    return undefined;
  }
};

/**
 * A context is good for one message, and taking a key costs several times what a message does: from a key's second message
 * on, its context is copied from one that has the key already. Most keys of a server have but one.
 */
const openAead = (calls: Calls, algorithm: AeadAlgorithm, block: Block, count: number): Aead | undefined => {
  const { begin, copyCipher, control, update, finish } = calls;
  const { octets, words, pointers } = block;
  const isSiv = algorithm === AES_SIV_CMAC_256;
  const cipher = calls.fetchCipher(null, isSiv ? 'AES-128-SIV' : 'AES-128-GCM-SIV', null);
  if (cipher === null) {
    calls.clearErrors();
    return undefined;
  }
  const work = calls.makeCipher();
  /** To each key two: one that opens, one that seals. */
  const keyed = Array.from({ length: 2 * count }, () => calls.makeCipher());
  const messages = new Uint8Array(2 * count);
  const keyWords = AEAD_KEY_SIZE[algorithm] / 4;
  const tagWord = count * keyWords;
  const own = allocateNativeBlock((tagWord + TAG_SIZE / 4 + 1) * 4);
  const tag = own.pointers[tagWord];
  const written = own.pointers[tagWord + TAG_SIZE / 4];

  const start = (context: number, seals: 0 | 1, nonce: bigint | null): void => {
    const direction = 2 * context + seals;
    const key = own.pointers[context * keyWords];
    if (messages[direction] === 0) {
      messages[direction] = 1;
      begin(work, cipher, key, nonce, seals, null);
      return;
    }
    if (messages[direction] === 1) {
      messages[direction] = 2;
      begin(keyed[direction], cipher, key, null, seals, null);
    }
    copyCipher(work, keyed[direction]);
    if (nonce !== null) begin(work, null, null, nonce, seals, null);
  };
  /** @returns 1 if what was opened is authentic. */
  const run = (
    nonceAt: number,
    nonceLength: number,
    associatedAt: number,
    associatedLength: number,
    from: number,
    length: number,
    to: number,
  ): number => {
    // RFC 5297 §3: to SIV the nonce is the last component of what is authenticated.
    update(work, null, written, pointers[associatedAt >> 2], associatedLength);
    if (isSiv) update(work, null, written, pointers[nonceAt >> 2], nonceLength);
    const good = update(work, pointers[to >> 2], written, pointers[from >> 2], length);
    return good === 1 ? finish(work, pointers[to >> 2], written) : good;
  };

  return {
    setKey: (context, keyAt) => {
      for (let i = 0; i < keyWords; i++) own.words[context * keyWords + i] = words[(keyAt >> 2) + i]!;
      messages[2 * context] = 0;
      messages[2 * context + 1] = 0;
    },
    seal: (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
      start(context, 1, isSiv ? null : pointers[nonceAt >> 2]!);
      const sealed = run(nonceAt, nonceLength, associatedAt, associatedLength, at, length, isSiv ? to + TAG_SIZE : to);
      if (sealed !== 1 || control(work, GET_TAG, TAG_SIZE, tag) !== 1) throw new Error('OpenSSL does not seal');
      const tagAt = isSiv ? to : to + length;
      for (let i = 0; i < TAG_SIZE; i++) octets[tagAt + i] = own.octets[tagWord * 4 + i]!;
    },
    open: (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
      const rest = length - TAG_SIZE;
      const tagAt = isSiv ? at : at + rest;
      for (let i = 0; i < TAG_SIZE; i++) own.octets[tagWord * 4 + i] = octets[tagAt + i]!;
      start(context, 0, isSiv ? null : pointers[nonceAt >> 2]!);
      control(work, SET_TAG, TAG_SIZE, tag);
      const from = isSiv ? at + TAG_SIZE : at;
      const good = run(nonceAt, nonceLength, associatedAt, associatedLength, from, rest, to) === 1;
      if (!good) calls.clearErrors(); // or node:crypto and node:tls would find them
      return good;
    },
    free: () => {
      for (const context of [work, ...keyed]) calls.freeCipher(context);
      calls.releaseCipher(cipher);
      own.octets.fill(0);
    },
  };
};

const openHash = (calls: Calls, algorithm: HashAlgorithm, { pointers }: Block, secret: Uint8Array): Mac | undefined => {
  const { copyHash, updateHash, finishHash } = calls;
  const hash = calls.fetchHash(null, algorithm, null);
  if (hash === null) {
    calls.clearErrors(); // a strict policy has no MD5
    return undefined;
  }
  const keyed = calls.makeHash();
  const work = calls.makeHash();
  calls.beginHash(keyed, hash, null);
  updateHash(keyed, secret, secret.length);
  return {
    digest: (at, length, to) => {
      copyHash(work, keyed);
      updateHash(work, pointers[at >> 2], length);
      finishHash(work, pointers[to >> 2], null);
    },
    free: () => {
      for (const context of [work, keyed]) calls.freeHash(context);
      calls.releaseHash(hash);
    },
  };
};

const openCmac = (calls: Calls, algorithm: CmacAlgorithm, { pointers }: Block, secret: Uint8Array): Mac | undefined => {
  const { beginMac, updateMac, finishMac } = calls;
  const mac = calls.fetchMac(null, 'CMAC', null);
  if (mac === null) {
    calls.clearErrors();
    return undefined;
  }
  const work = calls.makeMac(mac);
  const cipher = CIPHERS[algorithm];
  // struct ossl_param_st twice, the second one all zeros: name, type, value and its octets, and what comes back.
  const parameters = new BigUint64Array(10);
  parameters.set([koffi.address(CIPHER), UTF8_STRING, koffi.address(cipher), BigInt(cipher.length - 1)]);
  if (beginMac(work, secret, secret.length, parameters) !== 1)
    throw new Error(`OpenSSL does not take a key of ${algorithm}`);
  return {
    digest: (at, length, to) => {
      beginMac(work, null, 0, null); // the same key again
      updateMac(work, pointers[at >> 2], length);
      finishMac(work, pointers[to >> 2], null, TAG_SIZE);
    },
    free: () => {
      calls.freeMac(work);
      calls.releaseMac(mac);
    },
  };
};

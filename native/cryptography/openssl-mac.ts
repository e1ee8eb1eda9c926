/** OpenSSL's hashes and CMACs. man 3 EVP_DigestInit, man 7 EVP_MAC-CMAC. */
import koffi, { type LibraryHandle } from 'koffi';
import {
  type Block,
  type CmacAlgorithm,
  type HashAlgorithm,
  isCmac,
  type Mac,
  type MacAlgorithm,
  TAG_SIZE,
} from './engine.ts';
import type { Call, Make } from './native-call.ts';

/** OSSL_PARAM_UTF8_STRING, and OSSL_MAC_PARAM_CIPHER with its values. */
const UTF8_STRING = 4n;
const CIPHER = Buffer.from('cipher\0');
const CIPHERS: Readonly<Record<CmacAlgorithm, Buffer>> = {
  'aes-128-cmac': Buffer.from('AES-128-CBC\0'),
  'aes-256-cmac': Buffer.from('AES-256-CBC\0'),
};

export const findMacCalls = (openssl: LibraryHandle) => {
  const find = (signature: string): Call => openssl.func(signature);
  const findMaker = (signature: string): Make => openssl.func(signature);
  return {
    clearErrors: find('void ERR_clear_error()'),
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
type Calls = ReturnType<typeof findMacCalls>;

export const openMac = (calls: Calls, algorithm: MacAlgorithm, block: Block, secret: Uint8Array): Mac | undefined =>
  isCmac(algorithm) ? openCmac(calls, algorithm, block, secret) : openHash(calls, algorithm, block, secret);

const openHash = (calls: Calls, algorithm: HashAlgorithm, { pointers }: Block, secret: Uint8Array): Mac | undefined => {
  const { copyHash, updateHash, finishHash } = calls;
  const hash = calls.fetchHash(null, algorithm, null);
  if (hash === null) {
    calls.clearErrors(); // a strict policy has no MD5
    return undefined;
  }
  const keyed = calls.makeHash();
  const work = calls.makeHash();
  require(calls.beginHash(keyed, hash, null) === 1 && updateHash(keyed, secret, secret.length) === 1);
  return {
    digest: (at, length, to) => {
      const isBegun = copyHash(work, keyed) === 1 && updateHash(work, pointers[at >> 2], length) === 1;
      require(isBegun && finishHash(work, pointers[to >> 2], null) === 1);
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
  require(beginMac(work, secret, secret.length, parameters) === 1);
  return {
    digest: (at, length, to) => {
      // The same key again.
      const isBegun = beginMac(work, null, 0, null) === 1 && updateMac(work, pointers[at >> 2], length) === 1;
      require(isBegun && finishMac(work, pointers[to >> 2], null, TAG_SIZE) === 1);
    },
    free: () => {
      calls.freeMac(work);
      calls.releaseMac(mac);
    },
  };
};

/** Else a MAC would be compared with the digest of an earlier message, which still stands where this one's is to be. */
const require = (isGood: boolean): void => {
  if (!isGood) throw new Error('OpenSSL does not digest');
};

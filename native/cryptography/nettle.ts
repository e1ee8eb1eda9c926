/**
 * libnettle, which chronyd uses too, by FFI. Its contexts are structs of the caller's: nothing is allocated, nothing is freed.
 * Their sizes on a 64-bit system are part of the ABI that the 8 of `libnettle.so.8` stands for.
 */
import koffi from 'koffi';
import {
  AES_SIV_CMAC_256,
  type Aead,
  type AeadAlgorithm,
  type Block,
  DIGEST_SIZE,
  type Engine,
  isCmac,
  type Mac,
  type MacAlgorithm,
  TAG_SIZE,
} from './engine.ts';
import { allocateNativeBlock } from './native-block.ts';
import type { Call } from './native-call.ts';

const OPERANDS =
  '(void *context, size_t nonceLength, void *nonce, size_t associatedLength, void *associated, size_t length, void *to, void *from)';

/** struct siv_cmac_aes128_ctx, in which struct aes128_ctx stands twice. */
const CONTEXT_SIZE = 384;
/** struct cmac_aes128_ctx, cmac_aes256_ctx, sha256_ctx, sha1_ctx, md5_ctx, each rounded up to 8 octets. */
const MAC_CONTEXT_SIZE: Readonly<Record<MacAlgorithm, number>> = {
  'aes-128-cmac': 248,
  'aes-256-cmac': 312,
  sha256: 112,
  sha1: 104,
  md5: 96,
};

/**
 * @param library - another one, for tests.
 * @returns undefined where there is none. AES-SIV-CMAC-256 came with nettle 3.4, AES-128-GCM-SIV with 3.9.
 */
export const loadNettle = (library = 'libnettle.so.8'): Engine | undefined => {
  const find = (signature: string): Call => koffi.load(library).func(signature);
  const findAead = (setKey: string, name: string) => ({
    setKey: find(`void nettle_${setKey}(void *context, void *key)`),
    seal: find(`void nettle_${name}_encrypt_message${OPERANDS}`),
    open: find(`int nettle_${name}_decrypt_message${OPERANDS}`),
  });
  const findMac = (name: string) => ({
    begin: find(`void nettle_${name}_${name.startsWith('cmac') ? 'set_key' : 'init'}(void *context, void *key)`),
    update: find(`void nettle_${name}_update(void *context, size_t length, void *from)`),
    finish: find(`void nettle_${name}_digest(void *context, size_t length, void *to)`),
  });
  const found = attempt(() => ({
    siv: findAead('siv_cmac_aes128_set_key', 'siv_cmac_aes128'),
    gcmSiv: attempt(() => findAead('aes128_set_encrypt_key', 'siv_gcm_aes128')),
    macs: {
      'aes-128-cmac': findMac('cmac_aes128'),
      'aes-256-cmac': findMac('cmac_aes256'),
      sha256: findMac('sha256'),
      sha1: findMac('sha1'),
      md5: findMac('md5'),
    },
  }));
  if (found === undefined) return undefined;

  const openAead = (algorithm: AeadAlgorithm, { pointers }: Block, count: number): Aead | undefined => {
    const calls = algorithm === AES_SIV_CMAC_256 ? found.siv : found.gcmSiv;
    if (calls === undefined) return undefined;
    const { setKey, seal, open } = calls;
    const memory = allocateNativeBlock(count * CONTEXT_SIZE);
    const contexts = Array.from({ length: count }, (_, i) => memory.pointers[(i * CONTEXT_SIZE) >> 2]);
    return {
      setKey: (context, keyAt) => {
        setKey(contexts[context], pointers[keyAt >> 2]);
      },
      seal: (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
        seal(
          contexts[context],
          nonceLength,
          pointers[nonceAt >> 2],
          associatedLength,
          pointers[associatedAt >> 2],
          length + TAG_SIZE,
          pointers[to >> 2],
          pointers[at >> 2],
        );
      },
      open: (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) =>
        open(
          contexts[context],
          nonceLength,
          pointers[nonceAt >> 2],
          associatedLength,
          pointers[associatedAt >> 2],
          length - TAG_SIZE,
          pointers[to >> 2],
          pointers[at >> 2],
        ) === 1,
      free: () => memory.octets.fill(0),
    };
  };

  const openMac = (algorithm: MacAlgorithm, { pointers }: Block, secret: Uint8Array): Mac => {
    const { begin, update, finish } = found.macs[algorithm];
    const size = MAC_CONTEXT_SIZE[algorithm];
    const digestSize = DIGEST_SIZE[algorithm];
    const memory = allocateNativeBlock(2 * size + Math.ceil(secret.length / 4) * 4);
    const [context, keyed, secretAt] = [0, size, 2 * size].map((at) => memory.pointers[at >> 2]);
    memory.octets.set(secret, 2 * size);
    begin(keyed, secretAt); // a hash has no such thing as a key, and does not look at the second operand
    if (!isCmac(algorithm)) update(keyed, secret.length, secretAt);
    memory.octets.fill(0, 2 * size);
    return {
      digest: (at, length, to) => {
        memory.octets.copyWithin(0, size, 2 * size);
        update(context, length, pointers[at >> 2]);
        finish(context, digestSize, pointers[to >> 2]);
      },
      free: () => memory.octets.fill(0),
    };
  };

  return { name: 'nettle', allocate: allocateNativeBlock, openAead, openMac };
};

const attempt = <T>(find: () => T): T | undefined => {
  try {
    return find();
  } catch {
    return undefined;
  }
};

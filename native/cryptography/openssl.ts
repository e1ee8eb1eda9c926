/**
 * OpenSSL as it stands inside of Node, by FFI: node:crypto makes objects for each operation, and takes several times as long.
 */
import koffi from 'koffi';
import type { Engine } from './engine.ts';
import { allocateNativeBlock } from './native-block.ts';
import { findAeadCalls, openAead } from './openssl-aead.ts';
import { findMacCalls, openMac } from './openssl-mac.ts';

/** @returns undefined where this program has no such library in it. */
export const loadOpenssl = (): Engine | undefined => {
  try {
    const openssl = koffi.load(null);
    const [aeadCalls, macCalls] = [findAeadCalls(openssl), findMacCalls(openssl)];
    return {
      name: 'openssl',
      allocate: allocateNativeBlock,
      openAead: (algorithm, block, contexts) => openAead(aeadCalls, algorithm, block, contexts),
      openMac: (algorithm, block, secret) => openMac(macCalls, algorithm, block, secret),
    };
  } catch {
    return undefined;
  }
};

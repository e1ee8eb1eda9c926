/** Nonces for the packet path, which nobody can foretell: a generator that others trust fills a pool, once for many of them. */
import { copyWords } from '../wire/copy-words.ts';

/** With octets of a cryptographic generator. */
export type Fill = (octets: Uint8Array) => void;
/** Writes a nonce of `size` octets, a multiple of 4, at `at`. */
export type DrawNonce = (to: DataView, at: number, size: number) => void;

const POOL_SIZE = 4096;

export const drawNonces = (fill: Fill): DrawNonce => {
  const octets = new Uint8Array(POOL_SIZE);
  const pool = new DataView(octets.buffer);
  let used = POOL_SIZE;
  return (to, at, size) => {
    if (used + size > POOL_SIZE) {
      fill(octets);
      used = 0;
    }
    copyWords(pool, used, to, at, size);
    used += size;
  };
};

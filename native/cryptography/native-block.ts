import koffi from 'koffi';
import type { Block } from './engine.ts';

const WORD = 4;

/** An ArrayBuffer, whose octets lie outside of the heap and stay where they are: it is collected, and need not be freed. */
export const allocateNativeBlock = (size: number): Block => {
  const buffer = new ArrayBuffer(size);
  const base: bigint = koffi.address(buffer);
  return {
    octets: new Uint8Array(buffer),
    words: new Int32Array(buffer),
    pointers: Array.from({ length: size / WORD }, (_, i) => base + BigInt(i * WORD)),
  };
};

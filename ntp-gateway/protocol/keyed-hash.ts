/**
 * HalfSipHash-1-3 of two words (Aumasson, Bernstein 2012, "SipHash", §2, in 32-bit words as its reference code has it). For
 * hash tables alone: who does not know the key cannot find words that meet, as they could for a hash that is merely mixed.
 */

/** Eight octets, in the last octet of the block that ends the message. */
const LENGTH = 8 << 24;
const COMPRESSIONS = 3;
const FINALIZATIONS = 3;

/** @returns int32, as all that goes in. */
export const keyedHash = (key0: number, key1: number, word0: number, word1: number): number => {
  let v0 = key0;
  let v1 = key1;
  let v2 = 0x6c796765 ^ key0;
  let v3 = 0x74656462 ^ key1;
  for (let round = 0; round < COMPRESSIONS + FINALIZATIONS; round++) {
    const word = round === 0 ? word0 : round === 1 ? word1 : round === 2 ? LENGTH : 0;
    if (round === COMPRESSIONS) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = rotate(v1, 5) ^ v0;
    v0 = rotate(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotate(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotate(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotate(v1, 13) ^ v2;
    v2 = rotate(v2, 16);
    v0 ^= word;
  }
  return v1 ^ v3;
};

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

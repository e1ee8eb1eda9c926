/**
 * Dice for the packet path: xorshift128 (Marsaglia 2003, "Xorshift RNGs"), 2^128 − 1 rolls until they repeat.
 * Not cryptographic: who sees enough rolls foretells the rest, so nothing may rest on it that must be secret.
 */

/** Four words, not all 0. */
export type Dice = Int32Array;

/** @param seed - four words that nobody can foretell. */
export const diceFrom = (seed: Int32Array): Dice =>
  Int32Array.from(seed.some((word) => word !== 0) ? seed : [1, 0, 0, 0]);

/** 32 bits, as int32. */
export const roll = (dice: Dice): number => {
  const mixed = dice[0]! ^ (dice[0]! << 11);
  const last = dice[3]!;
  dice[0] = dice[1]!;
  dice[1] = dice[2]!;
  dice[2] = last;
  dice[3] = last ^ (last >>> 19) ^ (mixed ^ (mixed >>> 8));
  return dice[3];
};

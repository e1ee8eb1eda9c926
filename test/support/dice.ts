/** Seeded dice for simulations: the same seed, the same day. */
export type Dice = ReturnType<typeof randomFrom>;

/** xoroshiro-like quality is not needed; this is the 64-bit mix of SplitMix64 (Steele, Lea, Flood 2014). */
export const randomFrom = (seed: number) => {
  let state = BigInt(seed);
  const bits = (): bigint => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
  const fraction = (): number => Number(bits() >> 11n) / 2 ** 53;
  return {
    bits,
    /** Uniform in [0, 1). */
    fraction,
    /** Mean 1. */
    exponential: (): number => -Math.log(1 - fraction()),
    /** Mean 0, standard deviation 1 (Box and Muller). */
    normal: (): number => Math.sqrt(-2 * Math.log(1 - fraction())) * Math.cos(2 * Math.PI * fraction()),
  };
};

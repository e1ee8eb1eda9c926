/** Seeded dice for simulations: the same seed, the same day. */
export type Dice = ReturnType<typeof randomFrom>;

/**
 * sfc32 (Doty-Humphrey, PractRand): 32-bit sums and shifts alone, so a draw costs a few ns.
 * @param stream - dice of one seed with different names are independent, so what one rolls more leaves others' alone.
 */
export const randomFrom = (seed: number, stream = '') => {
  let [a, b, c, counter] = [seed | 0, Math.floor(seed / 2 ** 32) | 0, hash(stream), 1];
  /** 32 random bits, signed. */
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum;
  };
  for (let i = 0; i < 15; i++) next();
  const fraction = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  return {
    bits: (): bigint => (BigInt(next() >>> 0) << 32n) | BigInt(next() >>> 0),
    /** Uniform in [0, 1). */
    fraction,
    /** Mean 1. */
    exponential: (): number => -Math.log(1 - fraction()),
    /** Mean 0, standard deviation 1 (Box and Muller). */
    normal: (): number => Math.sqrt(-2 * Math.log(1 - fraction())) * Math.cos(2 * Math.PI * fraction()),
  };
};

/** FNV-1a. */
const hash = (text: string): number =>
  [...text].reduce((h, char) => Math.imul(h ^ char.codePointAt(0)!, 0x01000193), 0x811c9dc5 | 0);

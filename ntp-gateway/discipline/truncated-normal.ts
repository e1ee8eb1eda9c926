/** A normal variable of which it is known that it stays below a limit: what remains of it. Arithmetic for delay-law.ts. */

const SQRT_2PI = Math.sqrt(2 * Math.PI);

/** `logMass`: ln Φ(a). `hazard`: φ(a) / Φ(a), by how many standard deviations the limit pushes the mean down. */
export type Truncation = { readonly logMass: number; readonly hazard: number };

/** @param a - the limit, in standard deviations above the mean. */
export const truncate = (a: number): Truncation => {
  const density = Math.exp((-a * a) / 2);
  const tail = scaledTail(Math.abs(a) / Math.SQRT2) / 2;
  if (a < 0) return { logMass: Math.log(tail) - (a * a) / 2, hazard: 1 / (SQRT_2PI * tail) };
  const mass = 1 - tail * density;
  return { logMass: Math.log(mass), hazard: density / SQRT_2PI / mass };
};

/**
 * erfc(x)·e^(x²) for x ≥ 0, to 1.2e-7 of itself: the Chebyshev fit of Numerical Recipes §6.2, whose factor e^(−x²) is left
 * out so that far tails neither vanish nor divide by zero.
 */
const scaledTail = (x: number): number => {
  const t = 1 / (1 + x / 2);
  let sum = 0;
  for (let i = COEFFICIENTS.length - 1; i >= 0; i--) sum = COEFFICIENTS[i]! + t * sum;
  return t * Math.exp(sum);
};

const COEFFICIENTS = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

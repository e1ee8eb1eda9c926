/** A normal variable of which it is known that it stays below a limit: what remains of it. Arithmetic for delay-law.ts. */

/** In standard deviations of the whole. Exact for limits far below the mean too, where Φ(a) is 0 and φ(a) / Φ(a) nearly −a. */
export type Truncation = {
  /** ln of the mass over the highest density (where that is 1) below the limit: of Φ(a), for a < 0 of Φ(a)·e^(a²/2). */
  readonly logMass: number;
  /** By how much the mean of what remains lies below the limit: a + φ(a) / Φ(a). */
  readonly depth: number;
  /** Which part of the variance remains, 0 to 1. */
  readonly kept: number;
};

const SQRT_2PI = Math.sqrt(2 * Math.PI);
/** Below it the fraction below is exact to 1e-9 with so many terms. */
const FAR = -5;
const TERMS = 24;

/** @param a - the limit, in standard deviations above the mean. */
export const truncate = (a: number): Truncation => (a < FAR ? far(-a) : near(a));

const near = (a: number): Truncation => {
  const tail = scaledTail(Math.abs(a) / Math.SQRT2) / 2;
  const density = Math.exp((-a * a) / 2);
  const mass = 1 - tail * density;
  const hazard = a < 0 ? 1 / (SQRT_2PI * tail) : density / SQRT_2PI / mass;
  return { logMass: Math.log(a < 0 ? tail : mass), depth: a + hazard, kept: 1 - hazard * (a + hazard) };
};

/** Laplace's continued fraction, Φ(−x) / φ(x) = 1 / (x + 1 / (x + 2 / (x + …))): Abramowitz and Stegun 26.2.14. */
const far = (x: number): Truncation => {
  let rest = 0;
  for (let i = TERMS; i >= 2; i--) rest = i / (x + rest);
  const depth = 1 / (x + rest);
  return { logMass: -Math.log(SQRT_2PI * (x + depth)), depth, kept: (rest - depth) * depth };
};

/**
 * erfc(x)·e^(x²) for x ≥ 0, to 1.2e-7 of itself: the Chebyshev fit of Numerical Recipes §6.2, whose factor e^(−x²) is left
 * out.
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

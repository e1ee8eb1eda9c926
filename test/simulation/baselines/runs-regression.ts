/**
 * Weighted least squares over as many of the newest points as a straight line explains: while the signs of the residuals
 * change too seldom for chance, the oldest point is dropped and the rest is fitted anew. chrony, regress.c.
 */

export type Points = {
  /** Oldest first; the newest is at 0. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Variances, relative to one another. */
  readonly variances: readonly number[];
};

export type Fit = {
  /** How many of the oldest points were dropped. */
  readonly start: number;
  /** At x = 0. */
  readonly intercept: number;
  readonly slope: number;
  readonly interceptDeviation: number;
  readonly slopeDeviation: number;
  /** Of a point. */
  readonly deviation: number;
  readonly degreesOfFreedom: number;
};

const LEAST_POINTS = 3;
/** What chrony's `minsamples` is unless it is told otherwise. */
const KEPT_POINTS = 6;

/**
 * The most runs that N points may have and still fail: the signs of N residuals, were they fair coins, change
 * Binomial(N − 1, ½) times, and show as few runs as this at least once in twenty. Below 8 points nothing fails.
 */
export const criticalRuns = (count: number): number => {
  if (count < 8) return 0;
  let probability = 2 ** (1 - count);
  let runs = 1;
  for (let cumulative = probability; cumulative < 0.05; runs++) {
    probability *= (count - runs) / runs;
    cumulative += probability;
  }
  return runs;
};
const CRITICAL_RUNS = Array.from({ length: 129 }, (_, count) => criticalRuns(count));

/** @param older - how many of the first points lie before the fit: they only lengthen the test. */
export const fitByRuns = ({ x, y, variances }: Points, older: number): Fit | undefined => {
  const count = x.length;
  if (count - older < LEAST_POINTS) return undefined;
  for (let start = older; ; start++) {
    let [weight, sumX, sumY] = [0, 0, 0];
    for (let i = start; i < count; i++) {
      const w = 1 / variances[i]!;
      weight += w;
      sumX += w * x[i]!;
      sumY += w * y[i]!;
    }
    const middle = sumX / weight;
    let [spread, covariance] = [0, 0];
    for (let i = start; i < count; i++) {
      const w = 1 / variances[i]!;
      spread += w * (x[i]! - middle) ** 2;
      covariance += w * y[i]! * (x[i]! - middle);
    }
    const slope = covariance / spread;
    const intercept = sumY / weight - slope * middle;
    const points = count - start;
    const tested = Math.max(0, count - 2 * points);
    const isStraight = runsOf(x, y, intercept, slope, tested) > CRITICAL_RUNS[count - tested]!;
    if (!isStraight && points > KEPT_POINTS) continue;

    let squares = 0;
    for (let i = start; i < count; i++) squares += (y[i]! - intercept - slope * x[i]!) ** 2 / variances[i]!;
    const variance = squares / (points - 2);
    const slopeDeviation = Math.sqrt(variance / spread);
    return {
      start: start - older,
      intercept,
      slope,
      interceptDeviation: Math.sqrt(variance / weight + (middle * slopeDeviation) ** 2),
      slopeDeviation,
      deviation: Math.sqrt((variance * points) / weight),
      degreesOfFreedom: points - 2,
    };
  }
};

const runsOf = (x: readonly number[], y: readonly number[], intercept: number, slope: number, from: number): number => {
  let runs = 0;
  let above: boolean | undefined;
  for (let i = from; i < x.length; i++) {
    const sign = y[i]! - intercept - slope * x[i]! >= 0;
    if (sign !== above) runs++;
    above = sign;
  }
  return runs;
};

/** UTC as a line over our oscillator, through what a source's replies say it most likely was. The best estimate; no bound. */
import { after, between, type MonoNanos, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';

export type Point = {
  readonly at: MonoNanos;
  /** The server's clock at that moment, were the two paths alike. */
  readonly middle: UnixNanos;
  readonly delay: Nanos;
};

/** What a crystal's frequency is expected to be off before it has been measured: one standard deviation. */
const EXPECTED_FREQUENCY = 2e-5;
/** Noise of a stamp that no delay shows: the event loop's and the clock's. */
const STAMP_NOISE = 30_000;

export type Line = {
  /** UTC against our oscillator, less one. */
  readonly slope: number;
  readonly at: (now: MonoNanos) => { readonly time: UnixNanos; readonly standardDeviation: Nanos };
};

/**
 * Weighted least squares, a point's standard deviation being half its delay above the least one (queues only add), with
 * the expected frequency as a prior so that a short baseline cannot invent a steep slope.
 *
 * @param points - at least one.
 */
export const fitLine = (points: readonly Point[]): Line => {
  const origin = points.at(-1)!;
  const leastDelay = Math.min(...points.map(({ delay }) => delay));
  let [sum, sumX, sumY] = [0, 0, 0];
  const weighted = points.map(({ at, middle, delay }) => {
    const x = between(origin.at, at);
    const y = between(origin.middle, middle) - x;
    const weight = 1 / (STAMP_NOISE + (delay - leastDelay) / 2) ** 2;
    sum += weight;
    sumX += weight * x;
    sumY += weight * y;
    return { x, y, weight };
  });
  const [meanX, meanY] = [sumX / sum, sumY / sum];
  let [spread, covariance, squares] = [0, 0, 0];
  for (const { x, y, weight } of weighted) {
    spread += weight * (x - meanX) ** 2;
    covariance += weight * (x - meanX) * (y - meanY);
    squares += weight * (y - meanY) ** 2;
  }
  // Where the points lie farther from their line than their delays explain, all are as much worse.
  const excess = spread > 0 ? (squares - covariance ** 2 / spread) / Math.max(1, points.length - 2) : 0;
  const noise = Math.max(1, excess);
  const information = spread / noise + EXPECTED_FREQUENCY ** -2;
  const slope = covariance / noise / information;
  return {
    slope,
    at: (now) => {
      const x = between(origin.at, now);
      return {
        time: after(origin.middle, nanos(x + meanY + slope * (x - meanX))),
        standardDeviation: nanos(Math.sqrt(noise / sum + (x - meanX) ** 2 / information)),
      };
    },
  };
};

/** From what was asked: what the truth was, and how far off each server. */
import type { Exchange } from './probe.ts';

/** The true clock less this host's, ns, at `at` since the probe's epoch. */
export type Truth = {
  readonly at: (at: number) => number;
  /** ± so much, proven: no exchange leaves more room. */
  readonly uncertainty: number;
};

/**
 * Of a clock whose rate against this host's is known: each exchange with its server bounds what it was at zero, and all
 * together to a few µs. What it gains within one exchange, some ns, is left out.
 *
 * @param drift - ns/ns, positive where the true clock gains.
 * @throws where they contradict each other: its rate is not what it was said to be.
 */
export const truthFrom = (exchanges: readonly Exchange[], drift: number): Truth => {
  const least = Math.max(...exchanges.map((exchange) => exchange.least - drift * exchange.at));
  const most = Math.min(...exchanges.map((exchange) => exchange.most - drift * exchange.at));
  if (!(least <= most)) throw new Error(`the true clock is no line: ${least - most} ns of contradiction`);
  return { at: (at) => (least + most) / 2 + drift * at, uncertainty: (most - least) / 2 };
};

/** Errors are the server's time less true time. Lengths are ns. */
export type Verdict = {
  readonly rms: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
  /** The part of replies whose root distance holds true time. */
  readonly coverage: number;
  /** The mean root distance. */
  readonly halfWidth: number;
  /** From zero to the first of ten looks in a row less than 1 ms off; Infinity for never. */
  readonly toMillisecond: number;
};

const CLOSE = 1e6;
const IN_A_ROW = 10;

/** @param from - from when on it is judged, but for `toMillisecond`. */
export const judge = (looks: readonly (Exchange | null)[], truth: Truth, from: number): Verdict => {
  const errors = looks.map((look) => (look?.synchronized ? errorOf(look, truth) : Number.POSITIVE_INFINITY));
  const judged = looks.flatMap((look, i) =>
    look?.synchronized && look.at >= from ? [{ look, error: errors[i]! }] : [],
  );
  const sizes = judged.map(({ error }) => Math.abs(error)).sort((a, b) => a - b);
  const isClose = (error: number): boolean => Math.abs(error) < CLOSE;
  const close = looks.findIndex((_, i) => {
    const row = errors.slice(i, i + IN_A_ROW);
    return row.length === IN_A_ROW && row.every(isClose);
  });
  return {
    rms: Math.sqrt(mean(sizes.map((size) => size * size))),
    p50: quantile(sizes, 0.5),
    p99: quantile(sizes, 0.99),
    max: quantile(sizes, 1),
    mean: mean(judged.map(({ error }) => error)),
    coverage: mean(judged.map(({ look, error }) => (Math.abs(error) <= look.rootDistance ? 1 : 0))),
    halfWidth: mean(judged.map(({ look }) => look.rootDistance)),
    toMillisecond: looks[close]?.at ?? Number.POSITIVE_INFINITY,
  };
};

const errorOf = ({ at, least, most }: Exchange, truth: Truth): number => (least + most) / 2 - truth.at(at);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The least of the sorted that is not below `share` of all; NaN of none. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;

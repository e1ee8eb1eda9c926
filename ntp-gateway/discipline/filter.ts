/**
 * Hypotheses side by side, each with a law of delays and a wander: what they say together, weighted by how well each has
 * foretold what came (multiple-model estimation: Bar-Shalom, Estimation with Applications, §11.6).
 */
import { DELAY_LAWS } from './delay-law.ts';
import { confine, copyOf, type Hypothesis, learnExchange, newHypothesis, type OneWay } from './hypothesis.ts';

/** What is believed of the offset and of its rate at one moment: two means, three covariances. ns and ns/s. */
export type Belief = {
  readonly offset: number;
  readonly rate: number;
  readonly offsetVariance: number;
  readonly covariance: number;
  readonly rateVariance: number;
  /** What a round trip takes at least, ns. */
  readonly floor: number;
  /** The random walk of the rate, ns/s per √s: on average. */
  readonly wander: number;
};

export type Filter = { readonly hypotheses: readonly Hypothesis[]; readonly belief: Belief };

/**
 * From an oven's to a bad crystal's in moving air, ns/s per √s, each with ln of how much likelier crystals in use make it
 * than the likeliest: a factor e² for each factor ten away from 1 to 3.
 */
const WANDERS = [0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300] as const;
const USUAL = Math.log10(1.7);
const rarity = (wander: number): number => -2 * Math.abs(Math.log10(wander) - USUAL);
/** Evidence fades by this with each exchange: what a path was like two hundred exchanges ago says little. */
const FADING = 0.995;
/** A hypothesis this much less likely than the best of its law starts over from that one's state. */
const HOPELESS = 1e-4;

/** @param rate - of the oscillator as known before, ns/s. @param doubt - of the server's own time, ns. */
export const newFilter = (
  delays: OneWay,
  rate: { readonly mean: number; readonly deviation: number },
  doubt: number,
): Filter => {
  const fresh = DELAY_LAWS.flatMap((law) => WANDERS.map((wander) => newHypothesis(law, wander, delays, rate, doubt)));
  const likely = fresh.map((one) => ({ ...one, logWeight: rarity(one.wander) }));
  return settle(likely.map((hypothesis) => learnExchange(hypothesis, 0, delays, FADING)));
};

/** @param seconds - ≥ 0, since the exchange before. */
export const learn = ({ hypotheses }: Filter, seconds: number, delays: OneWay): Filter =>
  settle(hypotheses.map((hypothesis) => learnExchange(hypothesis, seconds, delays, FADING)));

/**
 * What is left of a belief where the offset is proven to lie from `least` to `greatest`, ns. Proofs are wide beside a
 * belief that has seen some replies; they matter while it has not.
 */
export const confineTo = (filter: Filter, least: number, greatest: number): Filter => {
  const { offset, offsetVariance } = filter.belief;
  const deviation = Math.sqrt(offsetVariance);
  if (offset - deviation >= least && offset + deviation <= greatest) return filter;
  const hypotheses = filter.hypotheses.map((one) => confine(one, least, greatest));
  return { hypotheses, belief: believe(hypotheses) };
};

const settle = (hypotheses: readonly Hypothesis[]): Filter => {
  const best = Math.max(...hypotheses.map(({ logWeight }) => logWeight));
  const level = hypotheses.map((one) => ({ ...one, logWeight: one.logWeight - best }));
  const kept = reseed(level);
  return { hypotheses: kept, belief: believe(kept) };
};

/** A filter that was wrong for long is lost; it must be near when its wander comes. Laws differ in what their floors mean. */
const reseed = (hypotheses: readonly Hypothesis[]): readonly Hypothesis[] => {
  const bests = DELAY_LAWS.map((law) =>
    hypotheses.filter((one) => one.law === law).reduce((a, b) => (a.logWeight >= b.logWeight ? a : b)),
  );
  return hypotheses.map((one) => {
    const best = bests[DELAY_LAWS.indexOf(one.law)]!;
    const lowest = best.logWeight + Math.log(HOPELESS);
    if (one.logWeight >= lowest) return one;
    return { ...copyOf(best), wander: one.wander, logWeight: Math.max(one.logWeight, lowest + Math.log(HOPELESS)) };
  });
};

/** The mixture's first two moments. */
const believe = (hypotheses: readonly Hypothesis[]): Belief => {
  let [sum, offset, rate, floor, wander] = [0, 0, 0, 0, 0];
  for (const { logWeight, state, wander: one } of hypotheses) {
    const weight = Math.exp(logWeight);
    sum += weight;
    offset += weight * state[0]!;
    rate += weight * state[1]!;
    floor += weight * (state[2]! + state[3]!);
    wander += weight * one;
  }
  offset /= sum;
  rate /= sum;
  let [offsetVariance, covariance, rateVariance] = [0, 0, 0];
  for (const { logWeight, state, covariance: p } of hypotheses) {
    const weight = Math.exp(logWeight) / sum;
    const [x, y] = [state[0]! - offset, state[1]! - rate];
    offsetVariance += weight * (p[0]! + x * x);
    covariance += weight * (p[1]! + x * y);
    rateVariance += weight * (p[5]! + y * y);
  }
  return { offset, rate, offsetVariance, covariance, rateVariance, floor: floor / sum, wander: wander / sum };
};

/** What was believed, `seconds` later; negative looks back a little. */
export const carry = (belief: Belief, seconds: number): Belief => {
  const { offset, rate, offsetVariance, covariance, rateVariance, wander } = belief;
  const q = wander * wander * Math.abs(seconds);
  return {
    ...belief,
    offset: offset + rate * seconds,
    offsetVariance: Math.max(0, offsetVariance + 2 * seconds * covariance + seconds ** 2 * (rateVariance + q / 3)),
    covariance: covariance + seconds * (rateVariance + q / 2),
    rateVariance: rateVariance + q,
  };
};

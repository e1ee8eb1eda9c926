/**
 * How much longer than its floor a packet takes: queues add an exponential time, everything else a normal one. Which of
 * both prevails differs from path to path, so the estimator keeps all three of these laws and lets the evidence choose.
 */
import { truncate } from './truncated-normal.ts';

/** Shares of one scale: of the exponential part (its mean) and of the normal part (its standard deviation). */
export type DelayLaw = { readonly queue: number; readonly noise: number };

export const DELAY_LAWS: readonly DelayLaw[] = [
  { queue: 1, noise: 0.03 },
  { queue: 0.8, noise: 0.6 },
  { queue: 0, noise: 1 },
];

/** What one delay says about the sum u of offset and floor that was expected to be N(mean, variance). All in ns. */
export type Lesson = {
  /** How far u's mean moves. */
  readonly shift: number;
  /** Which part of u's variance goes, 0 to 1; below 0 where the delay raises a doubt. */
  readonly gain: number;
  /** ln of the density of what was seen: by this the laws and the wanders are told apart. */
  readonly evidence: number;
  /** The delay less what was expected, queue and noise included. */
  readonly residual: number;
  /** By how much the scale seems too small: 0 on average where it is right. */
  readonly misfit: number;
  /** How likely it is that this delay follows the law at all, 0 to 1. */
  readonly credit: number;
};

const OUTLIERS = 0.01;
const OUTLIER_SCALES = 20;
const LN_SQRT_2PI = Math.log(2 * Math.PI) / 2;

/**
 * Bayes' rule with a normal prior; the posterior is given by its first two moments (assumed-density filtering: Maybeck,
 * Stochastic Models, vol. 2, §12.7). With z = v + q, v normal, q exponential of mean s, the posterior of v is
 * N(mean + τ²/s, τ²) cut off at z.
 *
 * @param seen - the delay by our stamps: u plus queue plus noise.
 * @param scale - of the law, > 0.
 */
export const learnDelay = (law: DelayLaw, scale: number, mean: number, variance: number, seen: number): Lesson => {
  const queue = law.queue * scale;
  const total = variance + (law.noise * scale) ** 2;
  const plain = queue === 0 ? normalLesson(scale, mean, total, seen) : queueLesson(queue, mean, total, seen);
  const { shift, evidence, kept, misfit } = plain;

  // A delay far above the law is a spike; one far below it contradicts, which is rarer by far.
  const deviation = Math.sqrt(total);
  const wide = OUTLIER_SCALES * (scale + deviation);
  const far = seen > mean ? (seen - mean) / wide : (3 * (mean - seen)) / deviation;
  const outlier = Math.log(OUTLIERS / (2 * wide)) - far;
  const lawful = Math.log(1 - OUTLIERS) + evidence;
  const credit = 1 / (1 + Math.exp(outlier - lawful));
  const either = Math.max(outlier, lawful) + Math.log1p(Math.exp(-Math.abs(outlier - lawful)));

  const part = variance / total; // of what is learnt about v, this much is about u
  const gain = credit * part * (1 - kept - ((1 - credit) * shift * shift) / total);
  return { shift: credit * part * shift, gain, evidence: either, residual: seen - mean, misfit, credit };
};

type Plain = { readonly shift: number; readonly kept: number; readonly evidence: number; readonly misfit: number };

const normalLesson = (scale: number, mean: number, total: number, seen: number): Plain => {
  const shift = seen - mean;
  const evidence = -(shift * shift) / (2 * total) - Math.log(total) / 2 - LN_SQRT_2PI;
  return { shift, kept: 0, evidence, misfit: (shift * shift - total) / (2 * scale) };
};

const queueLesson = (queue: number, mean: number, total: number, seen: number): Plain => {
  const deviation = Math.sqrt(total);
  const above = seen - mean;
  const limit = above / deviation - deviation / queue;
  const { logMass, depth, kept } = truncate(limit);
  const shift = above - deviation * depth;
  // The density of v and q together where it is highest: with no queue at all, or with v at mean + τ²/s.
  const highest = limit < 0 ? -(above * above) / (2 * total) : total / (2 * queue * queue) - above / queue;
  return { shift, kept, evidence: highest - Math.log(queue) + logMass, misfit: above - shift - queue };
};

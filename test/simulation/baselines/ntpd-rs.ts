/**
 * A contestant after ntpd-rs's published algorithm (docs/algorithm): a Kalman filter per source, whose noise is read off
 * the spread of delays and whose wander off its own surprises; those that agree are merged. As it has its `minimum
 * agreeing sources` set to 1, it follows a single source too.
 */
import type { MonoNanos } from '#contract/time.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/reply.ts';
import type { Contestant } from '../contestant.ts';
import { absorb, type Kalman, merge, progress } from './kalman.ts';
import { momentOf, type Observation, type Origin, observe, originOf, readingOf } from './observation.ts';

type Source = {
  readonly state: Kalman;
  readonly wander: number;
  /** The last eight. */
  readonly delays: readonly number[];
  /** Of the first eight; then the filter goes on by itself. */
  readonly offsets: readonly number[];
  readonly wanderScore: number;
  readonly wasOutlier: boolean;
  readonly newest: Observation;
};

const MEMORY = 8;
const INITIAL_WANDER = 1e-8 ** 2;
const INITIAL_FREQUENCY_DEVIATION = 1e-4;
/** Until the filter has its first eight. */
const UNKNOWN_FREQUENCY_DEVIATION = 100;
const LEAST_DELAY = 2 ** -18;
const OUTLIER_DEVIATIONS = 5;
const [SCORE_LIMIT, WANDER_FACTOR, LEAST_WEIGHT] = [16, 4, 0.1];
const [STATISTICAL_WEIGHT, DELAY_WEIGHT, GREATEST_RADIUS] = [2, 0.25, 0.25];
const [STEER_THRESHOLD, STEER_LEFTOVER, STEP_THRESHOLD] = [2, 1, 0.01];
const [FASTEST_SLEW, SHORTEST_SLEW, GREATEST_FREQUENCY] = [2e-4, 8, 4.95e-4];

export const makeNtpdRs = (): Contestant => {
  const sources = new Map<string, Source>();
  let origin: Origin | undefined;
  /** A line over our oscillator from `at` on, to which `slew` comes in `duration`. */
  let clock: { at: number; offset: number; frequency: number; slew: number; duration: number } | undefined;
  let root: { readonly estimate: Kalman; readonly delay: number; readonly wander: number } | undefined;

  const offsetAt = ({ at, offset, frequency, slew, duration }: NonNullable<typeof clock>, now: number): number =>
    offset + (now - at) * frequency + slew * Math.min(1, (now - at) / duration);

  /** An offset beyond what chance explains is taken back to that; a frequency all of it, at once. */
  const steer = (now: number, estimate: Kalman): void => {
    const frequency = Math.min(Math.max(estimate.frequency, -GREATEST_FREQUENCY), GREATEST_FREQUENCY);
    const current = clock ?? { at: now, offset: estimate.offset, frequency, slew: 0, duration: SHORTEST_SLEW };
    const offset = offsetAt(current, now);
    const left = current.duration - (now - current.at);
    if (current.slew !== 0 && left > 0) {
      const slew = (current.slew * left) / current.duration;
      clock = { at: now, offset, frequency, slew, duration: left };
      return;
    }
    const deviation = Math.sqrt(estimate.variance);
    const off = estimate.offset - offset;
    const change = Math.abs(off) > STEER_THRESHOLD * deviation ? off - Math.sign(off) * STEER_LEFTOVER * deviation : 0;
    const isStep = Math.abs(change) > STEP_THRESHOLD;
    const duration = Math.max(SHORTEST_SLEW, Math.abs(change) / FASTEST_SLEW);
    clock = { at: now, offset: isStep ? offset + change : offset, frequency, slew: isStep ? 0 : change, duration };
  };

  return {
    name: 'ntpd-rs-like',
    measured: (name: string, measurement: Measurement): void => {
      origin ??= originOf(measurement);
      const observation = observe(origin, measurement);
      const source = learn(sources.get(name), observation);
      sources.set(name, source);
      if (source.wasOutlier) return;
      const selected = select([...sources.values()].map((each) => at(each, source.state.at)));
      const [first, ...others] = selected.map(withServerDispersion);
      if (!first) return;
      const estimate = others.reduce(merge, first);
      root = {
        estimate,
        delay: Math.min(...selected.map(({ newest }) => newest.delay + newest.rootDelay)),
        wander: selected[0]!.wander,
      };
      steer(observation.receivedAt, progress(estimate, observation.receivedAt, root.wander));
    },
    read: (now: MonoNanos) => {
      if (!origin || !clock || !root) return undefined;
      const moment = momentOf(origin, now);
      const { estimate, wander } = root;
      const age = Math.max(0, moment - estimate.at);
      const dispersion = Math.sqrt(
        estimate.variance + age * estimate.covariance + age ** 2 * estimate.frequencyVariance + wander * age ** 3,
      );
      return readingOf(origin, moment, offsetAt(clock, moment), root.delay / 2 + dispersion);
    },
  };
};

const at = (source: Source, moment: number): Source => ({
  ...source,
  state: progress(source.state, moment, source.wander),
});

const withServerDispersion = ({ state, newest }: Source): Kalman => ({
  ...state,
  variance: state.variance + newest.rootDispersion ** 2,
});

const learn = (source: Source | undefined, observation: Observation): Source => {
  const newest = { ...observation, delay: Math.max(observation.delay, LEAST_DELAY) };
  if (!source || source.offsets.length < MEMORY) return begin(source, newest);
  const isOutlier = newest.delay - mean(source.delays) > OUTLIER_DEVIATIONS * Math.sqrt(variance(source.delays));
  // Only once: the next is taken whatever its delay.
  if (isOutlier && !source.wasOutlier) return { ...source, wasOutlier: true };

  const delays = [...source.delays, newest.delay].slice(-MEMORY);
  const before = progress(source.state, newest.at, source.wander);
  const { state, weight, improbability } = absorb(before, newest.offset, variance(delays) / 4);
  const score = keepScore(source.wanderScore, improbability, weight);
  const isSettled = Math.abs(score) < SCORE_LIMIT;
  return {
    ...source,
    state,
    delays,
    wander: isSettled ? source.wander : source.wander * WANDER_FACTOR ** Math.sign(score),
    wanderScore: isSettled ? score : 0,
    wasOutlier: false,
    newest,
  };
};

/** The first eight only make a mean, which is published with the longest delay for its deviation. */
const begin = (source: Source | undefined, newest: Observation): Source => {
  const delays = [...(source?.delays ?? []), newest.delay];
  const offsets = [...(source?.offsets ?? []), newest.offset];
  const isFilled = offsets.length === MEMORY;
  const state = {
    at: newest.at,
    offset: mean(offsets),
    frequency: 0,
    variance: isFilled ? variance(offsets) : Math.max(...delays) ** 2,
    covariance: 0,
    frequencyVariance: (isFilled ? INITIAL_FREQUENCY_DEVIATION : UNKNOWN_FREQUENCY_DEVIATION) ** 2,
  };
  return { state, wander: INITIAL_WANDER, delays, offsets, wanderScore: 0, wasOutlier: false, newest };
};

/** Below 0: it is surprised less than it expects, so the clock wanders less. */
const keepScore = (score: number, improbability: number, weight: number): number => {
  if (improbability < 1 / 3 && weight > LEAST_WEIGHT) return score - 1;
  return improbability > 2 / 3 && weight > LEAST_WEIGHT ? score + 1 : score - Math.sign(score);
};

/** All that overlap where the most do, if those are more than half. */
const select = (sources: readonly Source[]): readonly Source[] => {
  const candidates = sources
    .map((source) => {
      const radius = STATISTICAL_WEIGHT * Math.sqrt(source.state.variance) + DELAY_WEIGHT * source.newest.delay;
      return { source, radius, low: source.state.offset - radius, high: source.state.offset + radius };
    })
    .filter(({ radius }) => radius <= GREATEST_RADIUS);
  const holding = (point: number) => candidates.filter(({ low, high }) => low <= point && point <= high);
  const most = candidates
    .map(({ low }) => holding(low))
    .reduce<typeof candidates>((a, b) => (b.length > a.length ? b : a), []);
  return 2 * most.length > candidates.length ? most.map(({ source }) => source) : [];
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of a sample. */
const variance = (values: readonly number[]): number => {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
};

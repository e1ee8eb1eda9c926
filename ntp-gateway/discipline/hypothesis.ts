/**
 * One belief about a source: that its delays follow this law and that our oscillator wanders that much. A Kalman filter
 * (facts of the model: RFC 5905's two one-way series; the wander a random walk of the frequency) over four unknowns: the
 * offset, its rate, and the floors of the way there and the way back, which are alike until the path says otherwise.
 */
import { type DelayLaw, type Lesson, learnDelay } from './delay-law.ts';
import {
  correct,
  cutOff,
  expected,
  FLOORS,
  N,
  OFFSET,
  predict,
  project,
  type StateSpace,
  WAYS,
  type Way,
} from './state-space.ts';

/** Both one-way delays of one exchange as the stamps have them, in ns: floor + queue, plus or minus the offset. */
export type OneWay = {
  /** t2 − t1: the offset is in it. */
  readonly there: number;
  /** t4 − t3: the offset is missing from it. */
  readonly back: number;
  /** What our stamps and the server's cannot tell apart. */
  readonly resolution: number;
};

export type Hypothesis = StateSpace & {
  readonly law: DelayLaw;
  /** ns/s per √s. */
  readonly wander: number;
  /** Of the law, on each way: there, back. */
  readonly scales: number[];
  /** How many delays in a row lay far above what was expected: there, back; and how many exchanges contradicted. */
  readonly streaks: number[];
  /** ln of the likelihood, old evidence fading. */
  readonly logWeight: number;
  readonly exchanges: number;
};

/** Of the first round trip: where its floor is expected (anywhere), how uncertain that is, the scale of what lies above. */
const FIRST_FLOOR = 0.5;
const FIRST_FLOOR_DEVIATION = 0.35;
const FIRST_SCALE = 0.5;
/** How unequal both floors are expected to be, of a floor. */
const ASYMMETRY = 0.001;
/** Scales follow the last four exchanges at first, as many as these later. */
const FIRST_MEMORY = 4;
const SCALE_MEMORY = 48;
/** A single delay moves a scale by no more than if it were this many scales long. */
const LONGEST_IN_SCALES = 8;
/** A path has changed when a round trip is this many deviations too quick, or delays in a row are so many too slow. */
const TOO_FAR = 6;
const SLOW_STREAK = 5;
/** Two exchanges in a row that no queue explains: the clock moved as this hypothesis cannot. */
const CONTRADICTIONS = 2;
const INCREDIBLE = 0.1;
/** What the rate is doubted by then, at most, ns/s: no oscillator is worse, and rounding takes no variance below 0. */
const FASTEST = 5e5;

/** @param rate - expected, ns/s, with its standard deviation. @param doubt - of the server's own time, ns. */
export const newHypothesis = (
  law: DelayLaw,
  wander: number,
  { there, back, resolution }: OneWay,
  rate: { readonly mean: number; readonly deviation: number },
  doubt: number,
): Hypothesis => {
  const half = Math.max(0, (there + back) / 2);
  const floorVariance = (FIRST_FLOOR_DEVIATION * half + resolution) ** 2;
  const difference = (ASYMMETRY * half) ** 2;
  const covariance = new Array<number>(N * N).fill(0);
  covariance[0] = (half / 2 + resolution + doubt) ** 2;
  covariance[5] = rate.deviation ** 2;
  covariance[10] = covariance[15] = floorVariance + difference;
  covariance[11] = covariance[14] = floorVariance - difference;
  const scale = FIRST_SCALE * half + resolution;
  return {
    law,
    wander,
    state: [(there - back) / 2, rate.mean, FIRST_FLOOR * half, FIRST_FLOOR * half],
    covariance,
    scales: [scale, scale],
    streaks: [0, 0, 0],
    logWeight: 0,
    exchanges: 0,
  };
};

export const copyOf = (hypothesis: Hypothesis): Hypothesis => ({
  ...hypothesis,
  state: hypothesis.state.slice(),
  covariance: hypothesis.covariance.slice(),
  scales: hypothesis.scales.slice(),
  streaks: hypothesis.streaks.slice(),
});

/** A copy that has learnt from one exchange, `seconds` after the one before. */
export const learnExchange = (before: Hypothesis, seconds: number, delays: OneWay, fading: number): Hypothesis => {
  const next = copyOf(before);
  predict(next, before.wander, seconds);
  noticeChanges(next, delays);
  const there = learnWay(next, 0, delays.there);
  const back = learnWay(next, 1, delays.back);
  for (const floor of FLOORS) cutOff(next, floor, -1, 0); // which no normal distribution knows by itself
  noticeContradiction(next, [there, back], seconds);
  adaptScale(next, 0, there, delays.resolution);
  adaptScale(next, 1, back, delays.resolution);
  const logWeight = fading * before.logWeight + there.evidence + back.evidence;
  return { ...next, logWeight: isSound(next) ? logWeight : Number.NEGATIVE_INFINITY, exchanges: before.exchanges + 1 };
};

/** Rounding takes variances below 0 where seconds were in doubt and then nanoseconds. */
const isSound = ({ state, covariance: p }: Hypothesis): boolean =>
  state.every(Number.isFinite) && Math.min(p[0]!, p[5]!, p[10]!, p[15]!) >= 0;

const learnWay = (hypothesis: Hypothesis, way: Way, seen: number): Lesson => {
  const { scales, law } = hypothesis;
  const variance = project(hypothesis, way);
  const lesson = learnDelay(law, scales[way]!, expected(hypothesis, way), variance, seen);
  correct(hypothesis, way, lesson.shift / variance, lesson.gain / variance);
  return lesson;
};

/** A copy that believes only what is proven: an offset from `least` to `greatest`, ns. */
export const confine = (hypothesis: Hypothesis, least: number, greatest: number): Hypothesis => {
  const confined = copyOf(hypothesis);
  cutOff(confined, OFFSET, 1, greatest);
  cutOff(confined, OFFSET, -1, -least);
  return confined;
};

/** Stochastic approximation of the scale: its mean step is zero where the scale is right. */
const adaptScale = ({ scales, exchanges }: Hypothesis, way: Way, { misfit }: Lesson, least: number): void => {
  const scale = scales[way]!;
  const rate = 1 / Math.min(FIRST_MEMORY + exchanges / FIRST_MEMORY, SCALE_MEMORY);
  scales[way] = Math.max(least, scale / 2, scale + rate * Math.min(misfit, LONGEST_IN_SCALES * scale));
};

/**
 * The sum of both delays has no offset in it. Where it is quicker than its floors, or slower several times over, the path
 * has changed. Where the offset is known far better than that, the way that shows the change is the one that changed, and
 * its floor is learnt anew while the offset is held. Where it is not, nobody knows which way it was: both, alike.
 */
const noticeChanges = (hypothesis: Hypothesis, { there, back }: OneWay): void => {
  const { covariance: p, scales, streaks, law } = hypothesis;
  const residuals = [there - expected(hypothesis, 0), back - expected(hypothesis, 1)] as const;
  const noise = law.noise * Math.hypot(scales[0]!, scales[1]!);
  const deviation = Math.sqrt(Math.max(0, p[10]! + p[15]! + 2 * p[11]!) + noise ** 2);
  const sum = residuals[0] + residuals[1];
  for (const way of WAYS) {
    const slow = sum > TOO_FAR * deviation && residuals[way] > TOO_FAR * (scales[way]! + deviation);
    streaks[way] = slow ? streaks[way]! + 1 : 0;
    const quick = sum < -TOO_FAR * deviation && residuals[way] < sum / 4;
    if (!quick && streaks[way]! < SLOW_STREAK) continue;
    streaks[way] = 0;
    const floor = FLOORS[way];
    const isOffsetKnown = TOO_FAR * Math.sqrt(p[0]!) < Math.abs(sum);
    if (isOffsetKnown) p[floor * N + floor]! += residuals[way] ** 2;
    else for (const entry of [10, 11, 14, 15]) p[entry]! += (sum / 2) ** 2;
  }
};

/** What neither queue nor noise explains, twice in a row, is a move of the clock itself: its rate is learnt anew. */
const noticeContradiction = ({ covariance: p, streaks }: Hypothesis, lessons: readonly Lesson[], age: number): void => {
  const against = lessons.filter(({ credit, residual }) => credit < INCREDIBLE && residual < 0);
  streaks[2] = against.length > 0 ? streaks[2]! + 1 : 0;
  if (streaks[2]! < CONTRADICTIONS) return;
  const square = Math.max(...against.map(({ residual }) => -residual)) ** 2;
  p[0]! += square;
  if (age > 0) p[5]! += Math.min(square / age ** 2, FASTEST ** 2);
  streaks[2] = 0;
};

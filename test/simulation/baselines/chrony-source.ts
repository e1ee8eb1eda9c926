/** One source as chrony's sourcestats.c keeps it: a register of samples, and a line through the newest of them. */
import type { Observation } from './observation.ts';
import { fitByRuns } from './runs-regression.ts';

/** chrony's estimate of one source; all in seconds and ratios. */
export type Statistics = {
  /** The newest sample's moment: `offset` holds then. */
  readonly at: number;
  readonly offset: number;
  readonly offsetDeviation: number;
  /** Of the source against our free oscillator, less one. */
  readonly frequency: number;
  readonly frequencyDeviation: number;
  /** Half the width of what the frequency is taken to lie in. */
  readonly skew: number;
  /** Of a sample. */
  readonly deviation: number;
};

type Sample = Observation & { readonly dispersion: number };

/** Reading our own clock. */
const LOCAL_PRECISION = 1e-7;
/** chrony's figure for what our clock's frequency may do unnoticed. */
export const CLOCK_ERROR = 1e-6;
const MOST_SAMPLES = 64;
const GREATEST_DELAY = 3;
const [LEAST_SKEW, UNKNOWN_SKEW] = [1e-12, 2e-3];
const DELAY_DEVIATIONS = 10;
/** How often, in a row, the delays must have explained nearly all of the offsets before they are believed to. */
const [ASYMMETRIC, ASYMMETRIC_RUN, LONGEST_ASYMMETRIC_RUN] = [0.45, 10, 1000];

export const makeChronySource = () => {
  /** Oldest first; the first `older` serve the runs test and the least delay alone. */
  let register: readonly Sample[] = [];
  let older = 0;
  let statistics: Statistics | undefined;
  let asymmetricRun = 0;

  const samples = (): readonly Sample[] => register.slice(older);
  const skew = (): number => statistics?.skew ?? UNKNOWN_SKEW;
  const leastDelay = (): number => register.reduce((least, { delay }) => Math.min(least, delay), Infinity);

  /** Test C: a delay far above the least one is of no use, unless the offset has moved by still more. */
  const isUseful = (sample: Sample): boolean => {
    if (!statistics || register.length - older < 6) return true;
    const excess = (sample.delay - leastDelay()) / 2;
    const age = sample.at - statistics.at;
    const allowed = DELAY_DEVIATIONS * statistics.deviation + age * (skew() + CLOCK_ERROR);
    const surprise = Math.abs(sample.offset - statistics.offset - age * statistics.frequency);
    return excess <= allowed || surprise - excess > allowed;
  };

  /** Forgets the oldest `count` samples; as many as are left stay for the runs test. */
  const prune = (count: number): void => {
    older += count;
    const surplus = Math.max(0, 2 * older - register.length);
    register = register.slice(surplus);
    older -= surplus;
  };

  /** Offsets less what asymmetric queues added to them: half the delay, if it is always the same way that queues. */
  const offsets = (x: readonly number[]): readonly number[] => {
    const y = register.map(({ offset }) => offset);
    const least = leastDelay();
    const excess = register.map(({ delay }) => delay - least);
    const asymmetry = slopeOnSecond(x, excess, y);
    if (asymmetry === undefined || asymmetry * asymmetricRun < 0) asymmetricRun = 0;
    else if (Math.abs(asymmetry) >= ASYMMETRIC) {
      asymmetricRun += Math.sign(asymmetry) * Number(Math.abs(asymmetricRun) < LONGEST_ASYMMETRIC_RUN);
    }
    if (asymmetry === undefined || Math.abs(asymmetricRun) < ASYMMETRIC_RUN) return y;
    const share = Math.min(Math.max(asymmetry, -0.5), 0.5);
    return y.map((offset, i) => offset - share * excess[i]!);
  };

  const refit = (): void => {
    const newest = register.at(-1)!;
    const x = register.map(({ at }) => at - newest.at);
    const fit = fitByRuns({ x, y: offsets(x), variances: variancesOf(register, older) }, older);
    prune(fit?.start ?? 0);
    statistics = fit && {
      at: newest.at,
      offset: fit.intercept,
      offsetDeviation: fit.interceptDeviation,
      frequency: fit.slope,
      frequencyDeviation: Math.min(Math.max(fit.slopeDeviation, LEAST_SKEW), 1),
      skew: Math.min(Math.max(fit.slopeDeviation * student(fit.degreesOfFreedom), LEAST_SKEW), 1),
      deviation: Math.max(1e-9, fit.deviation),
    };
  };

  /** The sample that is nearest to the root at `now`. */
  const best = (now: number): Sample =>
    samples().reduce((a, b) => (rootDistance(b, now, skew()) < rootDistance(a, now, skew()) ? b : a));

  return {
    /** @returns false where the sample is refused. */
    accumulate: (observation: Observation): boolean => {
      const precision = LOCAL_PRECISION + observation.precision;
      const elapsed = 2 * (observation.receivedAt - observation.at);
      const delay = Math.max(precision, Math.abs(observation.delay));
      const dispersion = precision + Math.min(skew(), UNKNOWN_SKEW) * elapsed;
      const sample = {
        ...observation,
        delay,
        dispersion,
        rootDelay: observation.rootDelay + delay,
        rootDispersion: observation.rootDispersion + dispersion,
      };
      if (delay - dispersion > GREATEST_DELAY || !isUseful(sample)) return false;
      if (register.length > 0 && observation.at <= register.at(-1)!.at) [register, older] = [[], 0];
      if (register.length - older === MOST_SAMPLES) prune(1);
      register = [...register, sample];
      refit();
      return true;
    },
    /** What selection is told at `now`; undefined before there is a line. */
    candidate: (now: number) => {
      if (!statistics) return undefined;
      const sample = best(statistics.at);
      const age = now - sample.at;
      const [firstAge, lastAge] = [now - register[older]!.at, now - register.at(-1)!.at];
      const stale = Math.max(0, 2 * lastAge - firstAge) * CLOCK_ERROR;
      return {
        stratum: sample.stratum,
        deviation: statistics.deviation,
        offset: sample.offset + age * statistics.frequency,
        distance: rootDistance(sample, now, skew()) + stale,
      };
    },
    /** What the clock is set by. */
    tracking: () => {
      if (!statistics) return undefined;
      const sample = best(statistics.at);
      return {
        ...statistics,
        rootDelay: sample.rootDelay,
        rootDispersion: sample.rootDispersion + skew() * (statistics.at - sample.at) + statistics.offsetDeviation,
      };
    },
    /** How many samples are in use. */
    length: () => register.length - older,
  };
};

const rootDistance = ({ at, rootDelay, rootDispersion }: Sample, now: number, skew: number): number =>
  rootDelay / 2 + rootDispersion + Math.abs(now - at) * skew;

/** A sample's deviation grows with its distance above the least, in units of the spread of distances. */
const variancesOf = (register: readonly Sample[], older: number): readonly number[] => {
  const distances = register.map(({ delay, dispersion }) => delay / 2 + dispersion);
  const sorted = distances.slice(older).sort((a, b) => a - b);
  const least = sorted[0]!;
  const half = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  const spread = Math.max(LOCAL_PRECISION, Math.min((median - least) / 0.7, least));
  return distances.map((distance) => (1 + Math.max(0, distance - least - LOCAL_PRECISION) / spread) ** 2);
};

/** The coefficient on `z` of least squares of `y` on 1, `x` and `z`. */
const slopeOnSecond = (x: readonly number[], z: readonly number[], y: readonly number[]): number | undefined => {
  const count = x.length;
  if (count < 4) return undefined;
  let [meanX, meanZ, meanY] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    meanX += x[i]! / count;
    meanZ += z[i]! / count;
    meanY += y[i]! / count;
  }
  let [xx, xz, zz, xy, zy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [dx, dz, dy] = [x[i]! - meanX, z[i]! - meanZ, y[i]! - meanY];
    xx += dx * dx;
    xz += dx * dz;
    zz += dz * dz;
    xy += dx * dy;
    zy += dz * dy;
  }
  const determinant = xx * zz - xz * xz;
  return determinant > 1e-10 * xx * zz ? (zy * xx - xy * xz) / determinant : undefined;
};

/** Student's t, two-sided 99.9 %, by degrees of freedom from 1. */
const STUDENT = [
  636.6, 31.6, 12.92, 8.61, 6.869, 5.959, 5.408, 5.041, 4.781, 4.587, 4.437, 4.318, 4.221, 4.14, 4.073, 4.015, 3.965,
  3.922, 3.883, 3.85, 3.819, 3.792, 3.768, 3.745, 3.725, 3.707, 3.69, 3.674, 3.659, 3.646, 3.633, 3.622, 3.611, 3.601,
  3.591, 3.582, 3.574, 3.566, 3.558, 3.551,
];
const student = (degrees: number): number => STUDENT[degrees - 1] ?? 3.5;

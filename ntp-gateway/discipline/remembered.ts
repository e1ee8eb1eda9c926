/** What an earlier run learnt of this host's oscillator, and what that is worth in this one. */
import { between, type MonoNanos, seconds } from '#contract/time.ts';
import type { FrequencyBounds } from './estimator.ts';
import { findJump, type Look } from './jump.ts';

/** One oscillator, common to all sources. */
export type KeptOscillator = {
  /** When this was so, by all clocks of the host. */
  readonly look: Look;
  readonly frequency: number;
  readonly frequencyBounds: FrequencyBounds;
};

export type Remembered = {
  /** The likeliest, as it was. Of another boot it says little: kernels measure the same crystal apart by some ppm. */
  readonly frequency: number;
  /** What held at `at`, on this boot's clock; absent where nothing is certain any more. */
  readonly certain?: { readonly at: MonoNanos; readonly bounds: FrequencyBounds };
};

/**
 * @param isThisBoot - a kernel measures the rate of CLOCK_MONOTONIC_RAW anew at each boot, so bounds hold within one alone.
 * @param look - now. Where a clock jumped since, even a harmless one, the host may have been moved to another machine.
 */
export const recall = ({ look: then, ...kept }: KeptOscillator, isThisBoot: boolean, look: Look): Remembered => {
  const holds = isThisBoot && !findJump(then, look);
  return { frequency: kept.frequency, ...(holds && { certain: { at: then.now, bounds: kept.frequencyBounds } }) };
};

/** A3: bounds measured over two hours allow for a wander of 2 ppm. Each two hours that they are older add as much again. */
const WANDER_PER_NANO = 2e-6 / seconds(2 * 3_600);

/** Within `maxDrift`, which may have been lowered meanwhile; undefined where nothing is certain. */
export const certainBounds = (
  { certain }: Remembered,
  now: MonoNanos,
  maxDrift: number,
): FrequencyBounds | undefined => {
  if (!certain) return undefined;
  const wander = Math.max(0, between(certain.at, now)) * WANDER_PER_NANO;
  const { least, greatest } = certain.bounds;
  return { least: Math.max(-maxDrift, least - wander), greatest: Math.min(maxDrift, greatest + wander) };
};

/** Of the 1000 ppm that stand where nothing is known. Bounds of a run too short for this are not worth an older file. */
const WORTH_KEEPING = 1e-4;

export const isWorthKeeping = ({ least, greatest }: FrequencyBounds): boolean => greatest - least < WORTH_KEEPING;

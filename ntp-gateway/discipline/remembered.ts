/** What an earlier run learnt of this host's oscillator, and what that is worth in this one. */
import { findJump, type Look } from './jump.ts';
import { DOUBT, type FrequencyBounds, type KnownFrequency, type Oscillator } from './oscillator.ts';

/** One oscillator, common to all sources. */
export type KeptOscillator = {
  /** When this was so, by all clocks of the host. */
  readonly look: Look;
  readonly frequency: number;
  readonly frequencyBounds: FrequencyBounds;
  /** ns/s per √s. */
  readonly wander: number;
};

export type Remembered = {
  /** The likeliest, as it was. Of another boot it says little: kernels measure the same crystal apart by some ppm. */
  readonly frequency: number;
  /** What held at a moment of this boot's clock; absent where nothing is certain any more. */
  readonly certain?: KnownFrequency;
};

/**
 * @param isThisBoot - a kernel measures the rate of CLOCK_MONOTONIC_RAW anew at each boot, so bounds hold within one alone.
 * @param look - now. Where a clock jumped since, even a harmless one, the host may have been moved to another machine.
 */
export const recall = ({ look: then, ...kept }: KeptOscillator, isThisBoot: boolean, look: Look): Remembered => {
  const holds = isThisBoot && !findJump(then, look);
  return {
    frequency: kept.frequency,
    ...(holds && { certain: { at: then.now, ...kept.frequencyBounds, wander: kept.wander } }),
  };
};

/** What this run starts from. */
export const oscillatorAtStart = (remembered: Remembered | undefined, maxDrift: number): Oscillator => ({
  maxDrift,
  ...(remembered?.certain && { known: remembered.certain }),
  ...(remembered && { expected: { frequency: remembered.frequency, deviation: DOUBT } }),
});

/** Of the 1000 ppm that stand where nothing is known. Bounds of a run too short for this are not worth an older file. */
const WORTH_KEEPING = 1e-4;

export const isWorthKeeping = ({ least, greatest }: FrequencyBounds): boolean => greatest - least < WORTH_KEEPING;

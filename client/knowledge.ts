/** What this device knows of true time between two looks at its clocks, and forgets when they have jumped. */
import {
  type Device,
  doubt,
  type Estimate,
  type Look,
  learn,
  lookAgain,
  type Reading,
  type Round,
  readingAt,
  type Skew,
  skewAt,
  trust,
  type WallClock,
} from './estimate.ts';

export type Knowledge = {
  /** @returns how many jumps there were: if more than before, the monotonic clock may have stood still meanwhile. */
  readonly look: () => number;
  /** Of a round through which nothing jumped. @returns whether a time fits it and what was known; else that is in doubt for a while. */
  readonly learn: (round: Round) => boolean;
  /** Whoever told all of it is believed no more. */
  readonly forget: () => void;
  /** Undefined before the first round, and from a jump to the next. */
  readonly reading: () => Reading | undefined;
  readonly skew: () => Skew | undefined;
  /** The best guess, at half speed where it was too far. Undefined before the first round. */
  readonly monotonic: () => number | undefined;
};

/** So long answers have to agree again, in ms, after some that did not. */
export const PROBATION_MS = 10_000;

/** @param jumped - called when what was known has just been forgotten. */
export const openKnowledge = (device: Device, readClocks: () => Look, jumped: () => void): Knowledge => {
  let wall: WallClock | undefined;
  let estimate: Estimate | undefined;
  /** Since answers contradicted each other last: what would be known of a clock that is right again. */
  let trial: { readonly estimate: Estimate | undefined; readonly since: number } | undefined;
  let told: { readonly unixMs: number; readonly mono: number } | undefined;
  let jumps = 0;

  /** @returns what the monotonic clock reads. */
  const look = (): number => {
    const at = readClocks();
    const seen = lookAgain(wall, at, device);
    wall = seen.wall;
    if (seen.jumped) {
      jumps++;
      estimate = trial = undefined;
      jumped();
    }
    return at.to;
  };

  const reading = (mono = look()): Reading | undefined => estimate && readingAt(estimate, mono, device);

  return {
    look: () => {
      look();
      return jumps;
    },
    learn: (round) => {
      const learnt = learn(estimate, round, device);
      const tried = trial ? learn(trial.estimate, round, device) : learnt;
      estimate = learnt ?? (estimate && doubt(estimate, round, device));
      if (!tried) trial = { estimate: learn(undefined, round, device), since: round.received };
      else if (trial) trial = { ...trial, estimate: tried };
      if (estimate && trial && round.received - trial.since > PROBATION_MS) {
        estimate = trust(estimate, round.received); // what was tried may have begun while the clock still was wrong
        trial = undefined;
      }
      return tried !== undefined;
    },
    forget: () => {
      estimate = trial = undefined;
    },
    reading: () => reading(),
    skew: () => {
      const mono = look();
      return estimate && wall && skewAt(estimate, wall, mono);
    },
    monotonic: () => {
      const mono = look();
      const guess = reading(mono)?.time ?? Number.NEGATIVE_INFINITY;
      const unixMs = told ? Math.max(guess, told.unixMs + (mono - told.mono) / 2) : guess;
      if (unixMs > 0) told = { unixMs, mono };
      return told?.unixMs;
    },
  };
};

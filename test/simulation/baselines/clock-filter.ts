/** RFC 5905 §10: of the last eight samples the one with the least delay, unless it is a lone spike. */
import type { Observation } from './observation.ts';

/** What any clock's frequency may be off, unnoticed. */
export const PHI = 15e-6;
const [NSTAGE, MAXDISP, SGATE] = [8, 16, 3];
const PRECISION = 1e-7;
/** log2 s. */
const [LEAST_POLL, GREATEST_POLL] = [4, 17];

type Stage = { readonly offset: number; readonly delay: number; readonly dispersion: number; readonly at: number };

export type ClockFilter = {
  /** Newest first. */
  readonly stages: readonly Stage[];
  readonly heardAt: number;
  /** Between the newest and the one before it. */
  readonly spacing: number;
  /** Of the newest sample that was let through. */
  readonly usedAt: number;
  /** Of the sample with the least delay. */
  readonly offset: number;
  readonly delay: number;
  readonly dispersion: number;
  readonly jitter: number;
  readonly rootDelay: number;
  readonly rootDispersion: number;
  readonly stratum: number;
};

export const EMPTY_FILTER: ClockFilter = {
  stages: [],
  heardAt: -Infinity,
  spacing: 64,
  usedAt: -Infinity,
  offset: 0,
  delay: 0,
  dispersion: MAXDISP,
  jitter: 0,
  rootDelay: 0,
  rootDispersion: 0,
  stratum: 16,
};

/** @param sample - its offset is theirs less the disciplined clock. */
export const filterSample = (filter: ClockFilter, sample: Observation): ClockFilter => {
  const now = sample.receivedAt;
  const spacing = filter.heardAt === -Infinity ? filter.spacing : now - filter.heardAt;
  const newest: Stage = {
    offset: sample.offset,
    delay: Math.max(sample.delay, PRECISION),
    dispersion: sample.precision + PRECISION + 2 * PHI * (now - sample.at),
    at: now,
  };
  const older = filter.stages.slice(0, NSTAGE - 1);
  const stages = [newest, ...older.map((stage) => ({ ...stage, dispersion: stage.dispersion + PHI * spacing }))];
  const sorted = stages.toSorted((a, b) => a.delay - b.delay);
  const best = sorted[0]!;
  // Stages that were never filled come last, with all the dispersion there is.
  let dispersion = MAXDISP * (2 ** -stages.length - 2 ** -NSTAGE);
  let squares = 0;
  for (const [i, stage] of sorted.entries()) {
    dispersion += stage.dispersion / 2 ** (i + 1);
    squares += (stage.offset - best.offset) ** 2;
  }
  const jitter = Math.max(PRECISION, Math.sqrt(squares / Math.max(1, stages.length - 1)));
  const { offset, delay } = best;
  const { rootDelay, rootDispersion, stratum } = sample;
  const sums = { offset, delay, dispersion, jitter };
  const heard = { ...filter, ...sums, stages, heardAt: now, spacing, rootDelay, rootDispersion, stratum };
  const isOld = best.at <= filter.usedAt;
  const isSpike = Math.abs(offset - filter.offset) > SGATE * jitter && best.at - filter.usedAt < 2 * 2 ** pollOf(heard);
  return isOld || isSpike ? heard : { ...heard, usedAt: best.at };
};

/** What the poll exponent must be, by the spacing of the replies. */
export const pollOf = ({ spacing }: ClockFilter): number =>
  Math.min(Math.max(Math.round(Math.log2(spacing)), LEAST_POLL), GREATEST_POLL);

/** A.5.5.2; `least` is MINDISP. */
export const rootDistanceOf = (filter: ClockFilter, now: number, least: number): number =>
  Math.max(least, filter.rootDelay + filter.delay) / 2 +
  filter.rootDispersion +
  filter.dispersion +
  PHI * (now - filter.usedAt) +
  filter.jitter;

/**
 * A contestant after chrony's published behaviour (sources.c, reference.c): it selects a source, combines those near it
 * and takes over their frequency by its confidence. It reads what chronyd serves to its clients, in which an offset counts
 * as corrected at once while the kernel's clock is still slewed; that one is 3 to 11 % worse. Of a source it knows accepted
 * replies alone, and so not who is unreachable.
 */
import type { MonoNanos } from '#contract/time.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/reply.ts';
import type { Contestant } from '../contestant.ts';
import { CLOCK_ERROR, makeChronySource } from './chrony-source.ts';
import { momentOf, type Origin, observe, originOf, readingOf } from './observation.ts';

type Source = ReturnType<typeof makeChronySource>;
type Member = {
  readonly source: Source;
  score: number;
  /** For how many updates more it is left out of the combination. */
  distant: number;
  updated: boolean;
};
type Candidate = NonNullable<ReturnType<Source['candidate']>> & {
  readonly member: Member;
  readonly tracking: NonNullable<ReturnType<Source['tracking']>>;
};
type Combined = Candidate['tracking'];

const [GREATEST_DISTANCE, GREATEST_JITTER] = [3, 1];
const [STRATUM_WEIGHT, RESELECT_DISTANCE, SCORE_LIMIT] = [1e-3, 1e-4, 10];
const [COMBINE_LIMIT, DISTANT_PENALTY] = [3, 32];
const GREATEST_UPDATE_SKEW = 1e-3;

export const makeChrony = (): Contestant => {
  const members = new Map<string, Member>();
  let origin: Origin | undefined;
  let selected: Member | undefined;
  /** A line over our oscillator from `at` on. */
  let clock: { at: number; offset: number; frequency: number } | undefined;
  let reference = { at: 0, rootDelay: 0, rootDispersion: 0, drift: 0 };
  /** How far off the clock's frequency may be. */
  let skew = 1;
  let isSynchronized = false;

  const select = (now: number, updated: Member): Combined | undefined => {
    const candidates = [...members.values()].flatMap((member): Candidate[] => {
      const candidate = member.source.candidate(now);
      const tracking = member.source.tracking();
      if (!candidate || !tracking) return [];
      const isFit = candidate.distance <= GREATEST_DISTANCE && candidate.deviation <= GREATEST_JITTER;
      return isFit ? [{ ...candidate, member, tracking }] : [];
    });
    // At the start it waits for whoever will have a line with its next sample.
    const most = Math.max(...[...members.values()].map(({ source }) => source.length()));
    const isAwaited = ({ source }: Member) => !source.tracking() && source.length() === most - 1;
    if (!selected && [...members.values()].some(isAwaited)) return undefined;

    const survivors = agreeing(candidates);
    if (survivors.length === 0) {
      // Without a majority it says that it is not synchronized; without a candidate it holds over.
      if (selected && candidates.length > 0) isSynchronized = false;
      selected = undefined;
      return undefined;
    }
    for (const member of members.values()) {
      if (!survivors.some((survivor) => survivor.member === member)) {
        [member.score, member.distant] = [1, DISTANT_PENALTY];
      }
    }
    const chosen = choose(survivors, updated);
    selected = chosen?.member;
    if (!chosen?.member.updated) return undefined;
    for (const member of members.values()) member.updated = false;
    return combine(chosen, survivors);
  };

  /** Another source takes over when it has been nearer for long enough, or the one before is no more. */
  const choose = (survivors: readonly Candidate[], updated: Member): Candidate | undefined => {
    const leastStratum = Math.min(...survivors.map(({ stratum }) => stratum));
    const farness = ({ distance, stratum }: Candidate) => distance + (stratum - leastStratum) * STRATUM_WEIGHT;
    const present = survivors.find(({ member }) => member === selected);
    for (const survivor of survivors) {
      const { member } = survivor;
      const distance = farness(survivor) + RESELECT_DISTANCE;
      if (!present) member.score = 1 / distance;
      else if (member !== selected && (member === updated || present.member === updated)) {
        member.score = Math.max(1, (member.score * farness(present)) / distance);
      }
    }
    const first = survivors.reduce((a, b) => (b.member.score > a.member.score ? b : a));
    if (present && (first === present || first.member.score <= SCORE_LIMIT)) return present;
    if (!first.member.updated) return undefined;
    for (const member of members.values()) [member.score, member.distant] = [1, 0];
    return first;
  };

  const discipline = (now: number, combined: Combined): void => {
    const before = clock?.frequency ?? 0;
    const measured = combined.frequency - before;
    const gain = combined.skew > GREATEST_UPDATE_SKEW ? 0 : (3 * skew ** 2) / (3 * skew ** 2 + combined.skew ** 2);
    const residual = measured * (1 - gain);
    skew += gain * (combined.skew - skew) + Math.sqrt((gain * measured) ** 2 * (1 - gain) + residual ** 2 * gain);
    const { at, rootDelay, rootDispersion } = combined;
    const offset = combined.offset + (now - at) * combined.frequency;
    clock = { at: now, offset, frequency: before + gain * measured };
    isSynchronized = true;
    reference = { at, rootDelay, rootDispersion, drift: skew + Math.abs(residual) + CLOCK_ERROR };
  };

  return {
    name: 'chrony-like',
    measured: (name: string, measurement: Measurement): void => {
      origin ??= originOf(measurement);
      const observation = observe(origin, measurement);
      const member = members.get(name) ?? { source: makeChronySource(), score: 1, distant: 0, updated: false };
      members.set(name, member);
      if (!member.source.accumulate(observation)) return;
      member.updated = true;
      const combined = select(observation.receivedAt, member);
      if (combined) discipline(observation.receivedAt, combined);
    },
    read: (now: MonoNanos) => {
      if (!origin || !clock || !isSynchronized) return undefined;
      const moment = momentOf(origin, now);
      const age = Math.abs(moment - reference.at);
      const distance = reference.rootDelay / 2 + reference.rootDispersion + age * reference.drift;
      return readingOf(origin, moment, clock.offset + (moment - clock.at) * clock.frequency, distance);
    },
  };
};

/** Those whose interval holds the deepest intersection, or lies in it; none where that is no majority's. */
const agreeing = (candidates: readonly Candidate[]): readonly Candidate[] => {
  const ends = candidates
    .flatMap(({ offset, distance }) => [
      { at: offset - distance, rise: 1 },
      { at: offset + distance, rise: -1 },
    ])
    .sort((a, b) => a.at - b.at || b.rise - a.rise);
  let [depth, deepest, low, high] = [0, 0, 0, 0];
  for (const { at, rise } of ends) {
    if (rise < 0 && depth === deepest) high = at;
    depth += rise;
    if (depth > deepest) [deepest, low] = [depth, at];
  }
  if (deepest <= candidates.length / 2) return [];
  return candidates.filter(
    ({ offset, distance }) =>
      (offset - distance <= low && offset + distance >= high) ||
      (offset - distance >= low && offset + distance <= high),
  );
};

/** Offsets by nearness to the root, frequencies by their variances. */
const combine = (chosen: Candidate, survivors: readonly Candidate[]): Combined => {
  const { at, frequency, skew } = chosen.tracking;
  let [weights, offsets, frequencyWeights, frequencies, skewWeights] = [0, 0, 0, 0, 0];
  for (const candidate of survivors) {
    const { member, tracking, distance } = candidate;
    const isNear =
      distance <= COMBINE_LIMIT * (RESELECT_DISTANCE + chosen.distance) &&
      Math.abs(tracking.frequency - frequency) <= COMBINE_LIMIT * (skew + tracking.skew + CLOCK_ERROR);
    if (candidate === chosen) member.distant = 0;
    else member.distant = isNear ? Math.max(0, member.distant - 1) : DISTANT_PENALTY;
    if (member.distant > 0) continue;
    weights += 1 / distance;
    offsets += (tracking.offset + (at - tracking.at) * tracking.frequency) / distance;
    frequencyWeights += tracking.frequencyDeviation ** -2;
    frequencies += tracking.frequency / tracking.frequencyDeviation ** 2;
    skewWeights += tracking.skew ** -2;
  }
  return {
    ...chosen.tracking,
    offset: offsets / weights,
    frequency: frequencies / frequencyWeights,
    skew: skewWeights ** -0.5,
  };
};

/**
 * What one source's replies prove about UTC (A1 to A3 of ARCHITECTURE.md, nothing else): set-membership estimation. Each
 * reply bounds UTC at its receipt; what was proven before is carried there by what the oscillator can have done, and both
 * hold, so their intersection does. Two such intervals some time apart bound the frequency in between.
 */
import { type Exchange, peerAtReceipt, roundTrip } from '#contract/exchange.ts';
import { type Interval, intersect, later, widen } from '#contract/interval.ts';
import { between, type MonoNanos, type Nanos, nanos, seconds } from '#contract/time.ts';
import type { Measurement } from '../protocol/reply.ts';
import {
  boundsFromElsewhere,
  type FrequencyBounds,
  narrower,
  type Oscillator,
  READ_AHEAD,
  wanderOver,
  within,
} from './oscillator.ts';

/** What one end of an interval is away from the truth by, at most, in ns ≥ 0. */
export type Parts = {
  /** The server's own root delay / 2 + root dispersion, which A1 takes at its word. */
  readonly rootDistance: Nanos;
  /** Half the round trip. */
  readonly path: Nanos;
  /** Age, times how well the frequency was measured. */
  readonly oscillator: Nanos;
  /** Age, times how far the frequency may have moved since, which A3 assumes. */
  readonly wander: Nanos;
};

/** UTC at one moment, and how each end came to be. */
export type Proof = {
  readonly at: MonoNanos;
  readonly utc: Interval;
  readonly early: Parts;
  readonly late: Parts;
};

/** What is believed of the oscillator at one moment (filter.ts). It can only widen a bound. */
export type Believed = {
  /** A ratio, and its standard deviation. */
  readonly frequency: number;
  readonly deviation: number;
  /** The random walk of the frequency, ns/s per √s. */
  readonly wander: number;
};

/** Oldest first. The last is all that is known; the earlier ones are kept for the frequency. At least one. */
export type Bounds = { readonly proofs: readonly (Proof & { readonly believed: Believed })[] };

/** How the new reply fits the old: as A3 allows, only with more wander than that, not at all, or not even by itself. */
export type Fit = 'agrees' | 'restless' | 'contradicts' | 'absurd';

/** With more than this, the one whose neighbours are closest to each other (by their age) goes. */
const MOST_PROOFS = 16;
/** Beyond it the wander is worth more than the baseline. */
const LONGEST_SPAN = seconds(24 * 3_600);

/** @param asymmetry - the operator's word on how far the two ways of an exchange differ at most; A2 has none. */
export const proofOf = (
  { exchange, rootDelay, rootDispersion, precision }: Measurement,
  { greatest }: FrequencyBounds,
  asymmetry = Number.POSITIVE_INFINITY,
): Proof => {
  // A1: the server is within root delay / 2 + root dispersion of UTC, and reads its clock in steps of its precision.
  const rootDistance = nanos(rootDelay / 2 + rootDispersion + precision);
  const path = nanos(Math.min(Math.max(0, roundTrip(exchange)), asymmetry) / 2);
  const parts = { rootDistance, path, oscillator: nanos(0), wander: nanos(0) };
  const utc = widen(withoutAsymmetry(exchange, greatest, asymmetry), rootDistance);
  return { at: exchange.t4, utc, early: parts, late: parts };
};

/** What the server read at t4, where the ways there and back differ by no more than `asymmetry`. */
const withoutAsymmetry = (exchange: Exchange<MonoNanos>, drift: number, asymmetry: number): Interval => {
  const all = peerAtReceipt(exchange, drift);
  const spare = between(all.earliest, all.latest) - asymmetry;
  return spare > 0 ? later(all, nanos(spare / 2), nanos(-spare / 2)) : all;
};

/** A belief about the frequency this many standard deviations away from another one is another frequency. */
const CLEARLY = 2;
/** Where the frequency is believed to have moved, so much of it may be the mean's distance from what it is now. */
const SAFETY = 2;

/**
 * What the proofs and everything else say of the frequency, at all moments from the last proof to shortly after `now`. The
 * mean frequency between two proofs was not lower than from the one's latest end to the other's earliest, nor higher than
 * the reverse; some moment between had that mean, and how far the frequency can be from it now is reckoned in: by what is
 * declared, by the random walk that is seen, or by how far it is believed to have moved since. Of all pairs the one that
 * says most is taken, and not what all have in common: each has a wander of its own.
 *
 * @returns besides, `wander`: how much of the bounds, on either side, is assumed.
 */
export const boundFrequency = (
  { proofs }: Bounds,
  now: MonoNanos,
  oscillator: Oscillator,
  believed: Believed,
): FrequencyBounds & { readonly wander: number } => {
  const newest = proofs.at(-1)!;
  const age = nanos(Math.max(0, between(newest.at, now)) + READ_AHEAD);
  let best = { ...within(oscillator.maxDrift), wander: oscillator.maxDrift };
  let drifted = 0;
  for (let i = proofs.length - 2; i >= 0; i--) {
    const { at, utc, believed: then } = proofs[i]!;
    const doubt = CLEARLY * Math.hypot(believed.deviation, then.deviation);
    drifted = Math.max(drifted, SAFETY * (Math.abs(believed.frequency - then.frequency) - doubt));
    const elapsed = between(at, newest.at);
    if (elapsed <= 0) continue;
    const wander = Math.max(wanderOver(elapsed, age, believed.wander), drifted);
    const least = between(utc.latest, newest.utc.earliest) / elapsed - 1 - wander;
    const greatest = between(utc.earliest, newest.utc.latest) / elapsed - 1 + wander;
    if (greatest - least < widthOf(best)) best = { least, greatest, wander };
  }
  const elsewhere = boundsFromElsewhere(oscillator, newest.at, now, believed.wander);
  const both = narrower(best, elsewhere);
  if (!both || widthOf(both) === widthOf(best)) return best;
  return { ...both, wander: wanderOver(nanos(0), age, believed.wander) };
};

const widthOf = ({ least, greatest }: FrequencyBounds): number => greatest - least;

/** What `interval` has become after `age` ns of our oscillator; a negative age looks back. */
export const moved = (interval: Interval, age: Nanos, { least, greatest }: FrequencyBounds): Interval => {
  const [slow, fast] = [age * (1 + least), age * (1 + greatest)];
  return later(interval, nanos(Math.min(slow, fast)), nanos(Math.max(slow, fast)));
};

/** The last proof carried on to `now` by a frequency within `bounds`, of which `wander` on either side is assumed. */
export const carryProof = (
  { at, utc, early, late }: Proof,
  now: MonoNanos,
  bounds: FrequencyBounds,
  wander: number,
): Proof => {
  const age = between(at, now);
  const half = (Math.abs(age) * (bounds.greatest - bounds.least)) / 2;
  const assumed = Math.min(half, Math.abs(age) * wander);
  const aged = (parts: Parts): Parts => ({
    ...parts,
    oscillator: nanos(parts.oscillator + half - assumed),
    wander: nanos(parts.wander + assumed),
  });
  return { at: now, utc: moved(utc, age, bounds), early: aged(early), late: aged(late) };
};

/** @param reply - may be older than the last proof: an interleaved one tells of the exchange before. */
export const prove = (
  before: Bounds | undefined,
  reply: Proof,
  oscillator: Oscillator,
  believed: Believed,
): { readonly bounds: Bounds | undefined; readonly fit: Fit } => {
  if (reply.utc.earliest > reply.utc.latest) return { bounds: before, fit: 'absurd' };
  if (!before) return { bounds: { proofs: [{ ...reply, believed }] }, fit: 'agrees' };
  const last = before.proofs.at(-1)!;
  const anyhow = within(oscillator.maxDrift);
  const fact = reply.at < last.at ? carryProof(reply, last.at, anyhow, oscillator.maxDrift) : reply;
  const { wander, ...frequency } = boundFrequency(before, fact.at, oscillator, believed);
  const proven = tighter(carryProof(last, fact.at, frequency, wander), fact);
  if (proven)
    return { bounds: { proofs: thinned([...before.proofs, { ...proven, believed }], fact.at) }, fit: 'agrees' };
  // The server may be off within its bound and ours have wandered: what the drift alone allows still holds.
  const wider = tighter(carryProof(last, fact.at, anyhow, oscillator.maxDrift), fact);
  return { bounds: { proofs: [{ ...(wider ?? fact), believed }] }, fit: wider ? 'restless' : 'contradicts' };
};

const tighter = (a: Proof, b: Proof): Proof | undefined => {
  const utc = intersect(a.utc, b.utc);
  if (!utc) return undefined;
  const early = utc.earliest === b.utc.earliest ? b.early : a.early;
  const late = utc.latest === b.utc.latest ? b.late : a.late;
  return { at: b.at, utc, early, late };
};

const thinned = (all: Bounds['proofs'], now: MonoNanos): Bounds['proofs'] => {
  const proofs = all.filter(({ at }) => between(at, now) < LONGEST_SPAN);
  if (proofs.length <= MOST_PROOFS) return proofs;
  let least = Number.POSITIVE_INFINITY;
  let crowded = 1;
  for (let i = 1; i < proofs.length - 1; i++) {
    const [older, newer] = [between(proofs[i - 1]!.at, now), between(proofs[i + 1]!.at, now)];
    const room = (older - newer) / older;
    if (room < least) [least, crowded] = [room, i];
  }
  return proofs.filter((_, i) => i !== crowded);
};

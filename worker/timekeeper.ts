/** Which samples are kept, and what is kept of them. */
import type { Interval } from '#contract/interval.ts';
import { widen } from '#contract/interval.ts';
import type { Verified } from '#contract/jws.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { afterAtMost, between, type Nanos, nanos, unixMillis, unixNanos } from '#contract/time.ts';
import type { ReadingBound, TimeSample } from '#contract/time-sample.ts';
import { agreeNow, type Rules } from './agreement.ts';
import { type Kept, sampleAge } from './kept.ts';
import { type Bound, type Reader, type Reading, readingAt } from './statement.ts';

export type KeepRules = Rules & {
  /** How far the object's own clock is trusted while no gateway has bounded it. */
  readonly maxClockError: Nanos;
};

/** A sample as it came in, and the clocks that were read over it. */
export type Arrival = {
  readonly sample: Verified<TimeSample>;
  readonly sha256: string;
  /** Of the request: where this edge is, as its callers name it. */
  readonly origin: string;
  readonly isolate: string;
  readonly isolateUnixMs: number;
  readonly object: string;
  readonly objectUnixMs: number;
  /** Those of the sample's readings whose nonce this edge has made. */
  readonly answered: readonly ReadingBound[];
};

/** Of a sample that its gateway should not have signed, or that comes far too late. */
export const SUSPICIONS = ['forked', 'future', 'stale'] as const;
export type Suspicion = (typeof SUSPICIONS)[number];
export type KeepRefusal = 'wrong-audience' | 'loop' | 'replayed' | Suspicion;

/** More than one clock's worth: the tightest of the last few stays when a slow exchange follows. */
const BOUNDS_KEPT = 8;

/** The upper end of what has none: the year 2554, the most that 64 bits of ns can say. */
const FOREVER = unixNanos(2n ** 64n - 1n);

/**
 * @param kept - what is kept of all gateways, this one included.
 * @returns what to keep of this gateway from now on.
 */
export const keep = (kept: readonly Kept[], arrival: Arrival, rules: KeepRules): Result<Kept, KeepRefusal> => {
  const { sample, sha256, origin, objectUnixMs } = arrival;
  if (sample.aud !== origin) return refuse('wrong-audience');
  if (sample.lineage.includes(origin)) return refuse('loop');

  const before = kept.find(({ gateway }) => gateway === sample.gateway);
  if (before && !comesAfter(sample, before)) return refuse('replayed');
  const sameEpoch = before?.epoch === sample.epoch;
  if (sameEpoch && sample.sequence === before.sequence + 1 && sample.previousSha256 !== before.sha256)
    return refuse('forked');

  // With a new epoch the gateway takes back what it said before: its clock was stepped, so its earlier word may be off.
  // That word then neither judges this sample nor stays. A gateway that steps within an epoch breaks its promise (A4),
  // and is refused here by its own earlier word; but not for ever: `afterRefusal`, and the silent have no vote.
  const judges = sameEpoch ? kept : kept.filter((other) => other !== before);
  const now = boundedNow(judges, arrival, rules) ?? trustedNow(arrival, rules);
  if (sample.validFromUnixNs > now.latest || sample.earliestUnixNs > now.latest) return refuse('future');
  if (
    sample.validUntilUnixNs < now.earliest ||
    sample.latestUnixNs < afterAtMost(now.earliest, nanos(-rules.maxSampleAge))
  )
    return refuse('stale');

  // A gateway that comes back after its vote has lapsed starts afresh: neither bounds that it would now contradict (it
  // stepped, unnoticed) nor one of a clock that was set meanwhile can outlast its silence.
  const lasting = sameEpoch && sampleAge(before, objectUnixMs) <= rules.maxSampleAge ? before : undefined;
  // Only the answer to the sample that is kept: so each reading is taken once, however often it is handed in.
  const fits = ({ sampleSha256 }: ReadingBound) => sampleSha256 === lasting?.sha256;
  const taken = arrival.answered.find(fits);
  const known = lasting?.bounds ?? [];
  return ok({
    gateway: sample.gateway,
    epoch: sample.epoch,
    sequence: sample.sequence,
    sha256,
    synchronized: sample.synchronized,
    leap: sample.leap,
    stratum: sample.stratum,
    taiOffsetSeconds: sample.taiOffsetSeconds,
    lineage: sample.lineage,
    receivedUnixMs: objectUnixMs,
    newest: lowerBound(arrival),
    bounds: taken && lasting ? [boundOf(taken, lasting), ...known].slice(0, BOUNDS_KEPT) : known,
    ...(mayPull(sample) && { pull: { url: sample.pullUrl, aud: sample.aud } }),
    readingsRefused: (before?.readingsRefused ?? 0) + sample.readings.length - (taken ? 1 : 0),
  });
};

/**
 * What is left of a gateway whose sample was refused since it is ahead of all that its own earlier word allows: it was
 * stepped, or our clock was set back. Nothing says which, so that word counts no more, nor does a reading that was taken
 * before; what comes next is judged by what the others say.
 *
 * @returns undefined where all stays as it is.
 */
export const afterRefusal = (
  reason: KeepRefusal | 'unknown-key',
  kept: readonly Kept[],
  arrival: Arrival,
  rules: KeepRules,
): Kept | undefined => {
  if (reason !== 'future') return undefined;
  const { sample, sha256 } = arrival;
  const before = kept.find(({ gateway, epoch }) => gateway === sample.gateway && epoch === sample.epoch);
  const now = before && boundedNow([before], arrival, { ...rules, quorum: 1, mayBeWrong: 0 });
  if (!now || sample.earliestUnixNs <= now.latest) return undefined;
  return { ...before, sequence: sample.sequence, sha256, bounds: [] };
};

/** Without TLS where this edge has none itself: the thief of a gateway's key must not have others look into their own machine. */
const mayPull = (sample: TimeSample): sample is TimeSample & { readonly pullUrl: string } =>
  sample.pullUrl !== undefined && (sample.pullUrl.startsWith('https:') || sample.aud.startsWith('http:'));

/** In the chain of a gateway's samples. */
export type Place = Pick<TimeSample, 'epoch' | 'sequence'>;

export const comesAfter = (sample: Place, before: Place): boolean =>
  sample.epoch > before.epoch || (sample.epoch === before.epoch && sample.sequence > before.sequence);

/** Whether some gateway had said less when `theirs` was kept than when `ours` was. */
export const isBehind = (theirs: readonly Kept[], ours: readonly Kept[]): boolean =>
  theirs.some((kept) => ours.some((known) => known.gateway === kept.gateway && comesAfter(known, kept)));

/** True time by the object's own clock, as the gateways have bounded it. */
export const boundedNow = (
  kept: readonly Kept[],
  { object, objectUnixMs }: Pick<Arrival, 'object' | 'objectUnixMs'>,
  rules: Rules,
): Interval | undefined => {
  const reader: Reader = { clock: object, isLate: true, exchanges: [] };
  const { agreement } = agreeNow(kept, reader, objectUnixMs, rules);
  return agreement.ok ? agreement.value : undefined;
};

/** While nobody has, the clock is trusted by itself, as far as that goes. */
const trustedNow = ({ objectUnixMs }: Arrival, { maxClockError }: KeepRules): Interval => {
  const reading = unixMillis(objectUnixMs);
  return widen({ earliest: reading, latest: reading }, maxClockError);
};

/**
 * It was signed before it came in, and the object's clock was read after that. So was the isolate's, but nothing has
 * held that one against others yet: if it is off, it misleads who takes it to be as near as is assumed.
 */
const lowerBound = (arrival: Arrival): Bound => ({
  readings: [readingAt(arrival.object, arrival.objectUnixMs, true)],
  earliest: arrival.sample.earliestUnixNs,
  estimate: arrival.sample.estimateUnixNs,
  latest: FOREVER,
  own: ownOf(arrival.sample),
});

/** @param answered - the sample that the reading was an answer to: what the gateway knew as it posted it. */
const boundOf = (reading: ReadingBound, answered: Kept): Bound => ({
  readings: [stayOf(reading), readingAt(reading.object, reading.objectUnixMs, true)],
  earliest: reading.earliestUnixNs,
  estimate: reading.estimateUnixNs,
  latest: reading.latestUnixNs,
  own: answered.newest.own,
});

const ownOf = ({ earliestUnixNs, estimateUnixNs, latestUnixNs }: TimeSample): Bound['own'] => ({
  below: between(earliestUnixNs, estimateUnixNs),
  above: between(estimateUnixNs, latestUnixNs),
});

/**
 * The gateway asked before the first of the isolate's two readings, and heard after the second: what it says of earliest holds
 * from the one on, what it says of latest up to the other. So the time in between, most of it the way to the object and back,
 * is taken off the width (RFC 5905 §8, t2 and t3).
 */
const stayOf = ({ isolate, isolateUnixMs, departedUnixMs }: ReadingBound): Reading => ({
  clock: isolate,
  fromUnixMs: departedUnixMs,
  toUnixMs: isolateUnixMs,
  isLate: false,
});

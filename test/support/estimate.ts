/** What a source may say, for tests that are not about how it came to say it. */
import { after, milliseconds, nanos, type UnixNanos } from '#contract/time.ts';
import type { Parts } from '../../ntp-gateway/discipline/bounds.ts';
import type { SourceEstimate } from '../../ntp-gateway/discipline/estimator.ts';

export const partsOf = (path = nanos(0)): Parts => ({
  rootDistance: nanos(0),
  path,
  oscillator: nanos(0),
  wander: nanos(0),
});

/** [`from`, `to`] ms about `truth`, the estimate in its middle. */
export const estimateOf = (truth: UnixNanos, from: number, to: number): SourceEstimate => ({
  interval: { earliest: after(truth, milliseconds(from)), latest: after(truth, milliseconds(to)) },
  early: partsOf(),
  late: partsOf(),
  time: after(truth, milliseconds((from + to) / 2)),
  standardDeviation: milliseconds((to - from) / 20),
  frequency: 0,
  frequencyDeviation: 1e-7,
  frequencyBounds: { least: -1e-6, greatest: 1e-6 },
  wander: 1,
  roundTrip: nanos(0),
});

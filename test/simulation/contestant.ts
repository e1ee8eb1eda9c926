/** Whoever is judged beside our clock: fed with the same accepted replies at the same moments, asked the same questions. */
import type { MonoNanos, Nanos, UnixNanos } from '#contract/time.ts';
import type { Measurement } from '../../ntp-gateway/protocol/reply.ts';

export type Contestant = {
  readonly name: string;
  /** An accepted reply of one source, in the order of receipt. */
  readonly measured: (source: string, measurement: Measurement) => void;
  /** @returns undefined before it is synchronized, and where it no longer claims to be. */
  readonly read: (now: MonoNanos) => ContestantReading | undefined;
};

/** `rootDistance` is root delay / 2 + root dispersion, aged to `now`: what the contestant states as its greatest error. */
export type ContestantReading = { readonly time: UnixNanos; readonly rootDistance: Nanos };

/** The clock's word at one moment → a time sample for one edge. */
import { uncertainty } from '#contract/interval.ts';
import { after, seconds } from '#contract/time.ts';
import type { ReadingBound, TimeSample } from '#contract/time-sample.ts';
import type { Clock } from '../discipline/clock.ts';
import type { ClockReading } from '../protocol/server-state.ts';

/** How long an edge may go on believing a sample; the edge's own limit may be shorter. */
const VALIDITY = seconds(300);

/** A sample's place in the chain for its edge. */
export type Link = { readonly sequence: number; readonly previousSha256: string | null };

export const makeSample = (
  gateway: string,
  aud: string,
  clock: Clock,
  { time, earliest, latest }: ClockReading,
  { sequence, previousSha256 }: Link,
  readings: readonly ReadingBound[],
): TimeSample => {
  const { server } = clock;
  const dispersion = uncertainty({ earliest, latest }, time) - server.rootDelay / 2;
  return {
    version: 1,
    gateway,
    aud,
    epoch: clock.epoch,
    sequence,
    synchronized: clock.synchronized,
    estimateUnixNs: time,
    earliestUnixNs: earliest,
    latestUnixNs: latest,
    standardDeviationNs: Math.round(clock.standardDeviation),
    rootDelayNs: Math.ceil(server.rootDelay),
    rootDispersionNs: Math.ceil(Math.max(0, dispersion)),
    stratum: server.stratum,
    referenceId: server.referenceId.toString(16).padStart(8, '0'),
    leap: server.leap === 'unknown' ? 'none' : server.leap,
    taiOffsetSeconds: clock.leap.taiOffsetSeconds,
    sourcesSelected: clock.sourcesSelected,
    sourcesTotal: clock.sourcesTotal,
    lineage: [...(clock.lineage ?? []), gateway],
    validFromUnixNs: earliest,
    validUntilUnixNs: after(latest, VALIDITY),
    previousSha256,
    readings: [...readings],
  };
};

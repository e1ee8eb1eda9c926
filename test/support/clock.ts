/** A clock that knows what a test wants it to know. */
import { milliseconds, monoNanos, nanos, unixNanos } from '#contract/time.ts';
import type { Clock } from '../../ntp-gateway/discipline/clock.ts';
import { NO_LEAP } from '../../ntp-gateway/discipline/leap.ts';
import type { ServerState } from '../../ntp-gateway/protocol/server-state.ts';
import { partsOf } from './estimate.ts';

/** When it is drawn. After 104 days a double no longer holds the ns. */
export const DRAWN = monoNanos(9_000_000_123_456_789n);

/** In ns: [`time` − `early`, `time` + `late`]. */
export const readingOf = (time: bigint, early = 3_000_000, late = 5_000_000): Clock['reading'] => ({
  time: unixNanos(time),
  earliest: unixNanos(time - BigInt(early)),
  latest: unixNanos(time + BigInt(late)),
});

export const clockOf = (time: bigint, over: Partial<Clock> = {}, server: Partial<ServerState> = {}): Clock => ({
  at: DRAWN,
  reading: readingOf(time),
  slew: nanos(0),
  frequency: 1e-5,
  frequencyBounds: { least: 9e-6, greatest: 13e-6 },
  wander: 1,
  standardDeviation: nanos(1),
  early: partsOf(),
  late: partsOf(),
  epoch: 3,
  synchronized: true,
  server: {
    leap: 'none',
    stratum: 2,
    referenceId: 0xfedcba98,
    referenceTime: unixNanos(time - 100_000_000_000n),
    rootDelay: milliseconds(20),
    precision: -24,
    ...server,
  },
  sourcesSelected: 1,
  sourcesTotal: 1,
  leap: NO_LEAP,
  ...over,
});

/** What our server says of itself and of the time; made by discipline/clock.ts whenever the estimate changes. */
import { type Nanos, type UnixNanos, unixNanos } from '#contract/time.ts';
import type { Leap } from '../wire/ntp-packet.ts';

export type ServerState = {
  /** `unknown`: not synchronized; of the rest, only `precision` is said. */
  readonly leap: Leap;
  readonly stratum: number;
  /** uint32. */
  readonly referenceId: number;
  readonly referenceTime: UnixNanos;
  readonly rootDelay: Nanos;
  /** log2 s. */
  readonly precision: number;
};

/** True time at one instant as the virtual clock has it. */
export type ClockReading = { readonly time: UnixNanos; readonly earliest: UnixNanos; readonly latest: UnixNanos };

const BLUR = 64_000_000_000n;

/** Rounded down to 64 s: to the ns it would tell an off-path attacker when our last reply came in. */
export const blurReferenceTime = (time: UnixNanos): UnixNanos => unixNanos((time / BLUR) * BLUR);

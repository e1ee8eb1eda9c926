/** Moments and lengths as the pages tell them. */
import type { Nanos } from '#contract/time.ts';

/** RFC 3339, to the millisecond. */
export const iso = (unixNanos: bigint): string => new Date(Number(unixNanos / 1_000_000n)).toISOString();

/** To the µs. */
export const milliseconds = (length: Nanos): number => Math.round(length / 1e3) / 1e3;

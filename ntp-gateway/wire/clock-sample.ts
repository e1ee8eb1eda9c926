/** What a reference clock's driver said, whatever protocol it speaks, and the bounds that hold for all of them. */
import type { LeapNotice } from '#contract/leap.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { type Nanos, seconds, type UnixNanos, unixNanos } from '#contract/time.ts';

export type ClockSample = {
  /** The host's wall clock at the moment in question. */
  readonly wall: UnixNanos;
  /** What the reference clock said at that moment. */
  readonly time: UnixNanos;
  readonly leap: LeapNotice;
  /** In which the driver counts: by less than this is `time` off for being written down. */
  readonly step: Nanos;
};

export type ClockSampleRefusal = 'length' | 'stamp' | 'date' | 'leap' | 'unsynchronized';

const LEAPS: readonly LeapNotice[] = ['none', 'insert', 'delete'];
/** LEAP_NOTINSYNC of ntp.h. */
const NOT_SYNCHRONIZED = 3;
/** Before this was written. A receiver whose week number has rolled over is 1024 weeks behind, and has not noticed. */
const EARLIEST = unixNanos(1_767_225_600_000_000_000n); // 2026-01-01
/** Room for every calculation in 64 bits. */
const LATEST = unixNanos(7_258_118_400_000_000_000n); // 2200-01-01

/** A number of seconds and what goes beyond them; undefined where it is none of this or the next century. */
export const stampOf = (wholeSeconds: bigint, nanoseconds: number): UnixNanos | undefined => {
  const stamp = wholeSeconds * 1_000_000_000n + BigInt(nanoseconds);
  return nanoseconds >= 0 && nanoseconds < seconds(1) && stamp >= 0n && stamp < LATEST ? unixNanos(stamp) : undefined;
};

/** @param leap - as the drivers write it. */
export const clockSample = (
  wall: UnixNanos | undefined,
  time: UnixNanos | undefined,
  leap: number,
  step: Nanos,
): Result<ClockSample, ClockSampleRefusal> => {
  if (wall === undefined || time === undefined) return refuse('stamp');
  if (leap === NOT_SYNCHRONIZED) return refuse('unsynchronized');
  const announced = LEAPS[leap];
  if (announced === undefined) return refuse('leap');
  if (time < EARLIEST || time >= LATEST) return refuse('date');
  return ok({ wall, time, leap: announced, step });
};

/**
 * ntpd's shared memory segment, `struct shmTime`: "Shared Memory Driver" (driver 28) in the documents of ntpd and NTPsec.
 * As a 64-bit little-endian host lays it out, all int32 but for the seconds:
 *
 *      0 mode        4 count
 *      8 clock: seconds (int64)       16 microseconds
 *     24 received: seconds (int64)    32 microseconds
 *     36 leap       40 precision      44 number of samples    48 valid
 *     52 clock: nanoseconds           56 received: nanoseconds (uint32)    60 unused
 */
import { type Result, refuse } from '#contract/result.ts';
import { nanos, type UnixNanos } from '#contract/time.ts';
import { type ClockSample, type ClockSampleRefusal, clockSample, stampOf } from './clock-sample.ts';

export const SHM_SIZE = 96;
export const SHM_COUNT_AT = 4;
export const SHM_VALID_AT = 48;
/** A copy of the segment, then its count as it was after all else had been copied. */
export const SHM_COPY_SIZE = SHM_SIZE + 4;

/** The precision goes unread: it bounds nothing, and what the clock is good for is for the operator to say. */
export const decodeShmSample = (copy: Uint8Array): Result<ClockSample, ClockSampleRefusal | 'mode' | 'torn'> => {
  if (copy.length !== SHM_COPY_SIZE) return refuse('length');
  const view = new DataView(copy.buffer, copy.byteOffset, copy.byteLength);
  const mode = view.getInt32(0, true);
  if (mode !== 0 && mode !== 1) return refuse('mode');
  // In mode 1 the driver counts before and after it writes: a count that moved means that it wrote while we copied.
  if (mode === 1 && view.getInt32(SHM_COUNT_AT, true) !== view.getInt32(SHM_SIZE, true)) return refuse('torn');
  const clock = readStamp(view, 8, 52);
  const received = readStamp(view, 24, 56);
  return clockSample(received.stamp, clock.stamp, view.getInt32(36, true), nanos(Math.max(clock.step, received.step)));
};

/** Older drivers leave the nanoseconds as they were: they count where they continue the microseconds. */
const readStamp = (view: DataView, at: number, nanosAt: number): { stamp: UnixNanos | undefined; step: number } => {
  const microseconds = view.getInt32(at + 8, true);
  const nanoseconds = view.getUint32(nanosAt, true);
  const continues = Math.floor(nanoseconds / 1_000) === microseconds;
  return {
    stamp: stampOf(view.getBigInt64(at, true), continues ? nanoseconds : microseconds * 1_000),
    step: continues ? 1 : 1_000,
  };
};

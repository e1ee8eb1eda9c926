/**
 * A datagram of the SOCK protocol, which chronyd and ntpd hear reference clocks by: NTPsec's `driver_sock` has the layout.
 * As a 64-bit little-endian host lays it out:
 *
 *      0 seconds (int64), 8 microseconds (int64) of the wall clock     16 offset: true time − wall clock, s (double)
 *     24 pulse (int32)    28 leap (int32)    32 padding                36 magic (int32)
 */
import { type Result, refuse } from '#contract/result.ts';
import { after, nanos, seconds } from '#contract/time.ts';
import { type ClockSample, type ClockSampleRefusal, clockSample, stampOf } from './clock-sample.ts';

export const SOCK_SIZE = 40;
const MAGIC = 0x534f434b; // SOCK
/** Of a wall clock that starts at 1970 without a battery, and more. */
const MAX_OFFSET = 2 ** 32;
const MICROSECOND = nanos(1_000);

export const decodeSockSample = (
  bytes: Uint8Array,
): Result<ClockSample, ClockSampleRefusal | 'magic' | 'pulse' | 'offset'> => {
  if (bytes.length !== SOCK_SIZE) return refuse('length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getInt32(36, true) !== MAGIC) return refuse('magic');
  // The mere beginning of some second: which one, another source would have to say.
  if (view.getInt32(24, true) !== 0) return refuse('pulse');
  const offset = view.getFloat64(16, true);
  if (!(Math.abs(offset) < MAX_OFFSET)) return refuse('offset'); // NaN too
  const microseconds = view.getBigInt64(8, true);
  const wall = stampOf(view.getBigInt64(0, true), Number(microseconds) * MICROSECOND);
  return clockSample(wall, wall && after(wall, seconds(offset)), view.getInt32(28, true), MICROSECOND);
};

/**
 * A datagram of the SOCK protocol, as chronyd's and ntpd-rs's reference clocks of that name read it on a little-endian host:
 *
 *      0 seconds (int64), 8 microseconds (int64) of the wall clock     16 offset: true time − wall clock, s (double)
 *     24 pulse (int32)    28 leap (int32)    32 padding                36 magic (int32)
 */
import type { LeapNotice } from '#contract/leap.ts';
import type { UnixNanos } from '#contract/time.ts';

const SIZE = 40;
const MAGIC = 0x534f434b; // SOCK
/** RFC 5905 §7.3. */
const LEAP: Readonly<Record<LeapNotice, number>> = { none: 0, insert: 1, delete: 2 };

export const encodeSockSample = (wall: UnixNanos, offsetSeconds: number, leap: LeapNotice): Uint8Array => {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, wall / 1_000_000_000n, true);
  view.setBigInt64(8, (wall % 1_000_000_000n) / 1_000n, true);
  view.setFloat64(16, offsetSeconds, true);
  view.setInt32(28, LEAP[leap], true);
  view.setInt32(36, MAGIC, true);
  return bytes;
};

/** NTP's scale of time, RFC 5905 §6: 32 bits of seconds since 1900 | 32 bits of fraction. */
import type { UnixNanos } from './time.ts';

const NANOS_PER_SECOND = 1_000_000_000n;
const HALF_NANOS = NANOS_PER_SECOND / 2n;

/** In seconds from 1900-01-01, where era 0 begins, to 1970-01-01: 70 years, 17 of them leap years. */
export const UNIX_EPOCH = (70n * 365n + 17n) * 86_400n;

/** To the nearest 2^-32 s; the era is lost. @param time - not before 1900. */
export const ntpBits = (time: UnixNanos): bigint => {
  const scaled = (time + UNIX_EPOCH * NANOS_PER_SECOND) << 32n;
  return BigInt.asUintN(64, (scaled + HALF_NANOS) / NANOS_PER_SECOND);
};

/** NTP's two ways to write time, RFC 5905 §6: 64-bit timestamps (points) and 16.16 short format (lengths). */
import { ntpBits, UNIX_EPOCH } from '#contract/ntp-scale.ts';
import { type Nanos, nanos, type UnixNanos, unixNanos } from '#contract/time.ts';

/** A timestamp as it stands on the wire: seconds of the era (32 bits) | fraction (32 bits). Zero means unknown. */
export type NtpTimestamp = bigint & { readonly __unit: 'NtpTimestamp' };

export const ntpTimestamp = (bits: bigint): NtpTimestamp => bits as NtpTimestamp;

export const UNKNOWN_TIMESTAMP = ntpTimestamp(0n);

const NANOS_PER_SECOND = 1_000_000_000n;
const HALF_SECOND_FRACTION = 1n << 31n;

/** To the nearest 2^-32 s; the era is lost. @param time - not before 1900. */
export const ntpFromUnix = (time: UnixNanos): NtpTimestamp => ntpTimestamp(ntpBits(time));

/** The same for arithmetic in doubles: whole seconds since 1900, of all eras, and the ns of the second. */
export const ntpSeconds = (time: UnixNanos): { readonly seconds: number; readonly nanos: number } => {
  const sinceEpoch = time + UNIX_EPOCH * NANOS_PER_SECOND;
  return { seconds: Number(sinceEpoch / NANOS_PER_SECOND), nanos: Number(sinceEpoch % NANOS_PER_SECOND) };
};

/** @param ntpSeconds - since 1900, of all eras. */
export const unixFromNtpSeconds = (ntpSeconds: bigint): UnixNanos =>
  unixNanos((ntpSeconds - UNIX_EPOCH) * NANOS_PER_SECOND);

/** 2020-01-01 and 2^31 s later, in 2088. */
const EARLIEST_PIVOT = 1_577_836_800n;
const LATEST_PIVOT = EARLIEST_PIVOT + (1n << 31n);

/**
 * To the nearest ns, in the era that lies within 68 years of `near`. A `near` outside 2020 … 2088 is some host without a
 * battery: it is moved to the nearest of these, so a timestamp of those years is read right whatever `near` says.
 */
export const unixFromNtp = (timestamp: NtpTimestamp, near: UnixNanos): UnixNanos => {
  const said = near / NANOS_PER_SECOND;
  const pivot = said < EARLIEST_PIVOT ? EARLIEST_PIVOT : said > LATEST_PIVOT ? LATEST_PIVOT : said;
  // RFC 5905 §6: the one arithmetic that survives the end of an era is the two's complement difference.
  const seconds = pivot + BigInt.asIntN(32, (timestamp >> 32n) - (pivot + UNIX_EPOCH));
  const fraction = BigInt.asUintN(32, timestamp);
  return unixNanos(seconds * NANOS_PER_SECOND + ((fraction * NANOS_PER_SECOND + HALF_SECOND_FRACTION) >> 32n));
};

/** 2^-16 s in ns; exact, as is its product with any 32-bit number. */
const SHORT_UNIT = 1e9 / 65_536;
const MAX_SHORT = 0xffff_ffff;

/** Rounded up and clamped: what is a bound must not shrink on its way. @param length - NaN is a programmer's mistake. */
export const shortFromNanos = (length: Nanos): number => {
  if (Number.isNaN(length)) throw new RangeError('a length that is not a number');
  return Math.min(Math.max(Math.ceil(length / SHORT_UNIT), 0), MAX_SHORT);
};

/** Unsigned: a signed reading would make a huge delay negative, and so attractive (CVE-2016-7433). */
export const nanosFromShort = (short: number): Nanos => nanos(short * SHORT_UNIT);

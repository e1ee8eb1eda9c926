/** An honest stratum 2's reply, for tests to spoil. */
import { milliseconds, type UnixNanos, unixNanos } from '#contract/time.ts';
import { type NtpPacket, SERVER_MODE } from '../../ntp-gateway/wire/ntp-packet.ts';
import { ntpFromUnix, ntpTimestamp } from '../../ntp-gateway/wire/ntp-timestamp.ts';

export const NOON = unixNanos(1_795_348_800_000_000_000n); // 2026-11-22T12:00:00Z

export const ntpReply = (changes: Partial<NtpPacket> = {}): NtpPacket => ({
  leap: 'none',
  version: 4,
  mode: SERVER_MODE,
  stratum: 2,
  poll: 6,
  precision: -20,
  rootDelay: milliseconds(15.625), // 2^-6 s: exact on the wire
  rootDispersion: milliseconds(7.8125),
  referenceId: 0xc0000201, // 192.0.2.1
  referenceTimestamp: ntpFromUnix((NOON - 64_000_000_000n) as UnixNanos),
  originTimestamp: ntpTimestamp(0x0123_4567_89ab_cdefn),
  receiveTimestamp: ntpFromUnix(NOON),
  transmitTimestamp: ntpFromUnix((NOON + 100_000n) as UnixNanos),
  extensions: [],
  ...changes,
});

/** A line that says something in each of its fields. */
import type { ServedLine } from '../../ntp-gateway/protocol/served-line.ts';

export const LINE: ServedLine = {
  atSeconds: 12_345_678,
  atNanos: 999_999_999,
  seconds: 4_000_000_000,
  nanos: 250_000_000,
  frequency: 2e-5,
  slew: -83_000_000,
  slewRate: 0.083,
  early: 3e6,
  late: 5e6,
  earlyGrowth: 1e-6,
  lateGrowth: 2e-6,
  guardFrom: 10e9,
  guardEarly: 1e9,
  guardLate: 0,
  limit: 1.5e9,
  leap: 1,
  stratum: 3,
  referenceId: 0xc0000201,
  referenceSeconds: 3_999_999_936,
  referenceFraction: 0,
  rootDelay: 1311,
  precision: -25,
  epoch: 7,
};

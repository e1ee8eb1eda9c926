/** The clock → the line that is served: what answering threads need of it, in numbers. */
import { guardLeap } from '#contract/leap.ts';
import { between, type MonoNanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { ServedLine } from '../protocol/served-line.ts';
import { blurReferenceTime } from '../protocol/server-state.ts';
import { leapBits } from '../wire/ntp-packet.ts';
import { ntpFromUnix, ntpSeconds, shortFromNanos } from '../wire/ntp-timestamp.ts';
import { type Clock, FASTEST_SLEW } from './clock.ts';
import type { Look } from './jump.ts';
import { endOfSeason } from './leap.ts';
import { MAX_DISTANCE } from './selection.ts';

/** ns. What is lost in all from a reading in ns to 2^-32 s, whose last bit tells receive from transmit timestamps. */
const ROUNDING = 3;
/** NTP's 16 means unsynchronized, RFC 5905 §7.3. */
const MAX_STRATUM = 15;

/**
 * @param clock - undefined where there is none that may be spoken of to the LAN: then the wall's guess is told, with LI 3.
 * @param precision - log2 s, of a reading of the monotonic clock.
 */
export const servedLine = (clock: Clock | undefined, look: Look, precision: number, epoch: number): ServedLine =>
  clock && clock.server.stratum <= MAX_STRATUM
    ? lineOf(clock)
    : { ...UNKNOWN, ...pointsOf(look.now, look.wall), precision, epoch };

const pointsOf = (mono: MonoNanos, time: UnixNanos) => ({
  atSeconds: Number(mono / 1_000_000_000n),
  atNanos: Number(mono % 1_000_000_000n),
  ...ntpSeconds(time),
});

const UNKNOWN = {
  frequency: 0,
  slew: 0,
  slewRate: 0,
  early: 0,
  late: 0,
  earlyGrowth: 0,
  lateGrowth: 0,
  guardFrom: Number.POSITIVE_INFINITY,
  guardEarly: 0,
  guardLate: 0,
  limit: Number.POSITIVE_INFINITY,
  leap: leapBits('unknown'),
  stratum: 0,
  referenceId: 0,
  referenceSeconds: 0,
  referenceFraction: 0,
  rootDelay: 0,
};

const lineOf = (clock: Clock): ServedLine => {
  const { at, reading, slew, frequency, frequencyBounds, synchronized, server, epoch } = clock;
  const { leap, stratum, referenceId, referenceTime, rootDelay, precision } = server;
  const blurred = ntpFromUnix(blurReferenceTime(referenceTime < reading.time ? referenceTime : reading.time));
  return {
    ...pointsOf(at, reading.time),
    frequency,
    slew,
    slewRate: FASTEST_SLEW,
    early: between(reading.earliest, reading.time) + ROUNDING,
    late: between(reading.time, reading.latest) + ROUNDING,
    // The best estimate of the frequency is one that is possible; where rounding says otherwise, the bound does not shrink.
    earlyGrowth: Math.max(frequency - frequencyBounds.least, 0),
    lateGrowth: Math.max(frequencyBounds.greatest - frequency, 0),
    ...guardOf(clock),
    // The host's own clock is as far off as its operator says.
    limit: synchronized ? MAX_DISTANCE : Number.POSITIVE_INFINITY,
    leap: leapBits(leap),
    stratum,
    referenceId,
    referenceSeconds: Number(blurred >> 32n),
    referenceFraction: Number(blurred & 0xffff_ffffn),
    rootDelay: shortFromNanos(rootDelay),
    precision,
    epoch,
  };
};

type Guard = Pick<ServedLine, 'guardFrom' | 'guardEarly' | 'guardLate'>;
const NO_GUARD: Guard = { guardFrom: Number.POSITIVE_INFINITY, guardEarly: 0, guardLate: 0 };
const SECOND = seconds(1);
const SOON = seconds(2);

/** What `guardLeap` does, as a line: from which age on, and how far. */
const guardOf = ({ reading, slew, frequencyBounds, server: { leap } }: Clock): Guard => {
  if (leap === 'none' || leap === 'unknown') return NO_GUARD;
  const end = endOfSeason(reading.latest);
  const isHere = guardLeap(reading, leap) !== reading;
  if (!isHere && end === undefined) return NO_GUARD;
  // At the soonest: by the late end of the interval, and that may be the time that is still being slewed.
  const left = isHere ? Number.NEGATIVE_INFINITY : between(reading.latest, end!) - SOON - Math.abs(slew);
  const [guardEarly, guardLate] = leap === 'insert' ? [SECOND, 0] : [0, SECOND];
  return { guardFrom: left / (1 + frequencyBounds.greatest), guardEarly, guardLate };
};

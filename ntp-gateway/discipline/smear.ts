/**
 * The LAN's clock around a leap second (`[server] smear`): it does not leap, but runs 11.6 ppm slow or fast from the noon
 * before to the noon after. *Even* time is UTC before the leap second, counted on through it as every oscillator does.
 */
import { later } from '#contract/interval.ts';
import {
  after,
  between,
  type MonoNanos,
  type Nanos,
  nanos,
  seconds,
  type UnixNanos,
  unixNanos,
} from '#contract/time.ts';
import type { LeapList } from '../wire/leap-list.ts';
import { type Clock, type Drawn, follow, isStep, readLine } from './clock.ts';
import { isExpired } from './leap.ts';
import { READ_AHEAD, wanderOver } from './oscillator.ts';

export type Smeared = {
  /** What the LAN is told. */
  readonly clock: Clock;
  /** The last one, in UTC, that is surely from before the leap second: what it says goes on evenly for a while. */
  readonly even?: Clock;
};

/** The first instant after a leap second, and by how many seconds the day before was longer: 1 or −1. */
type LeapSecond = { readonly at: UnixNanos; readonly by: number };

const SECOND = 1_000_000_000n;
const DAY = 86_400n;
const NOON = seconds(43_200);
/** From so long before the first noon on, a line has room for the change of its rate while it is being read. */
const SOON = seconds(60);
const CHANGE = 12e-6;
/** So close to a leap second, who announces it may have gone through it. */
const AT_LEAP = seconds(2);

/**
 * @param before - what was last told, however long ago.
 * @param list - absent where it cannot be read, or `isAwaited`, not yet.
 * @returns undefined: nothing is to be told. The LAN must not see UTC a moment before it sees smeared time; and whoever
 *   starts, or starts over, right at a leap second, does not know on which side of it the sources are.
 */
export const smear = (
  before: Smeared | undefined,
  clock: Clock,
  list: LeapList | undefined,
  isAwaited: boolean,
  now: MonoNanos,
): Smeared | undefined => {
  if (!list) return isAwaited ? undefined : { clock };
  if (clock.leap.by !== 'list') {
    const isOfNoList = isExpired(list, clock.reading.latest) || !clock.synchronized;
    return isOfNoList ? { clock } : undefined; // else it was drawn before the list was read
  }
  const leap = nextLeap(list, clock.reading.earliest);
  if (!leap) return { clock };
  const untilLeap = between(clock.reading.latest, leap.at);
  // Whoever hears of it from us would leap by itself.
  if (untilLeap > NOON + SOON) return { clock: { ...clock, server: { ...clock.server, leap: 'none' } } };

  const isBefore = untilLeap > AT_LEAP;
  const even = isBefore ? clock : before?.even;
  const line = isBefore ? clock : clock.leap.notice === 'none' ? countedOn(clock, leap) : carried(even, clock, now);
  if (!line) return undefined;
  const drawn = slowed(line, leap);
  const from = before && !isStep(before.clock, drawn) ? before.clock : undefined;
  return { clock: follow(from, drawn, clock.epoch), ...(even && { even }) };
};

/** The one that is not over, noon to noon, at `time`. */
const nextLeap = ({ entries }: LeapList, time: UnixNanos): LeapSecond | undefined => {
  const index = entries.findIndex(({ from }, i) => i > 0 && between(time, from) > -NOON);
  if (index < 0) return undefined;
  const { from, taiOffsetSeconds } = entries[index]!;
  return { at: from, by: taiOffsetSeconds - entries[index - 1]!.taiOffsetSeconds };
};

/** In even time what is from after the leap second. */
const countedOn = (clock: Clock, { by }: LeapSecond): Clock => ({
  ...clock,
  reading: { time: after(clock.reading.time, seconds(by)), ...later(clock.reading, seconds(by)) },
  server: { ...clock.server, referenceTime: after(clock.server.referenceTime, seconds(by)) },
});

/** Until it is known that the sources have gone through it, our oscillator alone counts on. Nothing from before a step. */
const carried = (even: Clock | undefined, clock: Clock, now: MonoNanos): Clock | undefined => {
  if (!even || even.epoch !== clock.epoch) return undefined;
  const wander = wanderOver(nanos(0), nanos(between(even.at, now) + READ_AHEAD), even.wander);
  const { least, greatest } = even.frequencyBounds;
  const frequencyBounds = { least: least - wander, greatest: greatest + wander };
  return { ...even, frequencyBounds, at: now, reading: readLine({ ...even, frequencyBounds }, now) };
};

const slowed = (even: Clock, leap: LeapSecond): Drawn => {
  const { reading, frequency, frequencyBounds, server } = even;
  const since = between(leap.at, reading.time) + NOON;
  const isSmeared = 0 < since && since < seconds(86_400 + leap.by);
  const rate = isSmeared ? 86_400 / (86_400 + leap.by) : 1;
  const atRate = (ratio: number): number => (1 + ratio) * rate - 1;
  const time = smearedTime(reading.time, leap);
  return {
    ...even,
    reading: {
      time,
      earliest: smearedTime(reading.earliest, leap),
      latest: after(smearedTime(reading.latest, leap), nanos(1)), // what is lost in rounding down
    },
    frequency: atRate(frequency),
    frequencyBounds: {
      least: atRate(frequencyBounds.least) - CHANGE,
      greatest: atRate(frequencyBounds.greatest) + CHANGE,
    },
    server: {
      ...server,
      leap: 'none',
      referenceId: isSmeared ? smearReferenceId(between(utcOf(reading.time, leap), time)) : server.referenceId,
      referenceTime: after(server.referenceTime, between(reading.time, time)),
    },
  };
};

/** @param even - whose day from noon to noon has a second more or less, all of them equally long here. */
export const smearedTime = (even: UnixNanos, { at, by }: LeapSecond): UnixNanos => {
  const noon = after(at, nanos(-NOON));
  const [since, length] = [even - noon, DAY + BigInt(by)];
  if (since <= 0n) return even;
  if (since >= length * SECOND) return after(even, seconds(-by));
  return unixNanos(noon + (since * DAY) / length);
};

/** The second that is inserted counts as the old day's. */
const utcOf = (even: UnixNanos, { at, by }: LeapSecond): UnixNanos =>
  even < after(at, seconds(by)) ? even : after(even, seconds(-by));

/**
 * 254.x.y.z as of ntpd's leap smear (its ntpd/refidsmear.c): smeared time less UTC in 2 bits of signed integer and 22 of
 * fraction, in s.
 */
export const smearReferenceId = (offset: Nanos): number =>
  (0xfe000000 | (Math.round((offset / 1e9) * 2 ** 22) & 0xff_ffff)) >>> 0;

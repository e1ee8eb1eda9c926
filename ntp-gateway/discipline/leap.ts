/** Whether a leap second is at hand: from `leap-seconds.list` while it is valid, else from what most sources announce. */
import type { LeapNotice } from '#contract/leap.ts';
import { after, between, nanos, seconds, type UnixNanos, unixMillis } from '#contract/time.ts';
import type { LeapList } from '../wire/leap-list.ts';
import type { Leap } from '../wire/ntp-packet.ts';

/** What a source announced in its newest reply, and when that was. */
export type LeapWord = { readonly leap: LeapNotice; readonly at: UnixNanos };

export type LeapDecision = {
  readonly notice: LeapNotice;
  readonly by: 'list' | 'sources';
  /** What more than half of the sources announce, whether or not it is believed. */
  readonly announced: LeapNotice;
  /** Null without a valid list. */
  readonly taiOffsetSeconds: number | null;
};

export const NO_LEAP: LeapDecision = { notice: 'none', by: 'sources', announced: 'none', taiOffsetSeconds: null };

/** RFC 5905 §7.3: the last minute of the day. Some servers say so for the whole month. */
const AHEAD = seconds(86_400);
/** As chronyd has it: what a server says while it goes through a leap second may be anything. */
const CLOSE = seconds(5);

/**
 * A leap second is announced from a day before until what was measured before it is replaced: nobody knows until then
 * whether our line has gone through it. By the list, that is so while one of the selected sources' words is from before.
 *
 * @param words - of the selected sources, at least one.
 * @param now - the latest that it may be, UTC.
 */
export const decideLeap = (list: LeapList | undefined, words: readonly LeapWord[], now: UnixNanos): LeapDecision => {
  const isNear = (leapAt: UnixNanos): boolean => between(now, leapAt) <= AHEAD;
  const inSeason = words.map(({ leap, at }) => {
    const end = endOfSeason(at);
    return end !== undefined && isNear(end) ? leap : 'none';
  });
  const most = (notice: LeapNotice): boolean => 2 * inSeason.filter((one) => one === notice).length > words.length;
  const announced = most('insert') ? 'insert' : most('delete') ? 'delete' : 'none';
  if (!list || isExpired(list, now)) return { notice: announced, by: 'sources', announced, taiOffsetSeconds: null };

  const oldest = words.reduce((least, { at }) => (at < least ? at : least), now);
  const past = list.entries.findLast(({ from }) => from <= oldest);
  const next = list.entries.find(({ from }) => from > oldest && isNear(from));
  const grows = past && next && next.taiOffsetSeconds > past.taiOffsetSeconds;
  const notice = !past || !next ? 'none' : grows ? 'insert' : 'delete';
  return { notice, by: 'list', announced, taiOffsetSeconds: past?.taiOffsetSeconds ?? null };
};

export const isExpired = ({ expires }: LeapList, now: UnixNanos): boolean => now >= expires;

/**
 * Whether a reply is too close to a leap second to be learnt from.
 *
 * @param at - when it left, by the server's clock.
 * @param notice - what we announce, if anything.
 */
export const isAtLeap = (at: UnixNanos, notice: Leap | undefined): boolean => {
  if (notice !== 'insert' && notice !== 'delete') return false;
  const end = endOfSeason(after(at, nanos(-CLOSE)));
  return end !== undefined && Math.abs(between(at, end)) < CLOSE;
};

/** Noon to noon, as most have it, and a minute for clocks that are off. */
const SMEARS = seconds(43_200 + 60);

/**
 * Whether a server that smears may have done so at `at`, by its clock.
 *
 * @param announced - after which second another leap second was announced.
 */
export const isSmearedAt = (at: UnixNanos, list: LeapList | undefined, announced: UnixNanos | undefined): boolean =>
  [...(list?.entries.slice(1).map(({ from }) => from) ?? []), ...(announced === undefined ? [] : [announced])].some(
    (leapAt) => Math.abs(between(at, leapAt)) < SMEARS,
  );

/** The end of the month of `at`, where that is one after which a leap second may come: June or December. */
export const endOfSeason = (at: UnixNanos): UnixNanos | undefined => {
  const date = new Date(Number(at / 1_000_000n));
  const month = date.getUTCMonth();
  return month === 5 || month === 11 ? unixMillis(Date.UTC(date.getUTCFullYear(), month + 1)) : undefined;
};

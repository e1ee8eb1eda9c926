/** What a leap second does to servers, at the end of 2026. The world's own time does not leap: POSIX time parts from it by 1 s. */
import type { LeapNotice } from '#contract/leap.ts';
import { ok, type Result } from '#contract/result.ts';
import { after, type Nanos, nanos, seconds, type UnixNanos, unixMillis } from '#contract/time.ts';
import type { LeapList } from '../../ntp-gateway/wire/leap-list.ts';
import { encodePacket } from '../../ntp-gateway/wire/ntp-packet.ts';
import { type ClockError, makeServer } from './server.ts';

export const MIDNIGHT = unixMillis(Date.parse('2027-01-01T00:00:00Z'));
export const before = (length: Nanos): UnixNanos => after(MIDNIGHT, nanos(-length));

/** POSIX time less the world's: the last second comes twice, or not at all. */
export const leaping =
  (leap: Exclude<LeapNotice, 'none'>): ClockError =>
  (now) =>
    leap === 'insert' ? seconds(now < MIDNIGHT ? 0 : -1) : seconds(now < before(seconds(1)) ? 0 : 1);

/** A server that says so until it has gone through it. */
export const makeLeaping = (error: ClockError, says: LeapNotice) => {
  let leap = says;
  return makeServer({
    error: (now) => {
      if (error(now) !== 0) leap = 'none';
      return error(now);
    },
    replies: (reply, delay) => [{ bytes: encodePacket({ ...reply, leap }), delay }],
  });
};

/** @param change - what the end of 2026 brings; none for a list that knows of nothing. */
export const listOf = (change: LeapNotice, expires = after(MIDNIGHT, seconds(180 * 86_400))): LeapList => {
  const past = { from: unixMillis(Date.parse('2017-01-01T00:00:00Z')), taiOffsetSeconds: 37 };
  const next = { from: MIDNIGHT, taiOffsetSeconds: change === 'insert' ? 38 : 36 };
  return { entries: change === 'none' ? [past] : [past, next], expires };
};
export const telling = (list: LeapList) => (heard: (read: Result<LeapList, string>) => void) => {
  heard(ok(list));
  return () => {};
};

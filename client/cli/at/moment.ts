/** A moment as people name it on a command line. */
import { parseDuration } from '#contract/units.ts';

/** Unix ms, or so many ms from now. */
export type Moment = { readonly unixMs: number } | { readonly fromNowMs: number };

/** RFC 3339 §5.6, with a space for its T where one is liked better. */
const DATE = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d{1,9})?(?:[Zz]|([+-]\d\d:\d\d))$/;
const UNIX = /^@(\d{1,11}(?:\.\d{1,9})?)$/;

/** "2026-11-30T12:00:00.5Z", "@1795336205.5" in Unix seconds, "+5s"; undefined for anything else. */
export const parseMoment = (text: string): Moment | undefined => {
  const [, unix] = UNIX.exec(text) ?? [];
  if (unix !== undefined) return { unixMs: Number(unix) * 1_000 };
  if (!text.startsWith('+')) return parseDate(text);
  const length = parseDuration(text.slice(1));
  return length === undefined ? undefined : { fromNowMs: length / 1e6 };
};

const parseDate = (text: string): Moment | undefined => {
  const [, date = '', minute = '', second = '', fraction = '', zone = 'Z'] = DATE.exec(text) ?? [];
  // POSIX has no number for a leap second: it is over when the next one begins.
  const [leap, counted] = second === '60' ? [1_000, '59'] : [0, second];
  const midnight = new Date(`${date}T00:00:00Z`);
  const isDay = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
  const unixMs = Date.parse(`${date}T${minute}:${counted}${zone}`) + leap + Number(`0${fraction}`) * 1_000;
  return isDay && unixMs >= 0 ? { unixMs } : undefined; // Date.parse takes the 30th of February for the 2nd of March
};

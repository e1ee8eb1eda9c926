/**
 * A date of RFC 3339 §5.6, with a space for its T where one is liked better. `Date.parse` is no judge of one: it takes the 30th of
 * February for the 2nd of March, and 24:00.
 */
const DATE =
  /^(\d{4}-\d\d-\d\d)[Tt ]((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(\.\d{1,9})?(?:[Zz]|([+-](?:[01]\d|2[0-3]):[0-5]\d))$/;

/** @returns Unix ms, with a fraction; undefined for what is no date. */
export const parseRfc3339 = (text: string): number | undefined => {
  const [, day, minute, second, fraction = '', zone = 'Z'] = DATE.exec(text) ?? [];
  if (day === undefined || !isDay(day)) return undefined;
  const isLeap = second === '60';
  const wholeMs = Date.parse(`${day}T${minute}:${isLeap ? '59' : second}${zone}`) + (isLeap ? 1_000 : 0);
  return isLeap && !endsHalfYear(wholeMs) ? undefined : wholeMs + Number(`0${fraction}`) * 1_000;
};

const isDay = (day: string): boolean => {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
};

/**
 * RFC 3339 §5.7: a leap second is the last one, in UTC, of a June or December; which of them have one no table here says. POSIX has no
 * number for it: it is over when the next second begins.
 */
const endsHalfYear = (unixMs: number): boolean => /-(01|07)-01T00:00:00.000Z$/.test(new Date(unixMs).toISOString());

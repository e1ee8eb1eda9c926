/** A moment as people name it on a command line. */
import { parseDuration } from '#contract/units.ts';
import { parseRfc3339 } from '../rfc3339.ts';

/** Unix ms, or so many ms from now. */
export type Moment = { readonly unixMs: number } | { readonly fromNowMs: number };

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
  const unixMs = parseRfc3339(text);
  return unixMs !== undefined && unixMs >= 0 ? { unixMs } : undefined;
};

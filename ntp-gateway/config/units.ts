/** Lengths of time and ratios as people write them in a file or on a command line: never a bare number. */
import { type Nanos, nanos } from '#contract/time.ts';

const NANOS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const RATIO = { ppb: 1e9, ppm: 1e6 };

/** "16s", "1.5ms", to the nearest ns; undefined for anything else. */
export const parseDuration = (text: string): Nanos | undefined => {
  const [number, unit] = split(text);
  return isOf(NANOS, unit) ? nanos(Math.round(number * NANOS[unit])) : undefined;
};

/** The same, either way: "-120ms". */
export const parseSignedDuration = (text: string): Nanos | undefined => {
  if (!text.startsWith('-')) return parseDuration(text);
  const length = parseDuration(text.slice(1));
  return length && nanos(-length);
};

/** "500ppm" as 5e-4; undefined for anything else. */
export const parseRatio = (text: string): number | undefined => {
  const [number, unit] = split(text);
  return isOf(RATIO, unit) ? number / RATIO[unit] : undefined;
};

const split = (text: string): [number: number, unit: string] => {
  const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,9})?)([a-z]+)$/.exec(text) ?? [];
  return [Number(number), unit];
};

const isOf = <Units extends object>(units: Units, unit: string): unit is Extract<keyof Units, string> =>
  Object.hasOwn(units, unit);

/** Lengths of time, ratios and sizes as people write them in a file or on a command line: never a bare number. */
import { type Nanos, nanos } from './time.ts';

const NANOS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const RATIO = { ppb: 1e9, ppm: 1e6 };
const BYTES = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

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

/** For people: three digits and a unit, "2.01 s", "48 min", "-0.4 ms". */
export const formatDuration = (length: Nanos): string => {
  const [unit, ns] = shownIn(length);
  const count = length / ns;
  return `${Math.abs(count) < 100 ? Number(count.toPrecision(3)) : Math.round(count)} ${unit}`;
};

/** To what is shown of it: up or down, where it is a bound. Not negative. */
export const roundDuration = (length: Nanos, round: (count: number) => number): Nanos => {
  const [, ns] = shownIn(length);
  const digit = Math.min(10 ** (Math.floor(Math.log10(length / ns)) - 2), 1);
  return nanos(digit > 0 ? round(length / ns / digit) * digit * ns : 0);
};

const shownIn = (length: Nanos) => SHOWN.find(([, , below]) => Math.abs(length) < below) ?? DAYS;

/** A unit, its ns, and how many ns are too many for it. */
const SHOWN = [
  ['ms', 1e6, 1e9],
  ['s', 1e9, 120e9],
  ['min', 60e9, 7_200e9],
  ['h', 3_600e9, 172_800e9],
] as const;
const DAYS = ['days', 86_400e9] as const;

/** "500ppm" as 5e-4; undefined for anything else. */
export const parseRatio = (text: string): number | undefined => {
  const [number, unit] = split(text);
  return isOf(RATIO, unit) ? number / RATIO[unit] : undefined;
};

/** "10MB" as 10 000 000 bytes; undefined for anything else. */
export const parseSize = (text: string): number | undefined => {
  const [number, unit] = split(text);
  return isOf(BYTES, unit) ? Math.round(number * BYTES[unit]) : undefined;
};

const split = (text: string): [number: number, unit: string] => {
  const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,9})?)([A-Za-z]+)$/.exec(text) ?? [];
  return [Number(number), unit];
};

const isOf = <Units extends object>(units: Units, unit: string): unit is Extract<keyof Units, string> =>
  Object.hasOwn(units, unit);

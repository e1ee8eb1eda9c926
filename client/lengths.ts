/** Lengths of time for people, in ms, with no more digits than are known. */
import { milliseconds } from '#contract/time.ts';
import { formatDuration, roundDuration } from '#contract/units.ts';
import type { Skew } from './estimate.ts';

/** A bound on an error, in ms: three digits and a unit, rounded up. @param round - down, where it is a lower one. */
export const boundText = (ms: number, round = Math.ceil): string =>
  formatDuration(roundDuration(milliseconds(ms), round));

const UNITS = [
  ['days', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;
/** Below it, seconds alone are easier to read. */
const LEAST_SPLIT_S = 120;

/** How coarsely a length is shown, in ms, that is known to within `bound`: by a digit that the bound leaves open. */
export const stepOf = (ms: number, bound: number): number =>
  Math.abs(ms) < 1e3 ? 10 ** -digits(bound, 2) : 1e3 * 10 ** -digits(bound / 1e3, 4);

/** "5 min 0.01 s": a length in ms, to the next `step`. Never signed. */
export const lengthText = (ms: number, step: number): string => {
  const length = Math.abs(ms);
  if (length < 1e3) return `${length.toFixed(decimalsOf(step))} ms`;
  const decimals = decimalsOf(step / 1e3);
  const seconds = Number((length / 1e3).toFixed(decimals));
  if (seconds < LEAST_SPLIT_S) return `${seconds.toFixed(decimals)} s`;
  let rest = seconds;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  const last = rest.toFixed(decimals);
  return [...parts, ...(last === '0' ? [] : [`${last} s`])].join(' ');
};

const digits = (bound: number, most: number): number => Math.min(Math.max(Math.ceil(-Math.log10(bound)), 0), most);
const decimalsOf = (step: number): number => Math.max(Math.round(-Math.log10(step)), 0);

/** How far off a device is: in words, and within what that is so, which is of what stands there and not of what was rounded. */
export const errorOf = ({ earliest, offset, latest }: Skew): { readonly text: string; readonly bound: string } => {
  const boundOf = (shown: number): number => Math.max(latest - shown, shown - earliest);
  const step = stepOf(offset, boundOf(offset));
  const shown = Math.round(offset / step) * step;
  return { text: `${lengthText(shown, step)} ${shown < 0 ? 'fast' : 'slow'}`, bound: boundText(boundOf(shown)) };
};

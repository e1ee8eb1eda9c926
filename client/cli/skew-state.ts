/** Whether a host's clock is good enough, in the words of monitoring plugins. */
import type { Skew } from '../estimate.ts';
import { boundOf } from './instant.ts';

/** Each with its exit code, as the plugins of Nagios and its kin have it. */
export const STATES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;
export type State = (typeof STATES)[number];

/** In ms, of the error either way: what is beyond. `warn` is not above `crit`. */
export type Limits = { readonly warn: number; readonly crit: number };

const level = (error: number, { warn, crit }: Limits): 0 | 1 | 2 => (error > crit ? 2 : error > warn ? 1 : 0);

/**
 * What is certain decides. Where a limit lies within what is left open, the best guess decides; but if that is no better than the
 * limit itself, it says nothing, and the state is no more than what is certain: `UNKNOWN` where that is nothing.
 */
export const stateOf = (skew: Skew, limits: Limits): State => {
  const { earliest, offset, latest } = skew;
  const least = level(Math.max(earliest, -latest, 0), limits);
  const most = level(Math.max(-earliest, latest), limits);
  if (least === most) return STATES[least];
  const inDoubt = least === 0 ? limits.warn : limits.crit;
  if (boundOf(skew, offset) <= inDoubt) return STATES[level(Math.abs(offset), limits)];
  return least === 0 ? 'UNKNOWN' : STATES[least];
};

/** https://nagios-plugins.org/doc/guidelines.html#AEN200: in s, alarm where the value is out of the range. */
export const performanceData = (skew: Skew, { warn, crit }: Limits): string => {
  const range = (ms: number): string => `-${ms / 1e3}:${ms / 1e3}`;
  const seconds = (ms: number): string => `${(ms / 1e3).toFixed(6)}s`;
  const bound = seconds(boundOf(skew, skew.offset));
  return `offset=${seconds(skew.offset)};${range(warn)};${range(crit)} bound=${bound};;;0`;
};

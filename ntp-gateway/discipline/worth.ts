/** What a source's newest measurement told beyond what was known already: by this the source is asked more or less often. */
import { contains, width } from '#contract/interval.ts';
import type { Worth } from '../protocol/poll.ts';
import type { Leap } from '../wire/ntp-packet.ts';
import { type Estimator, estimate } from './estimator.ts';
import type { Oscillator } from './oscillator.ts';

const NOTHING: Worth = { gain: 0, surprised: false };

/**
 * A reply may narrow the interval or make the estimate surer: the better of both is what it was worth.
 *
 * @param before, after - the estimator without it and with it; the same one where it taught nothing.
 * @param leap - what we announce.
 */
export const worthOf = (
  before: Estimator | undefined,
  after: Estimator | undefined,
  oscillator: Oscillator,
  leap: Leap = 'none',
): Worth => {
  if (!after || after === before) return NOTHING;
  if (!before) return { gain: 1, surprised: false };
  // Each interval is 1 s wider from before a leap second until it was measured after it.
  if (leap === 'insert' || leap === 'delete') return { gain: 1, surprised: false };
  const newest = after.bounds.proofs.at(-1)!;
  const was = estimate(before, newest.at, oscillator);
  const is = estimate(after, newest.at, oscillator);
  const narrowed = gainOf(width(was.interval), width(is.interval));
  const surer = gainOf(was.standardDeviation, is.standardDeviation);
  return { gain: Math.max(narrowed, surer), surprised: !contains(newest.utc, was.time) };
};

const gainOf = (before: number, after: number): number => (after < before ? 1 - after / before : 0);

/** What a source's newest measurement told beyond what was known already: by this the source is asked more or less often. */
import { contains, width } from '#contract/interval.ts';
import type { Worth } from '../protocol/poll.ts';
import type { Leap } from '../wire/ntp-packet.ts';
import { type Estimator, estimate } from './estimator.ts';

const NOTHING: Worth = { gain: 0, surprised: false };

/**
 * @param before, after - the estimator without it and with it; the same one where it taught nothing.
 * @param leap - what we announce.
 */
export const worthOf = (
  before: Estimator | undefined,
  after: Estimator | undefined,
  maxDrift: number,
  leap: Leap = 'none',
): Worth => {
  if (!after || after === before) return NOTHING;
  if (!before) return { gain: 1, surprised: false };
  // Each interval is 1 s wider from before a leap second until it was measured after it.
  if (leap === 'insert' || leap === 'delete') return { gain: 1, surprised: false };
  const newest = after.facts.at(-1)!;
  const expected = estimate(before, newest.at, maxDrift);
  const was = width(expected.interval);
  const is = width(estimate(after, newest.at, maxDrift).interval);
  return { gain: is < was ? 1 - is / was : 0, surprised: !contains(newest.utc, expected.time) };
};

/** An interval in the words of Roughtime: a whole second, and how far true time may be from it (RFC 10049 §5.2.5). */
import type { Interval } from '../interval.ts';
import { seconds, type UnixNanos, unixNanos } from '../time.ts';

/** MIDP, whole Unix seconds, and RADI, whole seconds. True time is within (midpoint − radius, midpoint + radius). */
export type RoughTime = { readonly midpoint: bigint; readonly radius: number };

const SECOND = 1_000_000_000n;
/** §5.4: a server vouches for having signed while its time was true, so its interval is later by so much at its end. */
export const PROCESSING = seconds(1);
/** Of servers that know nothing of leap seconds. */
const LEAST_RADIUS = 3;

/**
 * The second nearest to the best estimate. A truncated one could be a second off, and is signed: evidence against ourselves.
 *
 * @param interval - holds true time and `estimate`, 1970 or later.
 * @param knowsLeapSeconds - whether the interval allows for leap seconds.
 */
export const roughTime = (
  { earliest, latest }: Interval,
  estimate: UnixNanos,
  { knowsLeapSeconds }: { readonly knowsLeapSeconds: boolean },
): RoughTime => {
  const midpoint = (estimate + SECOND / 2n) / SECOND;
  const before = midpoint * SECOND - earliest;
  const after = latest - midpoint * SECOND;
  // The ends of (MIDP − RADI, MIDP + RADI) are outside of it: so one more than the whole seconds in the distance.
  const radius = 1 + Number((before > after ? before : after) / SECOND);
  return { midpoint, radius: knowsLeapSeconds ? radius : Math.max(radius, LEAST_RADIUS) };
};

/** What a server's word leaves possible, when it was processing the request. */
export const intervalOf = ({ midpoint, radius }: RoughTime): Interval => ({
  earliest: unixNanos((midpoint - BigInt(radius)) * SECOND),
  latest: unixNanos((midpoint + BigInt(radius)) * SECOND),
});

/**
 * The four-timestamp exchange, RFC 5905 §8: we send at t1, the peer receives at t2 and answers at t3, we receive at t4.
 * The gateway asks its upstreams with it, the LAN asks the gateway, an edge isolate its object, a browser the edge.
 */
import type { Interval } from './interval.ts';
import { afterAtLeast, between, type MonoNanos, type Nanos, nanos, type UnixNanos } from './time.ts';

/** `t1` and `t4` are read from one clock of ours, `t2` and `t3` from the peer's. */
export type Exchange<Ours extends UnixNanos | MonoNanos = UnixNanos> = {
  readonly t1: Ours;
  readonly t2: UnixNanos;
  readonly t3: UnixNanos;
  readonly t4: Ours;
};

/**
 * What the peer's clock read when ours read `t4`.
 *
 * The reply left at t3 and took at least no time: not before t3. The request left at t1 and took at least no time: our
 * `t4 − t1` is all that can have passed since t2. Nothing is assumed about the two paths' symmetry.
 *
 * @param drift - how fast our clock may run slow against the peer's, as a ratio (500 ppm is 5e-4).
 * @returns an empty interval (earliest after latest) when the four stamps contradict each other.
 */
export const peerAtReceipt = <Ours extends UnixNanos | MonoNanos>(
  { t1, t2, t3, t4 }: Exchange<Ours>,
  drift = 0,
): Interval => ({
  earliest: t3,
  latest: afterAtLeast(t2, nanos(between(t1, t4) * (1 + drift))),
});

/** Time on the wire, in ns: all that passed for us, less what passed at the peer. Negative when clocks are too coarse. */
export const roundTrip = <Ours extends UnixNanos | MonoNanos>({ t1, t2, t3, t4 }: Exchange<Ours>): Nanos =>
  nanos(between(t1, t4) - between(t2, t3));

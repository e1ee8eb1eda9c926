/** How far a device's clock is off, from exchanges with `GET /time`. No clock is read here and nothing is fetched. */
import { type Exchange, offsetAndDelay, peerAtReceipt, roundTrip } from '#contract/exchange.ts';
import { clampInto, type Interval, intersectAll, widen } from '#contract/interval.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { after, between, type Nanos, type UnixNanos, unixNanos } from '#contract/time.ts';

/** One request: the device's clock as it went out and as the first byte of its answer was there, and what that said. */
export type TimeExchange = {
  readonly sent: UnixNanos;
  readonly received: UnixNanos;
  readonly answer: Interval & { readonly time: UnixNanos };
};

/** True time minus the device's clock, in ns: positive means the device is slow. Certainly within, probably `offset`. */
export type Skew = { readonly offset: Nanos; readonly earliest: Nanos; readonly latest: Nanos };

/** More than any quartz runs off in the time of a request. */
const DEVICE_DRIFT = 500e-6;

/** `contradiction`: no one offset fits all exchanges. The device's clock was set meanwhile, or an answer was wrong. */
export const skewFrom = (exchanges: readonly TimeExchange[], clockError: Nanos): Result<Skew, 'contradiction'> => {
  const [first, ...rest] = exchanges;
  const common = intersectAll(exchanges.map((exchange) => widen(offsetsOf(exchange), clockError)));
  if (!first || !common) return refuse('contradiction');
  // The quickest is the one whose two ways can differ least.
  const best = rest.map(symmetric).reduce((a, b) => (roundTrip(b) < roundTrip(a) ? b : a), symmetric(first));
  const offset = clampInto(common, after(ZERO, offsetAndDelay(best).offset));
  return ok({
    offset: between(ZERO, offset),
    earliest: between(ZERO, common.earliest),
    latest: between(ZERO, common.latest),
  });
};

/** Offsets as an interval: so many ns from here. */
const ZERO = unixNanos(0n);

const offsetsOf = ({ sent, received, answer }: TimeExchange): Interval => {
  // The peer is true time itself, known only to within the answer's interval.
  const trueAtReceipt = peerAtReceipt({ t1: sent, t2: answer.latest, t3: answer.earliest, t4: received }, DEVICE_DRIFT);
  return {
    earliest: unixNanos(trueAtReceipt.earliest - received),
    latest: unixNanos(trueAtReceipt.latest - received),
  };
};

const symmetric = ({ sent, received, answer }: TimeExchange): Exchange => ({
  t1: sent,
  t2: answer.time,
  t3: answer.time,
  t4: received,
});

/** Why an interval is as wide as it is: worked out when somebody asks, from what was agreed on. */
import type { Budget } from '#contract/error-budget.ts';
import { type Interval, width } from '#contract/interval.ts';
import { between, milliseconds, type Nanos, nanos } from '#contract/time.ts';
import type { Agreed, Agreement } from './agreement.ts';
import { type Kept, type Word, wordOf } from './kept.ts';
import { type Assumptions, type Carried, type Leg, type Reading, STEP, slipOf } from './statement.ts';

/** Where there is an agreement, and what from. */
type Settled = Omit<Agreed, 'agreement' | 'contradictions'> & { readonly agreement: Agreement };

/**
 * The interval's ends need not come from one statement. Its width is what the one reaches below its estimate, what the other
 * reaches above its own, and how far the second estimate lies after the first.
 *
 * @param aged - the agreement as it is told: later, and wider by the drift since.
 */
export const budgetOf = (
  { agreement, verdicts, kept, reader, unixMs }: Settled,
  assumptions: Assumptions,
  aged: Interval,
): Budget => {
  const ends = kept
    .filter(({ gateway }) => verdicts.get(gateway) === 'agrees')
    .flatMap((one) => endsOf(one, wordOf(one, reader, unixMs, assumptions)));
  const first = ends.find(({ guarded }) => guarded.earliest === agreement.earliest)?.first;
  const last = ends.find(({ guarded }) => guarded.latest === agreement.latest)?.last;
  if (!first || !last) throw new Error('an end that nobody has stated');

  const below = reachOf(first, 'below', assumptions);
  const above = reachOf(last, 'above', assumptions);
  const both = (part: keyof Reach): Nanos => nanos(below[part] + above[part]);
  return {
    parts: {
      sources: both('sources'),
      gatewayExchange: both('gatewayExchange'),
      objectExchange: both('objectExchange'),
      clockStep: both('clockStep'),
      objectLag: both('objectLag'),
      spread: both('spread'),
      drift: nanos(both('drift') + width(aged) - width(agreement)),
      leap: nanos(first.leap + last.leap),
      agreement: between(first.estimate, last.estimate),
    },
    earliestBy: first.gateway,
    latestBy: last.gateway,
  };
};

/** Which statement of a gateway's set each end of its word, and how far a leap second has moved that end. */
const endsOf = ({ gateway }: Kept, { statements, common, guarded }: Word) => {
  if (!common || !guarded) return [];
  const first = statements.filter(({ earliest }) => earliest === common.earliest);
  const last = statements.filter(({ latest }) => latest === common.latest);
  return [
    {
      guarded,
      first: first.map((one) => ({ ...one, gateway, leap: between(guarded.earliest, common.earliest) }))[0],
      last: last.map((one) => ({ ...one, gateway, leap: between(common.latest, guarded.latest) }))[0],
    },
  ];
};

type Reach = ReturnType<typeof reachOf>;

/** From a statement's estimate to one of its ends. Each leg adds half of how unsure its ends are, and the slip. */
const reachOf = ({ bound, legs }: Carried, side: 'below' | 'above', assumptions: Assumptions) => {
  const { objectLag } = assumptions;
  const half = side === 'below' ? between(bound.earliest, bound.estimate) : between(bound.estimate, bound.latest);
  const sources = Math.min(half, bound.own[side]);
  const [taken, ...others] = legs.flatMap(({ from, to }) => [from, to]);
  const sum = (of: (leg: Leg) => number): number => legs.reduce((total, leg) => total + of(leg), 0);
  const exchange = half - sources + (taken ? roundTrip(taken) / 2 : 0);
  const ways = others.reduce((total, reading) => total + roundTrip(reading) / 2, 0);
  return {
    sources,
    gatewayExchange: Math.max(0, exchange),
    objectExchange: Math.max(0, ways),
    // How long who was asked took by whole ms may be more than the other waited in truth: what is too much is the clock's steps.
    clockStep: sum(() => STEP) + Math.min(0, exchange) + Math.min(0, ways),
    objectLag: sum(({ from, to }) => (Number(from.isLate) + Number(to.isLate)) * (objectLag / 2)),
    spread: sum(({ spread }) => spread),
    drift: sum((leg) => slipOf(leg, assumptions)),
  };
};

const roundTrip = ({ fromUnixMs, toUnixMs }: Reading): Nanos => milliseconds(toUnixMs - fromUnixMs);

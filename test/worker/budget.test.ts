import { describe, expect, it } from 'vitest';
import type { Budget } from '#contract/error-budget.ts';
import { type Interval, later } from '#contract/interval.ts';
import { milliseconds, nanos, seconds, type UnixNanos, unixMillis } from '#contract/time.ts';
import { agreeNow, type Rules } from '../../worker/agreement.ts';
import { budgetOf } from '../../worker/budget.ts';
import type { Kept } from '../../worker/kept.ts';
import { type Bound, type Reader, readingAt } from '../../worker/statement.ts';
import { keptOf } from './kept.ts';

const NOW_MS = 1_795_336_200_000;
const at = (ms: number): UnixNanos => unixMillis(NOW_MS + ms);

const RULES: Rules = {
  quorum: 1,
  mayBeWrong: 0,
  maxSampleAge: seconds(300),
  drift: 0,
  spread: milliseconds(20),
  objectLag: milliseconds(10),
};
const OWN = { below: milliseconds(2), above: milliseconds(3) };

/** Of readings taken `takenMs` from now, bounded to ± 5 ms, of which the gateway itself was unsure by 2 and 3. */
const bound = (takenMs = 0, over: Partial<Bound> = {}): Bound => ({
  readings: [readingAt('i', NOW_MS + takenMs, false), readingAt('o', NOW_MS + takenMs, true)],
  earliest: at(takenMs - 5),
  estimate: at(takenMs),
  latest: at(takenMs + 5),
  own: OWN,
  ...over,
});
const gateway = (bounds: readonly Bound[], over: Partial<Kept> = {}): Kept =>
  keptOf({
    gateway: 'a',
    receivedUnixMs: NOW_MS,
    newest: bound(0, { earliest: at(-1_000), latest: at(1e12) }),
    bounds,
    ...over,
  });
const isolate = (clock: string, ...exchanges: Reader['exchanges']): Reader => ({ clock, isLate: false, exchanges });

type Asked = {
  readonly reader?: Reader;
  readonly nowMs?: number;
  readonly rules?: Partial<Rules>;
  readonly age?: (agreed: Interval) => Interval;
};
const same = (interval: Interval): Interval => interval;

/** The parts that are not 0, in ms. */
const budget = (kept: readonly Kept[], { reader = isolate('i'), nowMs = 0, age = same, ...asked }: Asked = {}) => {
  const rules = { ...RULES, ...asked.rules };
  const unixMs = NOW_MS + nowMs;
  const { agreement, verdicts } = agreeNow(kept, reader, unixMs, rules);
  if (!agreement.ok) throw new Error(agreement.detail);
  const aged = age(agreement.value);
  const known = { agreement: agreement.value, verdicts, kept, reader, unixMs };
  const { parts, ...ends } = budgetOf(known, rules, aged);
  const told = Object.entries<number>(parts satisfies Budget['parts']).filter(([, length]) => length !== 0);
  return { ...Object.fromEntries(told.map(([part, length]) => [part, length / 1e6])), ...ends };
};

const ours = { clock: 'other', fromUnixMs: NOW_MS + 100, toUnixMs: NOW_MS + 103, isLate: false };
const exchange = { ours, theirs: readingAt('o', NOW_MS + 101, true) };
const waited = {
  ours: { ...ours, toUnixMs: NOW_MS + 503 },
  theirs: { clock: 'o', fromUnixMs: NOW_MS + 501, toUnixMs: NOW_MS + 101, isLate: true },
};

describe('what the width is made of, as told by', () => {
  it.each<{ name: string; bound: Bound; asked?: Asked; parts: object }>([
    {
      name: 'the isolate that was read',
      bound: bound(),
      parts: { sources: 5, gatewayExchange: 5, clockStep: 2 },
    },
    {
      name: 'any other isolate',
      bound: bound(),
      asked: { reader: isolate('other') },
      parts: { sources: 5, gatewayExchange: 5, clockStep: 2, spread: 40 },
    },
    {
      name: 'one that has exchanged with the object',
      bound: bound(),
      asked: { reader: isolate('other', exchange), nowMs: 105, rules: { spread: undefined } },
      parts: { sources: 5, gatewayExchange: 5, clockStep: 4, objectLag: 20, objectExchange: 3 },
    },
    {
      name: 'one that has exchanged with a copy, which had to ask meanwhile',
      bound: bound(),
      asked: { reader: isolate('other', waited), nowMs: 505, rules: { spread: undefined } },
      parts: { sources: 5, gatewayExchange: 5, clockStep: 4, objectLag: 20, objectExchange: 3 },
    },
    {
      name: 'the isolate that was read as the post came in, and as the answer left',
      bound: bound(0, {
        estimate: at(150),
        latest: at(305),
        readings: [{ clock: 'i', fromUnixMs: NOW_MS + 300, toUnixMs: NOW_MS, isLate: false }],
      }),
      parts: { sources: 5, gatewayExchange: 5, clockStep: 2 },
    },
    {
      name: 'one that took longer by whole ms than the gateway can have waited',
      bound: bound(0, {
        earliest: at(-2),
        estimate: at(150),
        latest: at(303),
        readings: [{ clock: 'i', fromUnixMs: NOW_MS + 301, toUnixMs: NOW_MS, isLate: false }],
      }),
      parts: { sources: 5, clockStep: 1 },
    },
    {
      name: 'one that has asked the gateway',
      bound: bound(0, {
        earliest: at(-2),
        latest: at(3),
        readings: [{ clock: 'i', fromUnixMs: NOW_MS - 4, toUnixMs: NOW_MS + 3, isLate: false }],
      }),
      parts: { sources: 5, gatewayExchange: 7, clockStep: 2 },
    },
    {
      name: 'one that a gateway tells more than it knew as it posted',
      bound: bound(0, { earliest: at(-1), latest: at(4) }),
      parts: { sources: 4, gatewayExchange: 1, clockStep: 2 },
    },
    {
      name: 'a clock that may drift',
      bound: bound(),
      asked: { nowMs: 1_000, rules: { drift: 1e-3 } },
      parts: { sources: 5, gatewayExchange: 5, clockStep: 2, drift: 2.002 },
    },
    {
      name: 'one that has agreed a moment ago',
      bound: bound(),
      asked: { age: (agreed) => later(agreed, nanos(999_750_000), nanos(1_000_250_000)) },
      parts: { sources: 5, gatewayExchange: 5, clockStep: 2, drift: 0.5 },
    },
  ])('$name', ({ bound, asked = {}, parts }) => {
    expect(budget([gateway([bound])], asked)).toEqual({ ...parts, earliestBy: 'a', latestBy: 'a' });
  });
});

it.each([
  ['insert', { earliestBy: 'a', latestBy: 'b', agreement: 1 }],
  ['delete', { earliestBy: 'a', latestBy: 'b', agreement: 1 }],
] as const)('a clock that may have gone through a leap second: %s', (leap, ends) => {
  const midnight = Date.parse('2027-01-01') - NOW_MS;
  const newest = bound(midnight, { earliest: at(midnight - 1_000), latest: at(1e12) });
  const near = { leap, newest, receivedUnixMs: NOW_MS + midnight };
  const later = bound(midnight, { earliest: at(midnight - 4), estimate: at(midnight + 1), latest: at(midnight + 6) });
  const kept = [gateway([bound(midnight)], near), gateway([later], { ...near, gateway: 'b' })];
  const asked = { nowMs: midnight, rules: { quorum: 2, mayBeWrong: 1 } };
  const parts = { sources: 5, gatewayExchange: 5, clockStep: 2, leap: 1_000 };
  expect(budget(kept, asked)).toEqual({ ...parts, ...ends });
});

describe('where the ends are of different statements', () => {
  const behind = bound(-1_000, { earliest: at(-1_008), estimate: at(-1_003), latest: at(-998) });

  it('two bounds cut each other off', () => {
    const parts = { sources: 5, gatewayExchange: 5, clockStep: 2, agreement: -3 };
    expect(budget([gateway([bound(), behind])])).toEqual({ ...parts, earliestBy: 'a', latestBy: 'a' });
  });

  it('the newest sample was on its way for some time, before which true time was not', () => {
    const newest = bound(0, { earliest: at(-6), estimate: at(-4), latest: at(1e12) });
    expect(budget([gateway([bound(0, { earliest: at(-50), latest: at(50) })], { newest })])).toMatchObject({
      sources: 5,
      gatewayExchange: 47,
      agreement: 4,
    });
  });

  it('two gateways differ, and either may be wrong', () => {
    const other = gateway([behind], { gateway: 'b' });
    const asked = { rules: { quorum: 2, mayBeWrong: 1 } };
    const parts = { sources: 5, gatewayExchange: 5, clockStep: 2, agreement: 3 };
    expect(budget([gateway([bound()]), other], asked)).toEqual({ ...parts, earliestBy: 'b', latestBy: 'a' });
  });

  it('nobody is named who had no say', () => {
    const alone = gateway([bound()], { gateway: 'alone', synchronized: false });
    expect(budget([alone, gateway([bound()])])).toMatchObject({ earliestBy: 'a', latestBy: 'a' });
  });
});

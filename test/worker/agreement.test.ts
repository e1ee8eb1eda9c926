import { describe, expect, it } from 'vitest';
import { milliseconds, seconds, type UnixNanos, unixMillis } from '#contract/time.ts';
import { agreeNow, type Rules } from '../../worker/agreement.ts';
import type { Kept } from '../../worker/kept.ts';
import { type Bound, type Reader, readingAt } from '../../worker/statement.ts';
import { keptOf } from './kept.ts';

const NOW_MS = 1_795_336_200_000;
const at = (ms: number): UnixNanos => unixMillis(NOW_MS + ms);
const ms = (point: UnixNanos): number => Number(point - at(0)) / 1e6;

const rules: Rules = {
  quorum: 1,
  mayBeWrong: 0,
  maxSampleAge: seconds(300),
  drift: 0,
  spread: milliseconds(20),
  objectLag: milliseconds(10),
};
const FOREVER = at(1e12);

/** Of readings that a right clock took as true time was `at(takenMs)`, bounded to `± halfMs`. */
const bound = (takenMs: number, halfMs: number, over: Partial<Bound> = {}): Bound => ({
  readings: [readingAt('i', NOW_MS + takenMs, false), readingAt('o', NOW_MS + takenMs, true)],
  earliest: at(takenMs - halfMs),
  estimate: at(takenMs),
  latest: at(takenMs + halfMs),
  own: { below: milliseconds(0), above: milliseconds(0) },
  ...over,
});

const gateway = (name: string, bounds: readonly Bound[], over: Partial<Kept> = {}): Kept =>
  keptOf({
    gateway: name,
    receivedUnixMs: NOW_MS,
    newest: bound(0, 1_000, { latest: FOREVER }),
    bounds,
    ...over,
  });

const self: Reader = { clock: 'i', isLate: false, exchanges: [] };
const other: Reader = { clock: 'other', isLate: false, exchanges: [] };
const agreed = (kept: readonly Kept[], reader = self, nowMs = 0, over: Partial<Rules> = {}) => {
  const { agreement } = agreeNow(kept, reader, NOW_MS + nowMs, { ...rules, ...over });
  if (!agreement.ok) return agreement.detail;
  const { earliest, latest, estimate, spokesman } = agreement.value;
  return { earliest: ms(earliest), latest: ms(latest), estimate: ms(estimate), by: spokesman.gateway };
};

describe('one gateway', () => {
  it('is as good as its bound and one step of the clock, for the isolate that took the reading', () => {
    expect(agreed([gateway('a', [bound(0, 5)])])).toEqual({ earliest: -6, latest: 6, estimate: 0, by: 'a' });
    expect(agreed([gateway('a', [bound(0, 5)])], self, 1_000)).toEqual({
      earliest: 994,
      latest: 1006,
      estimate: 1000,
      by: 'a',
    });
  });

  it('is wider by the spread for any other isolate', () => {
    expect(agreed([gateway('a', [bound(0, 5)])], other)).toEqual({ earliest: -26, latest: 26, estimate: 0, by: 'a' });
  });

  it('needs no spread where the isolate has exchanged with the same life of the object', () => {
    const ours = { clock: 'other', fromUnixMs: NOW_MS + 100, toUnixMs: NOW_MS + 103, isLate: false };
    const exchanges = [{ ours, theirs: readingAt('o', NOW_MS + 101, true) }];
    const reader: Reader = { clock: 'other', isLate: false, exchanges };
    // From bound to exchange by the object's clock: 101, ± a step and the lag. Then 2 to 105 by ours, of which 0 to 4 were the exchange.
    expect(agreed([gateway('a', [bound(0, 5)])], reader, 105, { spread: undefined })).toEqual({
      earliest: 101 - 5 - 11 + 1,
      latest: 101 + 5 + 11 + 6,
      estimate: 101 + 3.5,
      by: 'a',
    });
    expect(
      agreed([gateway('a', [bound(0, 5, { readings: [readingAt('earlier life', NOW_MS, true)] })])], reader, 105, {
        spread: undefined,
      }),
    ).toBe('0 of 1 gateways have timed this edge');
  });

  it('says nothing by a clock that was set back during its exchange, however wide that was', () => {
    const told = (isLate: boolean, toMs: number) => {
      const ours = { clock: 'other', fromUnixMs: NOW_MS + 100, toUnixMs: NOW_MS + toMs, isLate };
      const exchanges = [{ ours, theirs: readingAt('o', NOW_MS + 95, true) }];
      return agreed([gateway('a', [bound(0, 50)])], { clock: 'other', isLate, exchanges }, 105, { spread: undefined });
    };
    const apart = 'two clocks of this edge stand farther apart than is assumed';
    expect(told(false, 98)).toBe(apart);
    expect(told(false, 100)).toMatchObject({ by: 'a' });
    // An object's first reading may have been on time and its second late, by 10 ms.
    expect(told(true, 98)).toMatchObject({ by: 'a' });
    expect(told(true, 88)).toBe(apart);
  });

  it('goes from clock to clock, by as many exchanges as lie between', () => {
    const near = { clock: 'other', fromUnixMs: NOW_MS + 100, toUnixMs: NOW_MS + 103, isLate: false };
    const far = { clock: 'near', fromUnixMs: NOW_MS + 40, toUnixMs: NOW_MS + 80, isLate: true };
    const exchanges = [
      { ours: near, theirs: readingAt('near', NOW_MS + 101, true) },
      { ours: far, theirs: readingAt('o', NOW_MS + 60, true) },
    ];
    const reader: Reader = { clock: 'other', isLate: false, exchanges };
    const narrow = { ...rules, spread: undefined };
    // 60 by the object's clock, ± a step and the lag; 21 to 61 by the copy's, ± the same; 2 to 5 by ours, ± a step.
    expect(agreed([gateway('a', [bound(0, 5)])], reader, 105, narrow)).toEqual({
      earliest: 60 - 5 - 11 + 21 - 11 + 2 - 1,
      latest: 60 + 5 + 11 + 61 + 11 + 5 + 1,
      estimate: 60 + 41 + 3.5,
      by: 'a',
    });
  });

  it('is wider by the drift, however the clock has gone since', () => {
    const drift = { drift: 1e-3 };
    const width = (nowMs: number) => {
      const result = agreed([gateway('a', [bound(0, 5)])], self, nowMs, drift);
      return typeof result === 'object' ? result.latest - result.earliest : Number.NaN;
    };
    expect(width(1_000)).toBeCloseTo(12 + 2.002, 6);
    expect(width(-1_000)).toBeCloseTo(12 + 2.002, 6);
  });

  it('is as tight as what its bounds have in common', () => {
    const skewed = bound(-1_000, 5, { earliest: at(-1_002), latest: at(-990) });
    expect(agreed([gateway('a', [bound(0, 5), skewed])])).toEqual({ earliest: -3, latest: 6, estimate: 0, by: 'a' });
  });

  it('is not before its newest sample says', () => {
    const newest = bound(0, 2, { latest: FOREVER });
    expect(agreed([gateway('a', [bound(-1_000, 50)], { newest })])).toMatchObject({ earliest: -3, latest: 51 });
  });

  it('is not believed when it contradicts itself', () => {
    const stepped = gateway('a', [
      bound(0, 5),
      bound(-1_000, 5, { earliest: at(2_000), estimate: at(2_000), latest: at(2_005) }),
    ]);
    const { agreement, verdicts } = agreeNow([stepped], self, NOW_MS, rules);
    expect(agreement).toMatchObject({ ok: false, reason: 'no-time', detail: 'contradicts itself: a' });
    expect(verdicts.get('a')).toBe('contradicts-itself');
  });

  it('says nothing before it has timed this edge, nor when it has been silent for too long', () => {
    expect(agreed([gateway('a', [])])).toBe('0 of 1 gateways have timed this edge');
    expect(agreed([gateway('a', [bound(0, 5)])], self, 300_000)).toMatchObject({ by: 'a' });
    expect(agreed([gateway('a', [bound(0, 5)])], self, 300_001)).toBe('no fresh sample');
    expect(agreed([gateway('a', [bound(0, 5)])], self, -300_001)).toBe('no fresh sample');
    expect(agreed([])).toBe('no fresh sample');
  });
});

describe('several gateways', () => {
  it('are told apart by what came of their word', () => {
    const old = gateway('old', [bound(0, 5)], { receivedUnixMs: NOW_MS - 301_000 });
    expect(verdictsOf([right, wide, gateway('new', []), old])).toMatchObject({ new: 'untimed', old: 'silent' });
  });

  const right = gateway('right', [bound(0, 5)]);
  const wide = gateway('wide', [bound(0, 50)]);
  const wrong = gateway('wrong', [bound(0, 5, { earliest: at(500), estimate: at(500), latest: at(510) })]);
  const majority = { quorum: 2, mayBeWrong: 1 };

  const verdictsOf = (kept: readonly Kept[]) =>
    Object.fromEntries(agreeNow(kept, self, NOW_MS, { ...rules, ...majority }).verdicts);

  it('outvote the one that is wrong, and name it', () => {
    expect(verdictsOf([right, wide, wrong])).toEqual({ right: 'agrees', wide: 'agrees', wrong: 'outvoted' });
    expect(agreed([right, wide, wrong], self, 0, majority)).toEqual({
      earliest: -6,
      latest: 6,
      estimate: 0,
      by: 'right',
    });
  });

  it('where one is missing, the rest may include the one that is wrong: what either says is the answer', () => {
    expect(agreed([right, wide], self, 0, majority)).toEqual({ earliest: -51, latest: 51, estimate: 0, by: 'right' });
  });

  it('are not enough when too few agree', () => {
    expect(agreed([right], self, 0, majority)).toBe('1 of 2 gateways have timed this edge');
    expect(agreed([right, wrong], self, 0, majority)).toBe('the gateways do not agree');
    expect(verdictsOf([right, wrong])).toEqual({ right: 'undecided', wrong: 'undecided' });
  });

  it('go on without the one that contradicts itself', () => {
    const broken = gateway('broken', [
      bound(0, 5),
      bound(0, 5, { earliest: at(500), estimate: at(500), latest: at(510) }),
    ]);
    expect(agreed([right, wide, broken], self, 0, majority)).toEqual({
      earliest: -6,
      latest: 6,
      estimate: 0,
      by: 'right',
    });
    expect(verdictsOf([right, wide, broken])).toEqual({
      right: 'agrees',
      wide: 'agrees',
      broken: 'contradicts-itself',
    });
  });

  it('leave out those that only repeat their host’s clock, as long as one has asked somebody', () => {
    const local = { synchronized: false } as const;
    const alone = gateway('alone', [bound(0, 2)], local);
    expect(agreed([alone, wide])).toMatchObject({ by: 'wide', earliest: -51 });
    expect(agreed([alone])).toMatchObject({ by: 'alone' });
    expect(verdictsOf([alone, wide, right])).toMatchObject({ alone: 'unsynchronized', wide: 'agrees' });
    expect(agreed([alone, gateway('new', [])])).toMatchObject({ by: 'alone' });
  });

  it.each([
    // The settings name as many as stand here; of three, one may be wrong.
    { said: ['insert'], leap: 'insert' },
    { said: ['none'], leap: 'none' },
    { said: ['insert', 'none'], leap: 'none' },
    { said: ['insert', 'insert', 'none'], leap: 'insert' },
    { said: ['insert', 'none', 'none'], leap: 'none' },
    { said: ['delete', 'insert', 'insert'], leap: 'insert' },
    { said: ['insert', 'none', undefined], leap: 'insert' },
    { said: ['none', 'none', undefined], leap: 'none' },
    { said: ['insert', 'delete', undefined], leap: 'insert' },
  ] as const)('have to be right in denying a leap second: $said', ({ said, leap }) => {
    const kept = said.flatMap((one, index) => (one ? [gateway(`${index}`, [bound(0, 5)], { leap: one })] : []));
    const quorum = Math.floor(said.length / 2) + 1;
    const sure = { ...rules, quorum, mayBeWrong: said.length - quorum };
    expect(agreeNow(kept, self, NOW_MS, sure).agreement).toMatchObject({ value: { leap } });
  });

  it.each([
    { said: [37], quorum: 1, offset: 37 },
    { said: [37, 37, 7], quorum: 2, offset: 37 },
    { said: [7, null, null], quorum: 2, offset: null },
    { said: [7, 37], quorum: 2, offset: null },
  ])('say what TAI − UTC is where $quorum agree on it: $said', ({ said, quorum, offset }) => {
    const kept = said.map((taiOffsetSeconds, index) => gateway(`${index}`, [bound(0, 5)], { taiOffsetSeconds }));
    const { agreement } = agreeNow(kept, self, NOW_MS, { ...rules, quorum, mayBeWrong: said.length - quorum });
    expect(agreement).toMatchObject({ value: { taiOffsetSeconds: offset } });
  });

  it('are spoken for by the tightest', () => {
    expect(agreed([wide, right])).toMatchObject({ by: 'right' });
  });
});

describe('a clock that its own exchange shows too far from the other', () => {
  // The way takes 100 ms, and the bound is so wide that both clocks could be right by it.
  const reader = (aheadMs: number): Reader => {
    const ours = { clock: 'other', fromUnixMs: NOW_MS + aheadMs, toUnixMs: NOW_MS + aheadMs + 100, isLate: false };
    return { clock: 'other', isLate: false, exchanges: [{ ours, theirs: readingAt('o', NOW_MS, true) }] };
  };
  const kept = [gateway('a', [bound(-1_000, 200)])];

  // Its reading lies within a step and the lag, ours within a step, and between them is the spread: 31 ms, and 121.
  it.each([-121, 0, 31])('%i ms as the object is asked may be as it should', (aheadMs) => {
    expect(agreed(kept, reader(aheadMs), aheadMs + 100)).toMatchObject({ by: 'a' });
  });

  it.each([-122, -200, 32, 200])('%i ms cannot be: no answer', (aheadMs) => {
    const outcome = agreeNow(kept, reader(aheadMs), NOW_MS + aheadMs + 100, rules);
    expect(outcome.agreement).toMatchObject({ ok: false, reason: 'no-time' });
    expect(outcome.contradictions).toBe(1);
    expect(Object.fromEntries(outcome.verdicts)).toEqual({ a: 'untimed' });
  });

  it('is as good as any where nothing is assumed', () => {
    expect(agreed(kept, reader(200), 300, { spread: undefined })).toMatchObject({ by: 'a' });
  });
});

describe('lineages count, not gateways', () => {
  const through = (name: string, lineage: readonly string[], lieMs = 0): Kept =>
    gateway(name, [bound(lieMs, 5, { readings: [readingAt('i', NOW_MS, false)] })], { lineage });
  const three = { ...rules, quorum: 2, mayBeWrong: 1 };
  const told = (kept: readonly Kept[], over: Partial<Rules> = three) => {
    const { agreement, verdicts } = agreeNow(kept, self, NOW_MS, { ...rules, ...over });
    return { by: agreement.ok ? agreement.value.spokesman.gateway : undefined, verdicts: Object.fromEntries(verdicts) };
  };

  it('a liar has one vote, whoever takes his time from him', () => {
    const liar = through('a', ['a'], 1_000);
    const fed = through('b', ['a', 'https://far.test', 'b'], 1_000);
    const others = [through('c', ['c']), through('d', ['d'])];
    expect(told([fed, liar, ...others])).toEqual({
      by: 'c',
      verdicts: { a: 'outvoted', b: 'repeats', c: 'agrees', d: 'agrees' },
    });
    expect(told([fed, liar])).toEqual({ by: undefined, verdicts: { a: 'undecided', b: 'repeats' } });
  });

  it('of two that took it from the same third, one has a vote', () => {
    const both = [through('a', ['x', 'a']), through('b', ['x', 'b'])];
    expect(told(both)).toEqual({ by: undefined, verdicts: { a: 'undecided', b: 'repeats' } });
    expect(told([...both, through('c', ['c'])])).toMatchObject({ by: 'a' });
  });

  it('whoever claims another’s lineage takes away his own vote, not that one’s', () => {
    const honest = [through('a', ['a']), through('b', ['b'])];
    for (const lineage of [['a', 'c'], ['a', 'b', 'c'], ['c']])
      for (const kept of [
        [through('c', lineage, 1_000), ...honest],
        [...honest, through('c', lineage, 1_000)],
      ])
        expect(told(kept)).toMatchObject({ by: 'a', verdicts: { a: 'agrees', b: 'agrees' } });
  });

  it('where the other is silent, who took its time from it has the vote', () => {
    const silent = { ...through('a', ['a']), receivedUnixMs: NOW_MS - 400_000 };
    expect(told([silent, through('b', ['a', 'b'])], { ...rules, quorum: 1 })).toEqual({
      by: 'b',
      verdicts: { a: 'silent', b: 'agrees' },
    });
  });
});

import { describe, expect, it } from 'vitest';
import { width } from '#contract/interval.ts';
import { milliseconds, seconds, unixMillis } from '#contract/time.ts';
import { agreeNow } from '../../worker/agreement.ts';
import { answerFrom } from '../../worker/answer.ts';
import type { Kept } from '../../worker/kept.ts';
import { readingAt } from '../../worker/statement.ts';
import { keptOf } from './kept.ts';
import { createGateway, createObject, createWorld, type Delays, startIsolate } from './world.ts';

const AT_ONCE: Delays = { up: 0, toObject: 0, back: 0, down: 0 };

it('callers of one ms are told the same, until more is known', async () => {
  const world = createWorld({ EDGE_SPREAD_MS: 0, OBJECT_LAG_MS: 0, EDGE_DRIFT_PPM: 0 });
  const object = createObject(world);
  const isolate = startIsolate(world, 'isolate', () => 0);
  const gateway = createGateway(world, object, 'gw-1');
  const ask = async (detailed = false) => {
    const answer = await isolate.time(object.scope, detailed);
    if (!answer.ok) throw new Error(answer.detail);
    return answer.value;
  };
  const post = async (either: number) => {
    for (let count = 0; count < 2; count++) await gateway.post(isolate, AT_ONCE, { early: either, late: either });
  };

  await post(5);
  const first = await ask();
  expect(await ask()).toBe(first);
  expect(await ask(true)).toMatchObject({ ...first, budget: { earliestBy: 'gw-1' }, lineage: ['gw-1'] });
  expect(await ask()).not.toHaveProperty('budget');

  await post(1);
  const better = await ask();
  expect([width(first), width(better)]).toEqual([12e6, 4e6]);

  world.pass(1);
  expect(await ask()).not.toEqual(better);
});

describe('whom the time came through', () => {
  const NOW_MS = 1_795_336_200_000;
  const said = (aheadMs: number) => ({
    earliest: unixMillis(NOW_MS + aheadMs - 5),
    estimate: unixMillis(NOW_MS + aheadMs),
    latest: unixMillis(NOW_MS + aheadMs + 5),
    readings: [readingAt('i', NOW_MS, false)],
    own: { below: milliseconds(1), above: milliseconds(1) },
  });
  const gateway = (lineage: readonly string[], aheadMs = 0): Kept =>
    keptOf({
      gateway: lineage.at(-1)!,
      lineage,
      receivedUnixMs: NOW_MS,
      newest: { ...said(aheadMs), latest: unixMillis(NOW_MS + 1e9) },
      bounds: [said(aheadMs)],
    });
  const assumed = {
    drift: 0,
    spread: milliseconds(20),
    objectLag: milliseconds(10),
    maxSampleAge: seconds(300),
    maxClockError: seconds(1),
  };
  const rules = { ...assumed, quorum: 2, mayBeWrong: 1 };
  const lineageOf = (...kept: readonly Kept[]) => {
    const reading = readingAt('i', NOW_MS, false);
    const reader = { clock: 'i', isLate: false, exchanges: [{ ours: reading, theirs: reading }] };
    const agreed = { ...agreeNow(kept, reader, NOW_MS, rules), kept, reader, unixMs: NOW_MS };
    const answer = answerFrom(agreed, NOW_MS, true, { rules, maxUncertainty: seconds(1) });
    return answer.ok && (answer.value.lineage ?? 'not said');
  };

  it('is all who agree, each once, and nobody who is outvoted', () => {
    expect(lineageOf(gateway(['x', 'a']), gateway(['y', 'b']), gateway(['c'], 1_000))).toEqual(['x', 'a', 'y', 'b']);
  });

  it('is left out where it is longer than a sample may have it', () => {
    const many = (name: string, hops: number) => [...Array.from({ length: hops - 1 }, (_, i) => `${name}-${i}`), name];
    expect(lineageOf(gateway(many('a', 8)), gateway(many('b', 8)))).toHaveLength(16);
    expect(lineageOf(gateway(many('a', 9)), gateway(many('b', 8)))).toBe('not said');
  });
});

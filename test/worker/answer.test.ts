import { expect, it } from 'vitest';
import { width } from '#contract/interval.ts';
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
  expect(await ask(true)).toMatchObject({ ...first, budget: { earliestBy: 'gw-1' } });
  expect(await ask()).not.toHaveProperty('budget');

  await post(1);
  const better = await ask();
  expect([width(first), width(better)]).toEqual([12e6, 4e6]);

  world.pass(1);
  expect(await ask()).not.toEqual(better);
});

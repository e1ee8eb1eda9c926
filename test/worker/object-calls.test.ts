/** How often the isolates of one location call the object, beside the formula that docs/scale.md reckons with. */
import { describe, expect, it, vi } from 'vitest';
import { refuse } from '#contract/result.ts';
import type { LocationCache } from '../../worker/location-cache.ts';
import { objectCalls } from '../support/cost.ts';
import { randomFrom } from '../support/dice.ts';
import { createMemoryCache } from '../support/memory-cache.ts';
import { createGateway, createObject, createWorld, startIsolate } from './world.ts';

const HOURS = 3;
const SECONDS = HOURS * 3_600;
const REFRESH_S = 30;
const INTERVAL_S = 16;
const NO_DELAYS = { up: 0, toObject: 0, back: 0, down: 0 };
const onTime = () => 0;

/** What there is on workers.dev. */
const noCache: LocationCache = { read: async () => refuse('miss'), write: async () => {} };

/** @returns calls each second, by requests that come at any time and go to any of the isolates. */
const callsOf = async (requests: number, isolates: number, cache: LocationCache): Promise<number> => {
  const world = createWorld({ REFRESH_S });
  const object = createObject(world);
  // The gateway is elsewhere: what its isolate is told is not written into this location's cache.
  const elsewhere = { ...object, scope: { ...object.scope, cache: () => createMemoryCache().cache } };
  const gateway = createGateway(world, elsewhere, 'gw-1');
  const posting = startIsolate(world, 'posting', onTime);
  const here = Array.from({ length: isolates }, (_, index) => startIsolate(world, `isolate-${index}`, onTime));
  const scope = { ...object.scope, cache: () => cache };
  const knowledge = vi.spyOn(object.keeper, 'knowledge');
  const dice = randomFrom(1, `${requests} ${isolates}`);

  for (let count = 0; count < 2; count++) await gateway.post(posting, NO_DELAYS);
  const until = world.passedMs() + SECONDS * 1_000;
  let nextPost = world.passedMs() + INTERVAL_S * 1_000;
  while (world.passedMs() < until) {
    world.pass((dice.exponential() * 1_000) / requests);
    while (nextPost < world.passedMs()) {
      await gateway.post(posting, NO_DELAYS);
      nextPost += INTERVAL_S * 1_000;
    }
    const answer = await here[Math.floor(dice.fraction() * isolates)]?.time(scope);
    expect(answer?.ok).toBe(true);
    await object.settle();
  }
  return knowledge.mock.calls.length / SECONDS;
};

describe.each([
  { requests: 0.05, isolates: 1 },
  { requests: 0.5, isolates: 2 },
  { requests: 2, isolates: 8 },
])('$requests requests/s to $isolates isolates', ({ requests, isolates }) => {
  const demand = { requests, isolates, locations: 1, gateways: 0, intervalS: INTERVAL_S, cpuMs: 0 };
  const { each, shared } = objectCalls({ ...demand, refreshS: REFRESH_S, lifeS: SECONDS });

  it('call the object as often as it says, where there is no cache', async () => {
    const calls = await callsOf(requests, isolates, noCache);
    expect(calls / each).toBeGreaterThan(0.85);
    expect(calls / each).toBeLessThan(1.1);
  });

  it('no oftener than it says, where there is one', async () => {
    const calls = await callsOf(requests, isolates, createMemoryCache().cache);
    expect(calls / shared).toBeGreaterThan(0.6);
    expect(calls / shared).toBeLessThan(1.1);
  });
});

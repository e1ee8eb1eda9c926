/** The gateway asks its own edge through a leap second, at whatever moment of its minute that comes. */
import { expect, it } from 'vitest';
import { seconds } from '#contract/time.ts';
import { makeEdge, ORIGIN } from '../edge.ts';
import { before, leaping, makeLeaping } from '../leap.ts';
import { makeWorld } from '../world.ts';

const publish = [{ origin: ORIGIN, interval: seconds(16) }];

it.each(['insert', 'delete'] as const)('%s: nobody is blamed', async (leap) => {
  const error = leaping(leap);
  const server = () => makeLeaping(error, leap);
  for (let ahead = 60; ahead < 190; ahead += 3) {
    const { post, tell } = makeEdge();
    const servers = { a: server(), b: server(), c: server() };
    const start = before(seconds(ahead));
    const world = await makeWorld({ seed: ahead, servers, start, config: { publish }, edge: post, checkEdge: tell });
    await world.pass(seconds(400));
    const { counters } = world.gateway().core().checks.get(ORIGIN)!;
    expect([world.epochs, counters.agreed! > 4, world.violations]).toEqual([[2], true, []]);
  }
});

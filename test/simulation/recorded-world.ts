import { after, milliseconds, nanos, seconds } from '#contract/time.ts';
import { recordInMemory } from '../support/recorded.ts';
import { makeEdge, ORIGIN } from './edge.ts';
import { exponential } from './noise.ts';
import { makeServer } from './server.ts';
import { makeWorld, START } from './world.ts';

/** A gateway with an edge, a liar, losses, and a sleep: every kind of event, and two epochs. */
export const recordWorld = async (length = seconds(3_600)) => {
  const noon = after(START, nanos(length / 2));
  const servers = {
    near: makeServer({ there: milliseconds(1), back: milliseconds(1) }),
    far: makeServer({
      there: milliseconds(30),
      back: milliseconds(30),
      noise: exponential(milliseconds(3)),
      loss: 0.1,
    }),
    turncoat: makeServer({ error: (now) => (now > noon ? seconds(5) : nanos(0)) }),
  };
  const edge = makeEdge({ isUp: (now) => now < noon || now > after(noon, seconds(60)) });
  const publish = [{ origin: ORIGIN, interval: seconds(16) }];
  const { lines, recorder } = recordInMemory();
  const world = await makeWorld({ seed: 1, servers, edge: edge.post, config: { publish }, recorder });
  await world.pass(nanos(length / 2));
  await world.suspend(seconds(2));
  await world.pass(nanos(length / 2));
  world.gateway().stop();
  return { world, lines };
};

/** A network without a server that knows UTC: with orphan mode its gateways agree on one of them, and none vouches for it. */
import { expect, it } from 'vitest';
import { between, milliseconds, seconds } from '#contract/time.ts';
import { listeningOn } from '../support/server-config.ts';
import { servedBy } from './lan-host.ts';
import { makePeer, makeServer, type SimulatedServer } from './server.ts';
import { makeTimeline } from './timeline.ts';
import { makeWorld, referenceIdOf, START, type World } from './world.ts';

const local = { stratum: 10, uncertainty: seconds(1), orphan: true };

/** Two that name each other, `first` the one with the lower address, their wall clocks 300 ms apart. */
const makeTwo = async (others: Readonly<Record<string, SimulatedServer>> = {}) => {
  const timeline = makeTimeline(START);
  const names = ['a', 'b'].sort((x, y) => referenceIdOf(x) - referenceIdOf(y)) as [string, string];
  const worlds: World[] = [];
  for (const [i, name] of names.entries()) {
    const other = names[1 - i]!;
    const peer = makePeer((request) => worlds[1 - i]?.ask(request));
    const world = await makeWorld({
      seed: i + 1,
      timeline,
      servers: { [other]: peer, ...others },
      wallOffset: milliseconds(300 * i),
      config: {
        server: listeningOn({ host: '127.0.0.1', port: 123 }),
        local,
        fallback: local,
        ownReferenceIds: [referenceIdOf(name)],
      },
    });
    worlds.push(world);
  }
  return { first: worlds[0]!, second: worlds[1]!, names };
};

it('one leads by its own clock, the other follows it a stratum below, and both are marked', async () => {
  const { first, second, names } = await makeTwo();
  await second.pass(seconds(600));
  expect(servedBy(first)).toMatchObject({ leap: 'none', stratum: 10, referenceId: 0x7f7f0101 });
  expect(servedBy(second)).toMatchObject({ leap: 'none', stratum: 11, referenceId: referenceIdOf(names[0]) });
  const [one, other] = [first.claim()!, second.claim()!];
  expect(Math.abs(between(one.time, other.time))).toBeLessThan(6e6); // not the 300 ms that their walls are apart
  for (const world of [first, second]) expect(world.gateway().core().line?.synchronized).toBe(false);
  expect(first.gateway().core().selection.verdicts.get(`${names[1]}:123`)).toBe('orphan');
});

it('a server that knows UTC ends it at once', async () => {
  const { first, second, names } = await makeTwo({ utc: makeServer() });
  await second.pass(seconds(600));
  for (const world of [first, second]) {
    expect(world.gateway().core().line?.synchronized).toBe(true);
    expect(servedBy(world).stratum).toBe(2);
  }
  expect(first.gateway().core().selection.verdicts.get(`${names[1]}:123`)).toBe('selected');
});

/**
 * Whatever configurations follow upon each other: the core is as the last one says, nobody else is asked or told, no epoch is lost
 * in between, and what is claimed holds true time.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { milliseconds, nanos, seconds } from '#contract/time.ts';
import type { PublishConfig } from '../../ntp-gateway/config.ts';
import type { CoreConfig } from '../../ntp-gateway/core/state.ts';
import { draws } from '../support/draws.ts';
import { recordInMemory, replayAll } from '../support/recorded.ts';
import { source, watchClaims } from './configured.ts';
import { makeEdge, ORIGIN } from './edge.ts';
import { makeServer } from './server.ts';
import { makeWorld } from './world.ts';

const HOSTS = ['a', 'b', 'c', 'd'] as const;
const EDGES = [ORIGIN, 'https://other.example.org'] as const;
const options = fc.record({
  minPoll: fc.constantFrom(2, 4, 6),
  maxPoll: fc.constantFrom(6, 8, 10),
  burst: fc.boolean(),
  interleaved: fc.boolean(),
  prefer: fc.boolean(),
  noselect: fc.boolean(),
  // Longer than the difference of any of these paths.
  maxAsymmetry: fc.option(fc.constantFrom(milliseconds(150), milliseconds(400)), { nil: undefined }),
});
const sources = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...HOSTS), options), { selector: ([host]) => host, minLength: 1 })
  .map((all) =>
    all.map(([host, { maxAsymmetry, ...one }]) => source(host, { ...one, ...(maxAsymmetry && { maxAsymmetry }) })),
  );
const posted = (origin: string) =>
  fc.constantFrom(seconds(1), seconds(16)).map((interval): PublishConfig => ({ origin, interval }));
const publish = fc.subarray([...EDGES]).chain((some) => fc.tuple(...some.map(posted)));
const configs = fc.record({
  sources,
  publish,
  minSources: fc.constantFrom(1, 1, 1, 2),
  maxDrift: fc.constantFrom(1e-4, 5e-4, 1e-3),
});
const lives = fc.array(fc.tuple(configs, fc.integer({ min: 0, max: 120_000 })), { minLength: 2, maxLength: 6 });

it('the core is as the last one says, nobody else is asked or told, and true time is held', async () => {
  await fc.assert(
    fc.asyncProperty(lives, fc.nat(), async (life, seed) => {
      const slow = { there: milliseconds(40), back: milliseconds(1) };
      const servers = { a: makeServer(), b: makeServer(slow), c: makeServer({ loss: 0.3 }), d: makeServer() };
      const edges = new Map(EDGES.map((origin) => [origin as string, makeEdge({ origin })]));
      const { lines, recorder } = recordInMemory();
      const [first] = life[0]!;
      let written: CoreConfig | undefined;
      const world = await makeWorld({
        seed,
        servers,
        config: first,
        edge: (sample, sha256, world) => edges.get(sample.aud)!.post(sample, sha256, world),
        around: (ports) => ({
          ...ports,
          ask: (server, ...rest) => {
            if (written) expect(written.sources.map(({ host }) => host)).toContain(server.address);
            return ports.ask(server, ...rest);
          },
          post: (origin, ...rest) => {
            if (written) expect(written.publish.map((edge) => edge.origin)).toContain(origin);
            return ports.post(origin, ...rest);
          },
        }),
        recorder,
      });
      const { look } = watchClaims(world);
      for (const [config, ms] of life) {
        await world.reconfigure(config);
        const core = world.gateway().core();
        written = core.config;
        expect([...core.memberships.values()].map((one) => one.config)).toEqual(config.sources);
        expect(config.publish.map(({ origin }) => origin)).toEqual(expect.arrayContaining([...core.checks.keys()]));
        expect([...core.publishers.keys()]).toEqual(config.publish.map(({ origin }) => origin));
        for (const one of core.sources.values()) expect(config.sources).toContainEqual(one.config);
        look();
        await world.pass(nanos(ms * 1e6 + 1), look);
        const ids = config.sources.map(({ host }) => `${host}:123`).sort();
        expect([...world.gateway().core().sources.keys()].sort()).toEqual(ids);
      }
      expect(world.epochs).toEqual([]);
      for (const { refusals } of edges.values()) expect(refusals).toEqual([]);
      world.gateway().stop();
      expect(replayAll(lines)?.core).toStrictEqual(world.gateway().core());
    }),
    { numRuns: draws(2) },
  );
});

/** The simulation itself: what hosts, servers and the network in it do to a gateway, as far as no scenario shows it. */
import { describe, expect, it } from 'vitest';
import { contains, width } from '#contract/interval.ts';
import { after, between, milliseconds, nanos, seconds } from '#contract/time.ts';
import { randomFrom } from '../support/dice.ts';
import { listeningOn } from '../support/server-config.ts';
import { since } from './noise.ts';
import { makeOscillator } from './oscillator.ts';
import { drifting, freeRunning, makePeer, makeServer, smearing } from './server.ts';
import { makeTimeline } from './timeline.ts';
import { makeWorld, referenceIdOf, START, type World } from './world.ts';

const LAN = { server: listeningOn({ host: '127.0.0.1', port: 123 }) };
const countersOf = (world: World, id: string) => world.gateway().core().sources.get(id)!.association.counters;

describe('world', () => {
  it('is the same twice with one seed, and its network the same whatever the gateway rolls', async () => {
    const trips = async (seed: number, rolled: number) => {
      const world = await makeWorld({ seed, servers: { a: makeServer() }, every: { minPoll: 4, maxPoll: 4 } });
      for (let i = 0; i < rolled; i++) world.dice.fraction();
      const delays: number[] = [];
      world.onMeasured((_, { exchange: { t1, t2, t3, t4 } }) => delays.push(between(t1, t4) - between(t2, t3)));
      await world.pass(seconds(600));
      return delays;
    };
    const [once, again, rolled, other] = await Promise.all([trips(1, 0), trips(1, 0), trips(1, 9), trips(2, 0)]);
    expect(again).toEqual(once);
    expect(other).not.toEqual(once);
    // Asked at other moments, our oscillator measures the same delays a little differently.
    expect(rolled).not.toEqual(once);
    for (let i = 0; i < 30; i++) expect(Math.abs(rolled[i]! - once[i]!)).toBeLessThan(1_000);
  });

  it('takes keys of the configuration for every source and for single ones', async () => {
    const servers = { a: makeServer(), b: makeServer() };
    const world = await makeWorld({
      seed: 1,
      servers,
      every: { minPoll: 4, maxPoll: 4 },
      sources: { b: { minPoll: 3 } },
    });
    await world.pass(seconds(1));
    const polls = [...world.gateway().core().sources.values()].map(({ config }) => [config.minPoll, config.maxPoll]);
    expect(polls).toEqual([
      [4, 4],
      [3, 4],
    ]);
  });

  it('a host that is moved for 20 s: none of its clocks shows it, its sources do', async () => {
    const world = await makeWorld({ seed: 1, servers: { a: makeServer() } });
    await world.pass(seconds(600));
    await world.migrate(seconds(20));
    await world.pass(seconds(1));
    expect(world.gateway().core().epoch).toBe(1);
    await world.pass(seconds(300));
    expect(world.gateway().core().epoch).toBe(2);
    expect(contains(world.claim()!, world.now())).toBe(true);
  });

  it('two gateways that name each other, and one true source: neither takes its own time back', async () => {
    const timeline = makeTimeline(START);
    let [a, b]: (World | undefined)[] = [];
    const gone = since(after(START, seconds(600)));
    const truth = makeServer({ isUp: (now) => !gone(now) });
    const host = (seed: number, name: string, servers: Parameters<typeof makeWorld>[0]['servers']) =>
      makeWorld({ seed, timeline, servers, config: { ...LAN, id: name, ownReferenceIds: [referenceIdOf(name)] } });
    a = await host(1, 'a', { truth, b: makePeer((request) => b?.ask(request)) });
    b = await host(2, 'b', { a: makePeer((request) => a?.ask(request)) });
    await b.pass(seconds(600));
    expect(b.gateway().core().line?.server).toMatchObject({ stratum: 3, referenceId: referenceIdOf('a') });
    expect(countersOf(a, 'b:123').loop).toBeGreaterThan(2);
    expect(countersOf(a, 'b:123').measured).toBe(undefined);
    await a.pass(seconds(3_600)); // with no true source left, both must widen
    for (const claim of [a.claim(), b.claim()]) {
      expect(contains(claim!, a.now())).toBe(true);
      expect(width(claim!)).toBeGreaterThan(100e6);
    }
  });

  it('a gateway that asks itself behind another address finds out', async () => {
    let world: World | undefined;
    const servers = { mirror: makePeer((request) => world?.ask(request)), truth: makeServer() };
    world = await makeWorld({ seed: 1, servers, config: LAN });
    await world.pass(seconds(600));
    expect(countersOf(world, 'mirror:123').measured).toBe(undefined);
    expect(countersOf(world, 'mirror:123').loop).toBeGreaterThan(2);
  });
});

describe('server', () => {
  it('tells who asks too often, and answers the rest', async () => {
    const a = makeServer({ limit: { interval: seconds(32), burst: 6 } });
    const world = await makeWorld({ seed: 1, servers: { a }, every: { minPoll: 4, maxPoll: 10 } });
    await world.pass(seconds(1_200));
    const { measured = 0, 'kiss-rate': kisses = 0, sent = 0 } = countersOf(world, 'a:123');
    expect(kisses).toBeGreaterThan(0);
    expect(measured).toBeGreaterThan(6);
    expect(measured).toBeLessThanOrEqual(6 + 1_200 / 32);
    expect(measured + kisses).toBe(sent);
  });

  it('errs as it is told to', () => {
    const at = (s: number) => after(START, seconds(s));
    const drift = drifting(1e-6, at(10));
    expect([0, 10, 1_010].map((s) => drift(at(s)))).toEqual([0, 0, 1e6]);
    const smear = smearing(at(10), seconds(100), milliseconds(-500));
    expect([0, 10, 60, 110, 500].map((s) => smear(at(s)) + 0)).toEqual([0, 0, -250e6, -500e6, -500e6]);
    const free = freeRunning(makeOscillator({ frequency: 1e-5 }, randomFrom(1)), START);
    expect(free(at(100))).toBeCloseTo(nanos(-1e6), 3);
  });
});

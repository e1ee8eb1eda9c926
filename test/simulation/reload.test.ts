/** Another configuration while the gateway runs: what was left as it was goes on, and what is claimed holds true time throughout. */
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { after, between, milliseconds, seconds } from '#contract/time.ts';
import type { PublishConfig, ReferenceClockConfig, SourceConfig } from '../../ntp-gateway/config.ts';
import type { CoreConfig } from '../../ntp-gateway/core/state.ts';
import type { Ports } from '../../ntp-gateway/ports.ts';
import type { KeyOutcome } from '../../ntp-gateway/protocol/keys.ts';
import { AES_SIV_CMAC_256 } from '../../ntp-gateway/wire/nts.ts';
import { sockSampleAt } from '../support/clock-samples.ts';
import { recordInMemory, replayAll } from '../support/recorded.ts';
import { listeningOn } from '../support/server-config.ts';
import { source, watchClaims } from './configured.ts';
import { makeEdge, ORIGIN } from './edge.ts';
import { servedBy } from './lan-host.ts';
import { drifting, makeServer } from './server.ts';
import { makeWorld, START, type World } from './world.ts';

const LAN = { server: listeningOn({ host: '127.0.0.1', port: 123 }) };
const sourcesIn = (world: World) => world.gateway().core().sources;
const asked = (world: World): string[] => [...sourcesIn(world).values()].map(({ address }) => address);

describe('another configuration', () => {
  const three = () => ({ a: makeServer(), b: makeServer(), c: makeServer(), dead: makeServer({ isUp: () => false }) });
  /** Two minutes old, with these of the servers. */
  const start = async (sources: readonly SourceConfig[], config: Partial<CoreConfig> = {}) => {
    const { lines, recorder } = recordInMemory();
    const world = await makeWorld({ seed: 1, servers: three(), config: { ...LAN, ...config, sources }, recorder });
    await world.pass(seconds(120));
    return { world, lines, ...watchClaims(world) };
  };
  const replayed = (world: World, lines: readonly string[]): void => {
    world.gateway().stop();
    expect(replayAll(lines)?.core).toStrictEqual(world.gateway().core());
  };

  it('that is the same changes nothing at all', async () => {
    const { world, lines } = await start([source('a'), source('b')]);
    const before = world.gateway().core();
    await world.reconfigure(structuredClone({ sources: [source('a'), source('b')] }));
    const now = world.gateway().core();
    expect(now.oscillator.known).toBeDefined();
    for (const [id, { config, estimator, association }] of before.sources) {
      const kept = now.sources.get(id)!;
      expect(kept.config).toBe(config);
      expect(kept.estimator).toBe(estimator);
      expect(kept.association).toEqual(association);
    }
    expect(now.epoch).toBe(1);
    replayed(world, lines);
  });

  it('takes sources out and others in, and the clock goes on', async () => {
    const { world, look, seen, lines } = await start([source('a'), source('b')]);
    const { estimator } = sourcesIn(world).get('b:123')!;
    await world.reconfigure({ sources: [source('b'), source('c')] });
    expect(sourcesIn(world).get('b:123')!.estimator).toBe(estimator);
    await world.pass(seconds(1), look);
    expect(asked(world)).toEqual(['b', 'c']);
    await world.pass(seconds(60), look);
    expect(world.gateway().core().line?.sourcesSelected).toBe(2);
    expect(seen.silent).toBe(0);
    expect(world.gateway().core().epoch).toBe(1);
    expect(world.logged).toContain('source a:123: taken out, asked no more');
    replayed(world, lines);
  });

  it('with none of the sources from before: the line holds until the new ones have spoken, and no reply is without time', async () => {
    const { world, look, seen } = await start([source('a')]);
    await world.reconfigure({ sources: [source('b'), source('c')] });
    const replies: boolean[] = [];
    await world.pass(seconds(60), () => {
      look();
      replies.push(servedBy(world) !== undefined);
    });
    expect(seen.silent).toBe(0);
    expect(replies).not.toContain(false);
    expect(asked(world)).toEqual(['b', 'c']);
    expect(world.gateway().core().epoch).toBe(1);
  });

  it.each([7_200, -7_200])('taken up as somebody sets the host’s clock by %i s loses nothing', async (by) => {
    const { world, look, seen } = await start([source('a'), source('b')]);
    const taken = world.reconfigure({ sources: [source('b'), source('c')] });
    world.stepWall(seconds(by));
    await taken;
    await world.pass(seconds(60), look);
    expect(asked(world)).toEqual(['b', 'c']);
    expect(seen.silent).toBe(0);
    expect(world.gateway().core()).toMatchObject({ epoch: 1, jumps: { 'wall-set': 1 } });
  });

  it('with none but a dead one is given ten seconds', async () => {
    const { world } = await start([source('a')]);
    await world.reconfigure({ sources: [source('dead')] });
    await world.pass(seconds(9));
    expect(world.claim()).toBeDefined();
    await world.pass(seconds(2));
    expect(world.claim()).toBeUndefined();
    await world.reconfigure({ sources: [source('a')] });
    await world.pass(seconds(1));
    expect(world.claim()).toBeDefined();
    expect(world.gateway().core().epoch).toBe(1);
  });

  it('that asks for more than there is ends what is claimed at once', async () => {
    const { world } = await start([source('a'), source('b')]);
    await world.reconfigure({ sources: [source('a'), source('b')], requireNts: true });
    expect(world.claim()).toBeUndefined();
    await world.reconfigure({ sources: [source('a'), source('b')], minSources: 3 });
    expect(world.claim()).toBeUndefined();
    await world.reconfigure({ sources: [source('a'), source('b')], minSources: 2 });
    expect(world.claim()).toBeDefined();
  });

  it.each([
    { name: 'more sources', change: { minSources: 2 } },
    { name: 'others’ proof of who they are', change: { requireNts: true } },
    { name: 'more doubt of the oscillator', change: { maxDrift: 1e-3 } },
  ])('that asks for $name does not have the line hold while new sources are waited for', async ({ change }) => {
    const { world } = await start([source('a')]);
    await world.reconfigure({ sources: [source('b')] });
    expect(world.claim()).toBeDefined();
    await world.reconfigure({ sources: [source('c')], ...change });
    expect(world.claim()).toBeUndefined();
  });

  it('asks at once who is to be asked more often, and later who is to be asked less', async () => {
    const polled = { minPoll: 6, maxPoll: 6 };
    const { world } = await start([source('a', polled), source('b', polled)]);
    const sent = (id: string) => sourcesIn(world).get(id)!.association.counters.sent!;
    const before = ['a:123', 'b:123'].map(sent);
    const [often, seldom] = [
      { minPoll: 1, maxPoll: 1 },
      { minPoll: 9, maxPoll: 9 },
    ];
    await world.reconfigure({ sources: [source('a', often), source('b', { ...seldom, prefer: true })] });
    await world.pass(seconds(400));
    const [a = 0, b = 0] = ['a:123', 'b:123'].map((id, i) => sent(id) - before[i]!);
    expect(a).toBeGreaterThan(180);
    expect(b).toBeLessThanOrEqual(1);
    expect(sourcesIn(world).get('b:123')!.config.prefer).toBe(true);
  });

  it('asks anew who is to be known by another proof', async () => {
    const { world } = await start([source('a'), source('b')]);
    await world.reconfigure({ sources: [source('a', { key: 7 }), source('b')] });
    await world.pass(seconds(1));
    const { estimator, association } = sourcesIn(world).get('a:123')!;
    expect(estimator).toBeUndefined(); // nobody here signs
    expect(association.config.authentication).toBe('key');
    expect(world.claim()).toBeDefined();
  });

  it('lets go of who is one too many of a pool', async () => {
    const pool = (maxSources: number) => ({ ...source('pool.example', { kind: 'pool' as const }), maxSources });
    const names = { 'pool.example': () => ['a', 'b', 'c'] };
    const world = await makeWorld({ seed: 1, servers: three(), names, config: { sources: [pool(3)] } });
    await world.pass(seconds(60));
    expect(asked(world)).toHaveLength(3);
    await world.reconfigure({ sources: [pool(2)] });
    await world.pass(seconds(1));
    expect(asked(world)).toHaveLength(2);
    await world.reconfigure({ sources: [pool(3)] });
    await world.pass(seconds(200));
    expect(asked(world)).toHaveLength(3);
  });

  it('forgets a leap second list that is no longer named', async () => {
    const leapFile = (heard: (read: { ok: true; value: { entries: []; expires: typeof START } }) => void) => {
      heard({ ok: true, value: { entries: [], expires: after(START, seconds(1e6)) } });
      return () => {};
    };
    const world = await makeWorld({ seed: 1, servers: three(), leapFile });
    expect(world.gateway().core().leapList).toBeDefined();
    const { leapFile: _, ...others } = world.gateway().core().config;
    await world.gateway().follow(others);
    expect(world.gateway().core().leapList).toBeUndefined();
  });
});

it.each([
  { name: 'are taken out', liars: [], honest: {} },
  { name: 'have no vote any more', liars: ['a', 'b'], honest: {}, their: { noselect: true } },
  { name: 'are not those that are trusted', liars: ['a', 'b'], honest: { trust: true } },
])('liars that were the majority $name: from then on true time is held', async ({ liars, honest, their = {} }) => {
  const fast = { error: drifting(1e-4, START) };
  const servers = { a: makeServer(fast), b: makeServer(fast), c: makeServer(), d: makeServer() };
  const polled = { minPoll: 6, maxPoll: 6 };
  const config = { sources: ['a', 'b', 'c'].map((host) => source(host, polled)) };
  const world = await makeWorld({ seed: 8, servers, config });
  await world.pass(seconds(1_800));
  expect(contains(world.claim()!, world.now())).toBe(false);
  const voiceless = liars.map((host) => source(host, { ...polled, ...their }));
  const voters = ['c', 'd'].map((host) => source(host, { ...polled, ...honest }));
  await world.reconfigure({ sources: [...voiceless, ...voters] });
  const { look, seen } = watchClaims(world);
  await world.pass(seconds(900), look);
  expect(seen.silent).toBeLessThan(2);
});

describe('a configuration that cannot be taken up as a whole', () => {
  const clock = (name: string): ReferenceClockConfig => ({
    name,
    driver: 'sock',
    path: name,
    referenceId: 0,
    uncertainty: milliseconds(1),
    offset: seconds(0),
  });

  it.each([
    { name: 'a clock cannot be heard', broken: 'clock' as const },
    { name: 'a secret cannot be read', broken: 'secret' as const },
  ])('changes nothing: $name', async ({ broken }) => {
    const open = new Set<string>();
    const around = (ports: Ports): Ports => ({
      ...ports,
      openReferenceClock: ({ name }) => {
        if (broken === 'clock' && name === '/b') throw new Error('no such clock');
        open.add(name);
        return { take: () => [], close: () => void open.delete(name) };
      },
      follow: async () => {
        if (broken === 'secret') throw new Error('no such secret');
      },
    });
    const config = { sources: [source('a')], referenceClocks: [clock('/0')] };
    const world = await makeWorld({ seed: 6, servers: { a: makeServer(), b: makeServer() }, config, around });
    await world.pass(seconds(10));
    const before = world.gateway().core();
    const next = { sources: [source('b')], referenceClocks: [clock('/a'), clock('/b')] };
    await expect(world.reconfigure(next)).rejects.toThrow(/no such/);
    expect(world.gateway().core()).toBe(before);
    expect([...open]).toEqual(['/0']);
  });

  it('once it can be, listens to the clocks that it names and to no others', async () => {
    const heard: string[] = [];
    const open = new Set<string>();
    const around = (ports: Ports): Ports => ({
      ...ports,
      openReferenceClock: ({ name }) => {
        open.add(name);
        const take = (): [] => {
          heard.push(name);
          return [];
        };
        return { take, close: () => void open.delete(name) };
      },
    });
    const config = { referenceClocks: [clock('/a'), clock('/b')] };
    const world = await makeWorld({ seed: 6, servers: {}, config, around });
    await world.pass(seconds(1));
    await world.reconfigure({ referenceClocks: [clock('/b'), clock('/c')] });
    heard.length = 0;
    await world.pass(seconds(1));
    expect(new Set(heard)).toEqual(new Set(['/b', '/c']));
    expect([...open]).toEqual(['/b', '/c']);
    world.gateway().stop();
    expect([...open]).toEqual([]);
  });
});

describe('keys that are still being exchanged', () => {
  it('for who was taken out are not those of who has its name now', async () => {
    const exchanges: ((outcome: Awaited<ReturnType<Ports['exchangeKeys']>>) => void)[] = [];
    const around = (ports: Ports): Ports => ({
      ...ports,
      exchangeKeys: () => new Promise((resolve) => void exchanges.push(resolve)),
    });
    const by = (ca: string) => ({ sources: [source('a', { nts: { port: 4460, ca } })] });
    const world = await makeWorld({ seed: 7, servers: { a: makeServer() }, config: by('old.pem'), around });
    const keys = () => sourcesIn(world).get('a:123')!.association.keys!;
    await world.pass(seconds(1));
    await world.reconfigure(by('new.pem'));
    await world.pass(seconds(1));
    expect(exchanges).toHaveLength(2);
    const agreed = (cookies: number): KeyOutcome => ({
      ok: true,
      value: {
        algorithm: AES_SIV_CMAC_256,
        cookies,
        server: { address: 'a', port: 123, referenceId: 1 },
        validity: { earliest: START, latest: after(START, seconds(1e6)) },
        isRemembered: false,
      },
    });
    exchanges[0]!(agreed(3));
    await world.pass(seconds(1));
    expect(keys()).toMatchObject({ cookies: 0, isExchanging: true });
    exchanges[1]!(agreed(8));
    await world.pass(milliseconds(1));
    expect(keys().agreed?.cookies).toBe(8);
  });
});

describe('a word that is withdrawn', () => {
  it('of an asymmetry: the interval holds true time from that moment on', async () => {
    const servers = { far: makeServer({ there: milliseconds(150) }), near: makeServer({ there: milliseconds(100) }) };
    const wrong = { maxAsymmetry: milliseconds(1), minPoll: 4, maxPoll: 4 };
    const config = { sources: [source('far', wrong), source('near', wrong)] };
    const world = await makeWorld({ seed: 2, servers, config });
    await world.pass(seconds(600));
    await world.reconfigure({ sources: [source('far', wrong)] });
    await world.pass(seconds(600));
    expect(contains(world.claim()!, world.now())).toBe(false);
    const { maxAsymmetry: _, ...right } = wrong;
    await world.reconfigure({ sources: [source('far', right)] });
    const { look, seen } = watchClaims(world);
    look();
    await world.pass(seconds(1_200), look);
    expect(seen.silent).toBe(0);
  });

  it('of a drift: the interval holds true time from that moment on', async () => {
    const oscillator = { frequency: 3e-4, wander: 1e-9 };
    const polled = { minPoll: 9, maxPoll: 9 };
    const config = { maxDrift: 1e-6, sources: [source('a', polled)] };
    const world = await makeWorld({ seed: 3, servers: { a: makeServer() }, oscillator, config });
    let wrong = 0;
    await world.pass(seconds(700), () => {
      const claim = world.claim();
      if (claim && !contains(claim, world.now())) wrong++;
    });
    expect(wrong).toBeGreaterThan(100);
    await world.reconfigure({ maxDrift: 5e-4, sources: [source('a', polled)] });
    const { look, seen } = watchClaims(world);
    look();
    await world.pass(seconds(1_200), look);
    expect(seen.silent).toBe(0);
    expect(seen.most).toBeLessThan(milliseconds(500));
  });

  it('of a clock’s uncertainty, or of its delay: what it said last is read anew', async () => {
    const clock = (uncertainty: number, offset = 0): ReferenceClockConfig => ({
      name: '/run/gps.sock',
      driver: 'sock',
      path: '/run/gps.sock',
      referenceId: 0x47505300,
      uncertainty: milliseconds(uncertainty),
      offset: milliseconds(offset),
    });
    const late = milliseconds(30);
    const world = await makeWorld({
      seed: 4,
      servers: {},
      config: { referenceClocks: [clock(1)] },
      referenceClocks: {
        '/run/gps.sock': (now, wall) => [sockSampleAt(wall, Number(between(wall, now) - late) / 1e9)],
      },
    });
    await world.pass(seconds(100));
    expect(contains(world.claim()!, world.now())).toBe(false);
    for (const right of [clock(40), clock(1, 30)]) {
      await world.reconfigure({ referenceClocks: [right] });
      const { look, seen } = watchClaims(world);
      look();
      await world.pass(seconds(100), look);
      expect(seen.silent).toBe(0);
      await world.reconfigure({ referenceClocks: [clock(1)] });
    }
  });

  it('of a clock that has told all others what our oscillator does', async () => {
    const clock = (uncertainty: number, trust: boolean): ReferenceClockConfig => ({
      name: '/run/gps.sock',
      driver: 'sock',
      path: '/run/gps.sock',
      referenceId: 0x47505300,
      uncertainty: milliseconds(uncertainty),
      offset: seconds(0),
      trust,
    });
    const fast = drifting(5e-5, START);
    const sources = [source('a', { minPoll: 9, maxPoll: 9 })];
    const world = await makeWorld({
      seed: 9,
      servers: { a: makeServer() },
      config: { sources, referenceClocks: [clock(1, true)] },
      referenceClocks: {
        '/run/gps.sock': (now, wall) => [sockSampleAt(wall, Number(between(wall, now) + fast(now)) / 1e9)],
      },
    });
    await world.pass(seconds(1_000));
    expect(contains(world.claim()!, world.now())).toBe(false);
    await world.reconfigure({ sources, referenceClocks: [clock(1_000, false)] });
    const { look, seen } = watchClaims(world);
    look();
    await world.pass(seconds(300), look);
    expect(seen.silent).toBe(0);
  });
});

describe('edges', () => {
  const publish: readonly PublishConfig[] = [{ origin: ORIGIN, interval: seconds(16) }];
  const start = async () => {
    const edge = makeEdge();
    const world = await makeWorld({ seed: 5, servers: { a: makeServer() }, config: { publish }, edge: edge.post });
    await world.pass(seconds(100));
    const sequence = () => world.samples.at(-1)!.sequence;
    return { edge, world, sequence };
  };

  it('that stay keep their chain, and are posted to as often as is written now', async () => {
    const { edge, world, sequence } = await start();
    const before = sequence();
    await world.reconfigure({ publish: [{ origin: ORIGIN, interval: seconds(1) }] });
    await world.pass(seconds(100));
    expect(sequence()).toBeGreaterThan(before + 90);
    expect(edge.refusals).toEqual([]);
  });

  it('that are taken out are told nothing more; those that come back go on in their chain and epoch', async () => {
    const { edge, world, sequence } = await start();
    const before = sequence();
    await world.reconfigure({ publish: [] });
    await world.pass(seconds(400));
    expect(sequence()).toBe(before);
    expect(edge.answer(world.now())).toBeUndefined();
    await world.reconfigure({ publish });
    await world.pass(seconds(10));
    expect(sequence()).toBe(before + 4); // at once, and a second apart
    expect(edge.refusals).toEqual([]);
    expect(world.gateway().core().epoch).toBe(1);
    expect(contains(edge.answer(world.now())!, world.now())).toBe(true);
  });

  it.each([0, 500])('that come back %i ms after a sample was under way go on behind it', async (ms) => {
    const { edge, world, sequence } = await start();
    await world.reconfigure({ publish: [{ origin: ORIGIN, interval: seconds(1) }] });
    await world.pass(seconds(2));
    const before = sequence();
    for (let i = 0; i < 300 && sequence() === before; i++) await world.pass(milliseconds(5));
    const isUnderWay = () => world.gateway().core().publishers.get(ORIGIN)!.isPosting;
    expect(isUnderWay()).toBe(true);
    await world.reconfigure({ publish: [] });
    await world.pass(milliseconds(ms));
    await world.reconfigure({ publish });
    await world.pass(seconds(100));
    expect(sequence()).toBeGreaterThan(before + 5);
    expect(edge.refusals).toEqual([]);
    expect(world.gateway().core().publishers.get(ORIGIN)).toMatchObject({ outcome: 'ok' });
    expect(world.gateway().core().epoch).toBe(1);
  });
});

/** A1 is strained or broken: liars are outvoted and named; where they are the majority, nothing is said. */
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { after, milliseconds, nanos, seconds } from '#contract/time.ts';
import { encodePacket } from '../../ntp-gateway/wire/ntp-packet.ts';
import { listeningOn } from '../support/server-config.ts';
import { servedBy } from './lan-host.ts';
import { makeServer } from './server.ts';
import { makeWorld, START, type World } from './world.ts';

const POLLS = { minPoll: 6, maxPoll: 10, burst: false, interleaved: false };
const EVERY = { kind: 'address' as const, port: 123, maxSources: 1, ...POLLS };
const LAN = { server: listeningOn({ host: '127.0.0.1', port: 123 }) };

const stateOf = (world: World, id: string): string | undefined =>
  world.gateway().core().selection.verdicts.get(`${id}:123`);

const never = (world: World) => (): void => {
  const claim = world.claim();
  if (claim) expect(contains(claim, world.now())).toBe(true);
};

describe('liars', () => {
  it('one of three is an hour off: outvoted from the first second, and named', async () => {
    const liar = makeServer({ error: () => seconds(3_600), there: milliseconds(0.1), back: milliseconds(0.1) });
    const world = await makeWorld({ seed: 1, servers: { liar, a: makeServer(), b: makeServer() } });
    await world.pass(seconds(600), never(world));
    expect(world.claim()).toBeDefined();
    expect([stateOf(world, 'liar'), stateOf(world, 'a')]).toEqual(['falseticker', 'selected']);
    expect(world.logged).toContain(
      'source liar:123: falseticker (its interval does not touch the one that the majority agrees on)',
    );
  });

  it('one that stands behind two names has one vote', async () => {
    const [a, b, liar] = [makeServer(), makeServer(), makeServer({ error: () => seconds(3_600) })];
    const named = (host: string) => ({ ...EVERY, name: host, host });
    const world = await makeWorld({
      seed: 8,
      servers: { a, b, liar },
      names: { 'time.example': 'liar', 'clock.example': 'liar' },
      config: { sources: ['time.example', 'clock.example', 'a', 'b'].map(named) },
    });
    await world.pass(seconds(60), never(world));
    expect(world.claim()).toBeDefined();
    expect([...world.gateway().core().selection.verdicts.values()].sort()).toEqual([
      'falseticker',
      'selected',
      'selected',
    ]);
  });

  it('three of five lie, each in its own way: no majority, no claim', async () => {
    const lying = (ms: number) => makeServer({ error: () => milliseconds(ms) });
    const servers = { a: makeServer(), b: makeServer(), x: lying(90), y: lying(-90), z: lying(180) };
    const world = await makeWorld({ seed: 2, servers });
    await world.pass(seconds(300), never(world));
    expect(world.claim()).toBeUndefined();
    expect(stateOf(world, 'a')).toBe('no-majority');
    expect(world.logged).toContain('not synchronized: no majority of the sources agrees');
  });

  it('one that begins to lie after an hour is dropped, and taken back once it has told the truth for a while', async () => {
    const from = after(START, seconds(3_600));
    const until = after(START, seconds(7_200));
    const turncoat = makeServer({ error: (now) => (now >= from && now < until ? seconds(5) : nanos(0)) });
    const world = await makeWorld({ seed: 3, servers: { turncoat, a: makeServer(), b: makeServer() } });
    await world.pass(seconds(5_400), never(world));
    expect(stateOf(world, 'turncoat')).toBe('falseticker');
    await world.pass(seconds(5_400), never(world));
    expect(stateOf(world, 'turncoat')).toBe('selected');
  });

  it('a sole source that steps by an hour starts a new epoch: nothing else tells who is right', async () => {
    const step = after(START, seconds(1_000));
    const world = await makeWorld({
      seed: 4,
      servers: { a: makeServer({ error: (now) => (now >= step ? seconds(3_600) : nanos(0)) }) },
    });
    await world.pass(seconds(1_200));
    expect(world.gateway().core().epoch).toBe(2);
    expect(world.epochs).toEqual([2]);
  });

  it('every reply four times, and each behind forged ones: neither crash nor wrong claim, all of it counted', async () => {
    const forged = makeServer({
      replies: (reply, delay) => {
        const honest = encodePacket(reply);
        const otherOrigin = encodePacket({ ...reply, originTimestamp: (reply.originTimestamp ^ 1n) as never });
        const copies = [honest, honest, honest, honest].map((bytes) => ({ bytes, delay }));
        const early = nanos(delay / 2);
        return [
          { bytes: otherOrigin, delay: early },
          { bytes: honest.subarray(0, 47), delay: early },
          { bytes: honest, delay: early, stranger: true },
          { bytes: encodePacket({ ...reply, mode: 3 }), delay: early },
          ...copies,
        ];
      },
    });
    const world = await makeWorld({ seed: 5, servers: { forged } });
    await world.pass(seconds(600), never(world));
    const { counters } = world.gateway().core().sources.get('forged:123')!.association;
    expect(world.claim()).toBeDefined();
    for (const word of ['bogus-origin', 'too-short', 'wrong-server', 'mode'] as const) {
      expect(counters[word]).toBe(counters.measured);
    }
  });

  it.each([
    { name: 'LI 3', says: { leap: 'unknown' as const }, word: 'unsynchronized' },
    { name: 'stratum 0 without a kiss', says: { stratum: 0, referenceId: 0 }, word: 'unsynchronized' },
    { name: 'stratum 16', says: { stratum: 16 }, word: 'stratum' },
    { name: 'root delay of 40 s', says: { rootDelay: seconds(40) }, word: 'distance' },
    { name: 'root dispersion of 16 s', says: { rootDispersion: seconds(16) }, word: 'distance' },
  ])('a server that says $name gives no time: LI 3 goes on, the word is counted', async ({ says, word }) => {
    const world = await makeWorld({ seed: 6, servers: { a: makeServer({ says }) }, config: LAN });
    await world.pass(seconds(60));
    expect(world.claim()).toBeUndefined();
    const counters: Record<string, number> = world.gateway().core().sources.get('a:123')!.association.counters;
    expect(counters[word]).toBeGreaterThan(3);
    expect(servedBy(world)).toMatchObject({ leap: 'unknown', stratum: 0, referenceId: 0 });
  });

  it('RATE and DENY slow us down and make no sample', async () => {
    for (const kiss of ['RATE', 'DENY']) {
      const referenceId = new DataView(new TextEncoder().encode(kiss).buffer).getUint32(0);
      const world = await makeWorld({ seed: 7, servers: { a: makeServer({ says: { stratum: 0, referenceId } }) } });
      await world.pass(seconds(3_600));
      const { association } = world.gateway().core().sources.get('a:123')!;
      expect(world.claim()).toBeUndefined();
      expect(association.kiss).toBe(kiss);
      expect(association.counters.sent).toBeLessThan(20);
    }
  });
});

it('who answers first after an outage does not decide alone: the others keep their votes, and are asked at once', async () => {
  const [gone, back] = [after(START, seconds(1_000)), after(START, seconds(9_000))];
  const isUp = (now: bigint) => now < gone || now > back;
  const liar = makeServer({ error: (now) => (now > gone ? seconds(5) : nanos(0)), isUp });
  const [a, b] = [makeServer({ isUp }), makeServer({ isUp })];
  const sources = { liar: { minPoll: 4, maxPoll: 4 } }; // asked so often that it is the first to be heard
  const world = await makeWorld({ seed: 3, servers: { liar, a, b }, sources });
  const answered = (id: string) => world.gateway().core().sources.get(`${id}:123`)!.association.reach !== 0;
  await world.pass(seconds(9_000), never(world));
  while (!answered('liar')) await world.pass(milliseconds(1), never(world));
  expect(answered('a')).toBe(false);
  await world.pass(seconds(1), never(world));
  expect([answered('a'), answered('b')]).toEqual([true, true]);
  await world.pass(seconds(600), never(world));
  expect(stateOf(world, 'liar')).toBe('falseticker');
});

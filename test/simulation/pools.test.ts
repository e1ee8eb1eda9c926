/** Names whose servers die, lie, move or are not there yet: others are asked in their place, and the clock goes on. */
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { after, between, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import { sourcesOf } from '../../ntp-gateway/status/sources.ts';
import { makeServer, type SimulatedServer } from './server.ts';
import { makeWorld, START, type World } from './world.ts';

const MINUTE = 60;
const HOUR = 3_600;
const at = (s: number): UnixNanos => after(START, seconds(s));

/** Each server is asked every 64 s, so that polls can be counted. */
const pool = (name: string, maxSources: number) => ({
  name,
  kind: 'pool' as const,
  host: name,
  port: 123,
  maxSources,
  minPoll: 6,
  maxPoll: 6,
  burst: true,
  interleaved: false,
});
const address = (name: string) => ({ ...pool(name, 1), kind: 'address' as const });
const dead = makeServer({ isUp: () => false });

/** `size` of all addresses at a time, others every 150 s, as pools do it. */
const rotating =
  (addresses: readonly string[], size: number) =>
  (now: UnixNanos): string[] => {
    const turn = Math.floor(between(START, now) / 150e9);
    return Array.from({ length: size }, (_, i) => addresses[(turn + i) % addresses.length]!);
  };

const sourcesIn = (world: World) => [...world.gateway().core().sources.values()];
const asked = (world: World): string[] =>
  sourcesIn(world)
    .map((source) => source.address)
    .sort();
const answering = (world: World): string[] =>
  sourcesIn(world)
    .filter(({ association, estimator }) => estimator && association.reach !== 0)
    .map((source) => source.address);
const states = (world: World): string[] =>
  sourcesOf(world.gateway().core(), world.ports.mono()).map(({ id, state }) => `${id} ${state}`);

/** Looks each second: what is claimed is true. Counts the seconds without a claim, and the servers asked at once. */
const watch = (world: World) => {
  const seen = { silent: 0, most: 0 };
  const look = (): void => {
    const claim = world.claim();
    if (claim) expect(contains(claim, world.now())).toBe(true);
    else seen.silent++;
    seen.most = Math.max(seen.most, asked(world).length);
  };
  /** @returns after how many seconds `holds` does: fewer than `most`. */
  const lookUntil = async (holds: () => boolean, most: number): Promise<number> => {
    for (let s = 0; s < most; s++) {
      if (holds()) return s;
      await world.pass(seconds(1), look);
    }
    throw new Error(`not within ${most} s`);
  };
  return { seen, look, lookUntil };
};

describe('pools', () => {
  const sent: Record<string, number> = {};
  const count = (one: string): void => {
    sent[one] = (sent[one] ?? 0) + 1;
  };
  const counted = (one: string, server: SimulatedServer): SimulatedServer => ({
    ...server,
    travel: (...way) => {
      count(one);
      return server.travel(...way);
    },
  });

  it('of six servers one lies, one dies, one never lived: the good ones are found, and the clock never stops', async () => {
    const servers = {
      lies: makeServer({ error: (now) => (now < at(HOUR) ? nanos(0) : seconds(5)) }),
      dies: counted('dies', makeServer({ isUp: (now) => now < at(HOUR) })),
      never: dead,
      a: makeServer(),
      b: makeServer(),
      c: makeServer(),
    };
    const names = { 'pool.example': rotating(Object.keys(servers), 4) };
    const world = await makeWorld({ seed: 1, servers, names, config: { sources: [pool('pool.example', 3)] } });
    await world.pass(seconds(HOUR));
    expect(asked(world)).toEqual(['a', 'dies', 'lies']);
    const { look, lookUntil, seen } = watch(world);
    const named = await lookUntil(() => !asked(world).includes('lies'), 6 * MINUTE);
    expect(named).toBeGreaterThan(3 * MINUTE); // four of its own polls, 64 s apart
    expect(states(world)).toContain('pool.example:123 (lies) replaced');
    await lookUntil(() => !asked(world).includes('dies'), 30 * MINUTE);
    const requests = sent.dies;
    await world.pass(seconds(2 * HOUR), look);
    expect(sent.dies).toBe(requests);
    expect(states(world)).toEqual(['a', 'b', 'c'].map((one) => `pool.example:123 (${one}) selected`));
    expect(seen).toEqual({ silent: 0, most: 4 });
    expect(world.gateway().core().epoch).toBe(1);
    const lines = world.logged.filter((line) => line.includes('asked no more'));
    expect(lines.filter((line) => line.includes('(lies)'))).toEqual([
      expect.stringMatching(/^source pool\.example:123 \(lies\): falseticker, asked no more/),
    ]);
    expect(lines.filter((line) => line.includes('(dies)'))).toHaveLength(1);
  });

  it('names that do not resolve for the first ten minutes: said so, and found within the next 64 s', async () => {
    const servers = { a: makeServer(), b: makeServer(), c: makeServer(), d: makeServer() };
    const late = (addresses: readonly string[]) => (now: UnixNanos) => (now < at(10 * MINUTE) ? [] : addresses);
    const names = { 'pool.example': late(['a', 'b', 'c']), 'time.example': late(['d']) };
    const config = { sources: [pool('pool.example', 3), address('time.example')] };
    const world = await makeWorld({ seed: 2, servers, names, config });
    const { look, lookUntil } = watch(world);
    await world.pass(seconds(10 * MINUTE), look);
    expect(world.claim()).toBeUndefined();
    expect(states(world)).toEqual(['pool.example:123 unresolved', 'time.example:123 unresolved']);
    await lookUntil(() => asked(world).length === 4, 64);
    await lookUntil(() => world.gateway().core().line?.sourcesSelected === 4, 10);
  });

  it('the only server of a name moves, and DNS says where to: the clock runs on meanwhile', async () => {
    const moves = at(HOUR);
    const servers = { old: makeServer({ isUp: (now) => now < moves }), new: makeServer() };
    const names = { 'time.example': (now: UnixNanos) => [now < moves ? 'old' : 'new'] };
    const world = await makeWorld({ seed: 3, servers, names, config: { sources: [address('time.example')] } });
    await world.pass(seconds(HOUR));
    const { lookUntil, seen } = watch(world);
    await lookUntil(() => answering(world).includes('new'), 6 * MINUTE); // after four polls that nobody answered
    await lookUntil(() => !asked(world).includes('old'), HOUR);
    expect(asked(world)).toEqual(['new']);
    expect(seen).toEqual({ silent: 0, most: 2 });
    expect(world.gateway().core().epoch).toBe(1);
  });

  it('all fall silent for an hour while DNS goes on: their last words carry the clock, and none too many stay', async () => {
    const isUp = (now: UnixNanos) => now < at(HOUR) || now > at(2 * HOUR);
    const addresses = [...'abcdefghijkl'];
    const servers = Object.fromEntries(addresses.map((one) => [one, makeServer({ isUp })]));
    const names = { 'pool.example': rotating(addresses, 4) };
    const world = await makeWorld({ seed: 4, servers, names, config: { sources: [pool('pool.example', 4)] } });
    await world.pass(seconds(HOUR));
    const { look, lookUntil, seen } = watch(world);
    await world.pass(seconds(HOUR), look);
    await lookUntil(() => answering(world).length >= 4, 20 * MINUTE);
    await world.pass(seconds(HOUR), look);
    expect(seen.silent).toBe(0);
    expect(seen.most).toBeGreaterThan(4);
    expect(seen.most).toBeLessThanOrEqual(8);
    expect(asked(world)).toHaveLength(4);
  });

  it('a newcomer that never answers does not silence the one that does', async () => {
    const servers = { good: makeServer(), ...Object.fromEntries([...'abcdef'].map((one) => [one, dead])) };
    const names = { 'pool.example': rotating(['good', ...'abcdef'], 7) };
    const world = await makeWorld({ seed: 5, servers, names, config: { sources: [pool('pool.example', 2)] } });
    await world.pass(seconds(15)); // in the first 10 s, whoever answers first waits for the others
    const { look, seen } = watch(world);
    await world.pass(seconds(HOUR), look);
    expect(world.logged.filter((line) => line.includes('takes its place')).length).toBeGreaterThan(4);
    expect(seen).toEqual({ silent: 0, most: 2 });
  });

  it('nobody answers for a day: neither DNS nor any server is hammered', async () => {
    const addresses = [...'abcdefgh'];
    const servers = Object.fromEntries(addresses.map((one) => [one, counted(one, dead)]));
    const dns = (): string[] => {
      count('dns');
      return addresses;
    };
    const config = { sources: [{ ...pool('pool.example', 4), maxPoll: 10 }] };
    const world = await makeWorld({ seed: 6, servers, names: { 'pool.example': dns }, config });
    await world.pass(seconds(24 * HOUR));
    expect(sent.dns).toBeLessThan(24 * 8);
    for (const one of addresses) expect(sent[one]).toBeLessThan(24 * 12);
    for (const one of addresses) expect(sent[one]).toBeGreaterThan(24); // it might be back
  });
});

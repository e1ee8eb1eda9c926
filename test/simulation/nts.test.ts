/** Sources with NTS: who is on the path may take time away, and never tell another. */
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { refuse } from '#contract/result.ts';
import { after, between, milliseconds, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import { clockOf } from '../../ntp-gateway/core/state.ts';
import type { Ports } from '../../ntp-gateway/ports.ts';
import { decodePacket, encodePacket, type NtpPacket } from '../../ntp-gateway/wire/ntp-packet.ts';
import { ntpFromUnix } from '../../ntp-gateway/wire/ntp-timestamp.ts';
import { fieldsOf, NAK } from '../support/nts-peer.ts';
import { makeNts } from './nts.ts';
import { makeServer, type SimulatedServer } from './server.ts';
import { makeWorld, START, type World } from './world.ts';

const HOUR = seconds(3_600);
const NTS = { nts: { port: 4460 } };
const MONTH_AGO = after<UnixNanos>(START, nanos(-30 * 24 * HOUR));

/** Counts the seconds with a claim, and sees that none of them is wrong. */
const watch = (world: World) => {
  let claimed = 0;
  return {
    claimed: () => claimed,
    look: (): void => {
      const claim = world.claim();
      if (!claim) return;
      claimed++;
      expect(contains(claim, world.now())).toBe(true);
    },
  };
};

const header = (bytes: Uint8Array): NtpPacket => {
  const packet = decodePacket(bytes.subarray(0, 48));
  if (!packet.ok) throw new Error(packet.reason);
  return packet.value;
};

/** All that someone without keys can send in the place of a reply: it an hour off, plain, sealed by nobody, NTSN, an older one. */
const forge = (bytes: Uint8Array, now: UnixNanos, older: Uint8Array | undefined): readonly Uint8Array[] => {
  const stamp = ntpFromUnix(after(now, HOUR));
  const lie = encodePacket({ ...header(bytes), receiveTimestamp: stamp, transmitTimestamp: stamp });
  const altered = Uint8Array.from(bytes);
  altered.set(lie);
  const nak = Uint8Array.from(NAK);
  nak.set(bytes.subarray(24, 32), 24);
  const identifier = fieldsOf(bytes)
    .slice(0, 1)
    .map(({ body }) => Buffer.concat([Uint8Array.of(1, 4, 0, 36), body]));
  return [lie, altered, Uint8Array.from(Buffer.concat([nak, ...identifier])), ...(older ? [older] : [])];
};

/** @param passes - whether the n-th reply comes through, behind the forged ones. */
const attacked = (server: SimulatedServer, passes: (n: number) => boolean): SimulatedServer => {
  let [n, older] = [0, undefined as Uint8Array | undefined];
  return {
    travel: server.travel,
    answer: (request, now, dice) =>
      server.answer(request, now, dice).flatMap((reply) => {
        const forged = forge(reply.bytes, now, older).map((bytes) => ({ ...reply, bytes }));
        older = reply.bytes;
        return passes(n++) ? [...forged, { ...reply, delay: nanos(reply.delay + milliseconds(1)) }] : forged;
      }),
  };
};

describe('a source with NTS', () => {
  it.each([
    { name: 'all replies come through behind forged ones', passes: () => true, least: 0.99 },
    { name: 'one reply in three comes through', passes: (n: number) => n % 3 === 0, least: 0.99 },
    { name: 'none does from the tenth on', passes: (n: number) => n < 10, least: 0.01 },
  ])('is attacked from its path, and $name', async ({ passes, least }) => {
    const nts = makeNts(MONTH_AGO);
    const servers = { a: attacked(nts.protect(makeServer()), passes) };
    const world = await makeWorld({ seed: 1, servers, every: NTS, around: nts.around });
    const { claimed, look } = watch(world);
    await world.pass(nanos(3 * HOUR), look);
    expect(claimed() / (3 * 3_600)).toBeGreaterThan(least);
    const { counters } = world.gateway().core().sources.get('a:123')!.association;
    // For each reply that came through one at once, and then as often as the back-off lets: here once more, or at the end.
    expect(nts.exchanges()).toBeLessThanOrEqual(2 * Number(counters.measured) + Math.log2((3 * 3_600) / 16));
    expect(counters).toMatchObject({ unauthenticated: expect.any(Number), 'bad-authenticator': expect.any(Number) });
    expect(Number(counters['nts-nak'])).toBeGreaterThan(9);
  });

  it('whose servers lose their keys each hour has new ones within a poll or two', async () => {
    const nts = makeNts(MONTH_AGO);
    const protect = () => nts.protect(makeServer());
    const world = await makeWorld({ seed: 2, servers: { a: protect(), b: protect() }, every: NTS, around: nts.around });
    const { claimed, look } = watch(world);
    for (let hour = 0; hour < 12; hour++) {
      await world.pass(HOUR, look);
      nts.forget();
    }
    expect(claimed()).toBeGreaterThan(43_200 - 10);
    expect(nts.exchanges()).toBeGreaterThan(2 * 10);
    expect(nts.exchanges()).toBeLessThanOrEqual(2 * 13);
  });

  it('uses no cookie twice, and asks with each that it was given once', async () => {
    const nts = makeNts(MONTH_AGO);
    const seen: string[] = [];
    const server = nts.protect(makeServer({ isUp: () => world_().dice.fraction() > 0.3 }));
    const noting: SimulatedServer = {
      travel: server.travel,
      answer: (request, now, dice) => {
        seen.push(`${fieldsOf(request)[1]!.body}`);
        return server.answer(request, now, dice);
      },
    };
    let world: World | undefined;
    const world_ = (): World => world!;
    world = await makeWorld({ seed: 3, servers: { a: noting }, every: NTS, around: nts.around });
    await world.pass(nanos(12 * HOUR));
    expect(seen.length).toBeGreaterThan(50);
    expect(new Set(seen).size).toBe(seen.length);
    expect(nts.exchanges()).toBeLessThan(5);
  });

  it('alone has a vote where NTS is required, beside two that lie alike', async () => {
    const nts = makeNts(MONTH_AGO);
    const liar = () => makeServer({ error: () => HOUR });
    const world = await makeWorld({
      seed: 4,
      servers: { x: liar(), y: liar(), a: nts.protect(makeServer()) },
      sources: { a: NTS },
      config: { requireNts: true },
      around: nts.around,
    });
    const { claimed, look } = watch(world);
    await world.pass(seconds(600), look);
    expect(claimed()).toBeGreaterThan(590);
    expect(world.gateway().core().selection.verdicts.get('x:123')).toBe('unauthenticated');
  });

  it('is not believed where its certificate has run out by the time that it tells', async () => {
    const nts = makeNts(after<UnixNanos>(START, nanos(-366 * 24 * HOUR)));
    const world = await makeWorld({
      seed: 5,
      servers: { a: nts.protect(makeServer()) },
      every: NTS,
      around: nts.around,
    });
    const { claimed, look } = watch(world);
    await world.pass(seconds(600), look);
    expect(claimed()).toBe(0);
    expect(world.gateway().core().sources.get('a:123')!.association.counters['certificate-time']).toBeGreaterThan(0);
  });

  it.each([
    { name: 'silenced it', config: {} },
    { name: 'made it speak of the host’s', config: { fallback: { stratum: 10, uncertainty: seconds(1) } } },
  ])(
    'has its certificate judged by our clock once that is set, also after an outage that $name',
    async ({ config }) => {
      const nts = makeNts(MONTH_AGO);
      let isUp = true;
      const judgedBy: (number | undefined)[] = []; // by a clock that is so far off, in s
      const around = (ports: Ports): Ports => {
        const inner = nts.around(ports);
        return {
          ...inner,
          exchangeKeys: async (server, time) => {
            judgedBy.push(time && between(world!.now(), time.time) / 1e9);
            return isUp ? inner.exchangeKeys(server, time) : refuse('unreachable');
          },
        };
      };
      const servers = { a: nts.protect(makeServer({ isUp: () => isUp })) };
      let world: World | undefined;
      world = await makeWorld({ seed: 8, servers, every: NTS, wallOffset: HOUR, config, around });
      await world.pass(seconds(60));
      expect(judgedBy).toEqual([undefined]);
      isUp = false;
      await world.pass(nanos(4 * HOUR));
      expect(clockOf(world.gateway().core())?.synchronized ?? false).toBe(false);
      expect(judgedBy.length).toBeGreaterThan(2);
      for (const off of judgedBy.slice(1)) expect(Math.abs(off!)).toBeLessThan(1);
      // What was known before a sleep says nothing of now.
      await world.suspend(HOUR);
      await world.pass(seconds(2_000));
      expect(judgedBy.at(-1)).toBeUndefined();
    },
  );

  it('of a pool, with which no keys can be exchanged, makes room for another', async () => {
    const nts = makeNts(MONTH_AGO);
    const around = (ports: Ports): Ports => {
      const inner = nts.around(ports);
      const refused = (address: string) => address === 'a';
      return {
        ...inner,
        exchangeKeys: async (server, time) =>
          refused(server.address) ? refuse('tls') : inner.exchangeKeys(server, time),
      };
    };
    const polls = { minPoll: 6, maxPoll: 10, burst: false, interleaved: false };
    const pool = { name: 'pool', kind: 'pool' as const, host: 'pool', port: 123, maxSources: 1, ...polls, ...NTS };
    const servers = { a: nts.protect(makeServer()), b: nts.protect(makeServer()) };
    const names = { pool: () => ['a', 'b'] };
    const world = await makeWorld({ seed: 7, servers, names, config: { sources: [pool] }, around });
    const { claimed, look } = watch(world);
    await world.pass(seconds(600), look);
    expect([...world.gateway().core().sources.keys()]).toEqual(['pool:123 (b)']);
    expect(claimed()).toBeGreaterThan(570); // the first exchange may fail while all is starting; not the second
  });

  it('brings a host that thinks it is 1970 to the present', async () => {
    const nts = makeNts(MONTH_AGO);
    const wallOffset = nanos(-Number(START));
    const servers = { a: nts.protect(makeServer()), b: nts.protect(makeServer()) };
    const world = await makeWorld({ seed: 6, servers, every: NTS, wallOffset, around: nts.around });
    const { claimed, look } = watch(world);
    await world.pass(seconds(120), look);
    expect(claimed()).toBeGreaterThan(110);
  });
});

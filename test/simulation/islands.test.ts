/** A gateway that has its time from edges over HTTPS alone, in virtual time: whatever they do, its interval holds true time. */
import { describe, expect, it } from 'vitest';
import { contains, uncertainty, width } from '#contract/interval.ts';
import { after, between, milliseconds, type Nanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import { edgeReferenceId } from '../../ntp-gateway/config/edge-reference-id.ts';
import type { CoreConfig } from '../../ntp-gateway/core/state.ts';
import { sourcesOf } from '../../ntp-gateway/status/sources.ts';
import { sourcesText } from '../../ntp-gateway/status/tables.ts';
import { decodePacket } from '../../ntp-gateway/wire/ntp-packet.ts';
import { unixFromNtp } from '../../ntp-gateway/wire/ntp-timestamp.ts';
import { randomFrom } from '../support/dice.ts';
import { recordInMemory, replayAll } from '../support/recorded.ts';
import { around } from '../support/signed-edge.ts';
import { makeEdge, ORIGIN } from './edge.ts';
import { type HttpsEdge, honest, makeHttpsEdges } from './https-edges.ts';
import { before as beforeMidnight, leaping, MIDNIGHT } from './leap.ts';
import { makeServer } from './server.ts';
import { makeWorld, START, type World } from './world.ts';

const A = 'https://a.example.org';
const B = 'https://b.example.org';
const C = 'https://c.example.org';
const HOUR = seconds(3_600);

type WorldOptions = Partial<Parameters<typeof makeWorld>[0]>;

const makeIsland = async (edges: Readonly<Record<string, HttpsEdge>>, options: WorldOptions = {}) => {
  const { seed = 1, config = {}, start = START } = options;
  const https = await makeHttpsEdges(seed, edges, start as UnixNanos);
  const world = await makeWorld({
    seed,
    servers: {},
    ...options,
    timeline: https.timeline,
    around: https.around,
    config: { httpsSources: https.sources, ...config } satisfies Partial<CoreConfig>,
  });
  const association = (origin = A) => world.gateway().core().httpsSources.get(origin)!.association;
  const verdicts = () => Object.fromEntries(world.gateway().core().selection.verdicts);
  return { world, https, association, verdicts };
};

/** @param utc - POSIX time less the world's. @returns the ± of each second that was claimed. */
const watch = async (world: World, length: Nanos, utc: (now: UnixNanos) => Nanos = () => nanos(0)) => {
  const halves: number[] = [];
  await world.pass(length, () => {
    const claim = world.claim();
    if (!claim) return;
    expect(contains(claim, after(world.now(), utc(world.now())))).toBe(true);
    expect(contains(claim, claim.time)).toBe(true);
    halves.push(uncertainty(claim, claim.time));
  });
  return halves;
};

/** Ten times as long on the way back, where queues are longer as well. */
const LOPSIDED: HttpsEdge = {
  there: (dice) => 8 + 3 * dice.exponential(),
  back: (dice) => 80 + 30 * dice.exponential(),
};

describe('an island', () => {
  it.each([1, 2, 3])(
    'holds true time each second, over a path of which one way takes ten times as long (seed %i)',
    async (seed) => {
      const oscillator = { frequency: 8e-5, wander: 3e-9, sine: { amplitude: 1e-6, period: HOUR } };
      const { world, https } = await makeIsland({ [A]: LOPSIDED }, { seed, oscillator });
      const halves = await watch(world, nanos(1.5 * HOUR));
      expect(halves.length).toBeGreaterThan(1.5 * 3_600 - 3);
      // The least round trip, what the edge says, and the oscillator in between.
      expect(width(world.claim()!)).toBeLessThan(140e6);
      expect(https.asked()).toBeLessThan((1.5 * 3_600) / 16 + 10);
    },
  );

  it.each([
    { name: 'ahead', off: 7.9 },
    { name: 'behind', off: -11.9 },
  ])('holds true time by a near edge that is as far $name as it says that it may be', async ({ off }) => {
    const says = (now: UnixNanos) => {
      const time = after(now, milliseconds(off));
      return { time, earliest: after(time, milliseconds(-8)), latest: after(time, milliseconds(12)) };
    };
    const near = { there: () => 0.1, back: () => 0.1 };
    const { world } = await makeIsland({ [A]: { ...near, says } });
    expect((await watch(world, seconds(900))).length).toBeGreaterThan(890);
    expect(width(world.claim()!)).toBeLessThan(30e6);
  });

  it('serves at a stratum below the edge’s, and a root distance that reaches to UTC', async () => {
    const listen = [{ host: '::', port: 123 }];
    const server = { listen, threads: 1, allow: [], deny: [], smear: false };
    const { world } = await makeIsland({ [A]: LOPSIDED }, { config: { server } as Partial<CoreConfig> & object });
    const request = Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0x23 : 0));
    let answered = 0;
    await world.pass(HOUR, () => {
      const reply = decodePacket(world.ask(request) ?? new Uint8Array());
      if (!reply.ok || reply.value.leap === 'unknown') return;
      const { stratum, rootDelay, rootDispersion, referenceId, transmitTimestamp } = reply.value;
      const told = unixFromNtp(transmitTimestamp, world.now());
      expect({ stratum, referenceId }).toEqual({ stratum: 4, referenceId: 0xed9e_0000 });
      expect(Math.abs(between(told, world.now()))).toBeLessThanOrEqual(rootDelay / 2 + rootDispersion);
      answered++;
    });
    expect(answered).toBeGreaterThan(3_590);
  });

  it('whose edge is away for half an hour goes on, wider, asks ever more seldom, and comes back', async () => {
    const [gone, back] = [after(START, nanos(HOUR)), after(START, nanos(1.5 * HOUR))];
    const { world, https, association } = await makeIsland({ [A]: { isUp: (now) => now < gone || now > back } });
    const halves = await watch(world, nanos(1.5 * HOUR));
    const asked = https.asked();
    expect(halves.length).toBeGreaterThan(1.5 * 3_600 - 3);
    expect(halves.at(-1)).toBeGreaterThan(halves[3_500]!);
    expect(association()).toMatchObject({ reach: 0, fault: { reason: 'timeout' } });
    const again = await watch(world, seconds(300));
    expect(again).toHaveLength(300);
    expect(again.at(-1)).toBeLessThan(halves.at(-1)!);
    expect(association()).not.toHaveProperty('fault');
    expect(https.asked() - asked).toBeLessThan(25);
  });

  it.each<{ name: string; meddle: NonNullable<HttpsEdge['meddle']>; word: string }>([
    {
      name: 'answers from an hour ago',
      meddle: (_body, { earlier }) => earlier.at(-200) ?? earlier[0] ?? '',
      word: 'wrong-nonce',
    },
    {
      name: 'what it signs of another time with another signature',
      meddle: async (body, { edge, nonce, now }) => {
        const [head, payload] = (await edge.sign(around(after(now, seconds(60))), nonce)).split('.');
        return `${head}.${payload}.${body.split('.')[2]}`;
      },
      word: 'bad-signature',
    },
    { name: 'a portal’s page', meddle: () => '<html>', word: 'malformed' },
  ])('is told $name: it believes nothing of it, and goes on as soon as the truth is told', async ({ meddle, word }) => {
    const [from, to] = [after(START, seconds(1_800)), after(START, seconds(3_600))];
    const lying: HttpsEdge = {
      meddle: (body, question) => (question.now > from && question.now < to ? meddle(body, question) : body),
    };
    const { world, association } = await makeIsland({ [A]: lying });
    const halves = await watch(world, nanos(1.5 * HOUR));
    expect(halves.length).toBeGreaterThan(1.5 * 3_600 - 3);
    expect(association().counters[word as 'malformed']).toBeGreaterThan(20);
    expect(association()).not.toHaveProperty('fault');
    expect(halves.at(-1)).toBeLessThan(40e6);
  });

  it('holds true time whatever somebody who ends TLS does with questions and answers', async () => {
    const dice = randomFrom(1, 'proxy');
    const holds = (): number => (dice.fraction() < 0.3 ? 4_900 * dice.fraction() : 5);
    const tricks: readonly NonNullable<HttpsEdge['meddle']>[] = [
      (_body, { earlier }) => earlier.at(-1 - Math.floor(3 * dice.fraction())) ?? '',
      (body) => body.slice(0, -1),
      () => '<html>',
    ];
    const meddle: HttpsEdge['meddle'] = (body, question) =>
      dice.fraction() < 0.7 ? body : tricks[Math.floor(tricks.length * dice.fraction())]!(body, question);
    const isUp = () => dice.fraction() < 0.9;
    const { world, association } = await makeIsland({ [A]: { there: holds, back: holds, meddle, isUp } });
    expect((await watch(world, HOUR)).length).toBeGreaterThan(3_500);
    const { counters } = association();
    for (const word of ['timeout', 'wrong-nonce', 'malformed'] as const) expect(counters[word]).toBeGreaterThan(2);
  });

  it('is told a day at which its key was still good: nothing is sure then, and it says so until it is told the truth', async () => {
    const [from, to] = [after(START, seconds(600)), after(START, seconds(2_400))];
    const lying: HttpsEdge = {
      meddle: (body, { edge, nonce, now }) =>
        now > from && now < to ? edge.sign(around(after(now, seconds(-86_400))), nonce) : body,
    };
    const { world, association } = await makeIsland({ [A]: lying });
    expect((await watch(world, seconds(600))).length).toBeGreaterThan(597);
    await watch(world, seconds(64)); // until it has been asked
    expect(await watch(world, seconds(1_700))).toEqual([]);
    expect(association().fault?.reason).toBe('went-back');
    expect(association().counters['went-back']).toBeGreaterThan(20);
    await watch(world, seconds(110));
    expect(await watch(world, seconds(300))).toHaveLength(300);
    expect(association()).not.toHaveProperty('fault');
  });

  it('whose edge was ten minutes ahead for a while says nothing from when that shows, and all is well in ten minutes', async () => {
    const [from, to] = [after(START, seconds(600)), after(START, seconds(900))];
    const says: HttpsEdge['says'] = (now, dice) =>
      honest(now > from && now < to ? after(now, seconds(600)) : now, dice);
    const { world, association } = await makeIsland({ [A]: { says } });
    expect((await watch(world, seconds(600))).length).toBeGreaterThan(597);
    await world.pass(seconds(364)); // it has no other source: until it is told the truth it believes that
    expect(await watch(world, seconds(500))).toEqual([]);
    expect(world.logged.slice(-3)).toEqual([
      expect.stringMatching(/went-back \(earlier than 2026-11-22T08:5\d:\d\d\.\d{3}Z, which had passed\)$/),
      'not synchronized',
      `source ${A}: unreachable (no valid reply to the last eight polls)`,
    ]);
    await watch(world, seconds(136));
    expect(await watch(world, seconds(300))).toHaveLength(300);
    expect(association()).not.toHaveProperty('fault');
  });

  it('that is refused says nothing, and does not ask more than it is told to', async () => {
    const { world, https } = await makeIsland({ [A]: { status: () => 503 } });
    expect(await watch(world, HOUR)).toEqual([]);
    expect(https.asked()).toBeLessThan(8 + 3_600 / 60);
    expect(world.logged).toEqual([
      `source ${A}: no-time (status 503)`,
      `source ${A}: unreachable (no valid reply to the last eight polls)`,
    ]);
    const sources = sourcesOf(world.gateway().core(), world.ports.mono());
    expect(sources).toMatchObject([{ id: A, address: null, state: 'unreachable', fault: { reason: 'no-time' } }]);
    expect(sourcesText(sources)).toMatch(
      /unreachable +64 s +000 +gateway key \S{8}… .*; its last answer: no-time \(status 503\); so far: sent \d+, no-time \d+$/m,
    );
  });

  it('forgets what it had asked as its host fell asleep', async () => {
    const { world, association } = await makeIsland({ [A]: { back: () => 1_000 } });
    await watch(world, seconds(120));
    while (association().question === undefined) await world.pass(seconds(1));
    await world.suspend(seconds(7));
    const halves = await watch(world, seconds(120));
    expect(halves.length).toBeGreaterThan(100);
    expect(association().counters.unsolicited).toBe(1);
    expect(world.epochs).toEqual([2]);
  });

  it('goes through a leap second with its edge, 1 s wider until it has asked after it', async () => {
    const utc = leaping('insert');
    const says = (now: UnixNanos): ReturnType<typeof honest> => {
      const time = after(now, utc(now));
      const isNear = Math.abs(between(now, MIDNIGHT)) < 3e9;
      const { earliest, latest } = around(time, 8);
      // As contract/leap.ts has it, and until its gateways have been through it.
      return {
        time,
        latest,
        earliest: isNear ? after(earliest, seconds(-1)) : earliest,
        leap: utc(now) === 0 ? 'insert' : 'none',
      };
    };
    const start = beforeMidnight(seconds(1_800));
    const { world } = await makeIsland({ [A]: { says } }, { start });
    const halves = await watch(world, HOUR, utc);
    expect(halves.length).toBeGreaterThan(3_590);
    expect(halves.filter((half) => half > 0.9e9).length).toBeLessThan(90);
    expect(halves.at(-1)).toBeLessThan(60e6);
    expect(world.epochs).toEqual([2]);
  });

  it('records, and what it recorded comes out the same', async () => {
    const { lines, recorder } = recordInMemory();
    const noon = after(START, seconds(900));
    const edges = { [A]: { isUp: (now: UnixNanos) => now < noon }, [B]: LOPSIDED };
    const { world } = await makeIsland(edges, { recorder });
    await world.pass(seconds(1_800));
    await world.suspend(seconds(2));
    await world.pass(seconds(60));
    world.gateway().stop();
    const replay = replayAll(lines);
    expect(replay).toMatchObject({ ended: true, agreedAt: lines.length });
    expect(replay?.measurements[A]).toBeGreaterThan(30);
    expect(replay?.core).toStrictEqual(world.gateway().core());
  });
});

describe('an island with several edges', () => {
  const lying: HttpsEdge['says'] = (now, dice) => honest(after(now, seconds(2)), dice);

  it('outvotes one whose gateway lies', async () => {
    const { world, verdicts } = await makeIsland({ [A]: { says: lying }, [B]: {}, [C]: LOPSIDED });
    await watch(world, HOUR);
    expect(verdicts()).toEqual({ [A]: 'falseticker', [B]: 'selected', [C]: 'selected' });
  });

  it('believes one again as soon as it lies no more: what the others outvoted has not passed', async () => {
    const [from, to] = [after(START, seconds(300)), after(START, seconds(600))];
    const ahead: HttpsEdge['says'] = (now, dice) =>
      honest(now > from && now < to ? after(now, seconds(3_600)) : now, dice);
    const { world, verdicts, association } = await makeIsland({ [A]: { says: ahead }, [B]: {}, [C]: LOPSIDED });
    await watch(world, seconds(590));
    expect(verdicts()[A]).toBe('falseticker');
    await watch(world, seconds(160));
    expect(verdicts()).toEqual({ [A]: 'selected', [B]: 'selected', [C]: 'selected' });
    expect(association().counters).not.toHaveProperty('went-back');
  });

  it('goes on hearing one whom the others outvoted with a lie', async () => {
    const ahead: HttpsEdge['says'] = (now, dice) => honest(after(now, seconds(3_600)), dice);
    const { world, verdicts, association } = await makeIsland({ [A]: { says: ahead }, [B]: { says: ahead }, [C]: {} });
    await world.pass(seconds(60));
    expect(verdicts()).toEqual({ [A]: 'selected', [B]: 'selected', [C]: 'falseticker' });
    expect(association(C).counters).toEqual({ sent: expect.any(Number), measured: association(C).counters.sent });
  });

  /** The second is vouched for by the first one's gateway, too. */
  const makeTwins = async (a: HttpsEdge, b: HttpsEdge) => {
    const https = await makeHttpsEdges(1, { [A]: a, [B]: b });
    const [first, second] = https.sources;
    const httpsSources = [first!, { ...second!, gatewayKey: first!.gatewayKey }];
    const world = await makeWorld({
      seed: 1,
      servers: {},
      timeline: https.timeline,
      around: (ports) => {
        const given = https.around(ports);
        const byOwn = (name: string) => https.sources.find((one) => one.name === name)!;
        return { ...given, askEdge: (edge, nonce) => given.askEdge(byOwn(edge.name), nonce) };
      },
      config: { httpsSources },
    });
    return { world, verdicts: () => Object.fromEntries(world.gateway().core().selection.verdicts) };
  };

  it('says nothing where two edges of one gateway exclude each other: one of them lies', async () => {
    const noon = after(START, seconds(600));
    const { world, verdicts } = await makeTwins({ says: (now, dice) => (now > noon ? lying : honest)(now, dice) }, {});
    expect((await watch(world, seconds(600))).length).toBeGreaterThan(597);
    await world.pass(seconds(66));
    expect(await watch(world, seconds(300))).toEqual([]);
    expect(verdicts()).toEqual({ [A]: 'contradicted', [B]: 'contradicted' });
    expect(world.logged).toContainEqual(expect.stringMatching(`^source ${A}: contradicted [(]`));
  });

  it('gives two edges of one gateway one vote, and goes on by the other where one is gone', async () => {
    const noon = after(START, seconds(1_800));
    const { world, verdicts } = await makeTwins({ isUp: (now) => now < noon }, LOPSIDED);
    await watch(world, seconds(1_700));
    expect(verdicts()).toEqual({ [A]: 'selected', [B]: 'repeats' });
    const halves = await watch(world, HOUR);
    expect(halves.length).toBeGreaterThan(3_590);
    expect(verdicts()).toEqual({ [A]: 'unreachable', [B]: 'selected' });
  });

  it('does not let whoever is back first after an outage decide alone', async () => {
    const [gone, back] = [after(START, HOUR), after(START, nanos(1.25 * HOUR))];
    let isBack = false;
    const turncoat: HttpsEdge = {
      says: (now, dice) => (now > gone ? lying(now, dice) : honest(now, dice)),
      isUp: (now) => {
        isBack ||= now > back;
        return now < gone || isBack;
      },
    };
    const other: HttpsEdge = {
      isUp: (now) => now < gone || isBack,
      back: (_dice, now) => (now > back ? 1_500 : 20), // so that for a second or two only the first has spoken
    };
    const { world } = await makeIsland({ [A]: turncoat, [B]: other, [C]: other });
    const halves = await watch(world, nanos(2 * HOUR));
    expect(halves.length).toBeGreaterThan(1.9 * 3_600);
  });
});

describe('whom an island’s time came through', () => {
  const publish = [{ origin: ORIGIN, interval: seconds(16) }];

  it('is in what it publishes: gateways, edges, itself', async () => {
    const edge = makeEdge();
    const far: HttpsEdge = { says: (now) => ({ ...around(now, 8), lineage: ['gw-1', 'https://far.test', 'gw-2'] }) };
    const { world } = await makeIsland(
      { [A]: far, [B]: { gateway: 'gw-3' } },
      { config: { publish }, edge: edge.post },
    );
    await world.pass(seconds(300));
    expect(world.samples.at(-1)?.lineage).toEqual(['gw-1', 'https://far.test', 'gw-2', A, 'gw-3', B, 'gw-sim']);
    expect(edge.refusals).toEqual([]);
    expect(edge.answer(world.now()) && contains(edge.answer(world.now())!, world.now())).toBe(true);
  });

  it('an edge is not told its own time: it refuses what came through it', async () => {
    const edge = makeEdge();
    const far: HttpsEdge = { says: (now) => ({ ...around(now, 8), lineage: ['gw-1', ORIGIN, 'gw-2'] }) };
    const { world } = await makeIsland({ [A]: far }, { config: { publish }, edge: edge.post });
    await world.pass(seconds(300));
    expect(new Set(edge.refusals)).toEqual(new Set(['loop']));
    expect(edge.answer(world.now())).toBeUndefined();
  });

  it('by NTP too a gateway hears of it where a server follows the edge that it publishes to', async () => {
    const follower = makeServer({ says: { stratum: 4, referenceId: edgeReferenceId(ORIGIN) } });
    const world = await makeWorld({ seed: 1, servers: { '192.0.2.1': follower }, config: { publish } });
    expect(await watch(world, seconds(300))).toEqual([]);
    await world.suspend(seconds(7));
    expect(await watch(world, seconds(60))).toEqual([]);
    const [source] = world.gateway().core().sources.values();
    expect(source!.association.counters.loop).toBe(source!.association.counters.sent);
    expect(source!.association.counters.loop).toBeGreaterThan(3);
  });

  it('it does not believe what came through itself', async () => {
    const { world, association } = await makeIsland({
      [A]: { says: (now) => ({ ...around(now, 8), lineage: ['gw-sim', 'https://far.test', 'gw-2'] }) },
    });
    expect(await watch(world, seconds(300))).toEqual([]);
    expect(association().fault?.reason).toBe('loop');
  });
});

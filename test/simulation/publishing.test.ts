/** Gateway and edge together, each the real one: the edge's interval holds true time, whoever meddles with the path. */
import { describe, expect, it } from 'vitest';
import { contains, uncertainty } from '#contract/interval.ts';
import { after, milliseconds, nanos, seconds } from '#contract/time.ts';
import type { Answer } from '../../ntp-gateway/publish/answer.ts';
import { makeEdge, ORIGIN } from './edge.ts';
import { makeServer } from './server.ts';
import { makeWorld, START } from './world.ts';

const publish = [{ origin: ORIGIN, interval: seconds(16) }];

/** Runs both for a while; `halves` are the ± of each second's answer, those without an answer left out. */
const run = async (edge: ReturnType<typeof makeEdge>, length = seconds(900), servers = { a: makeServer() }) => {
  const world = await makeWorld({ seed: 1, servers, config: { publish }, edge: edge.post });
  const halves: number[] = [];
  let claimed = 0;
  await world.pass(length, () => {
    const answer = edge.answer(world.now());
    if (!answer) return;
    claimed++;
    expect(contains(answer, world.now())).toBe(true);
    expect(contains(answer, answer.estimate)).toBe(true);
    halves.push(uncertainty(answer, answer.estimate));
  });
  return { world, halves, claimed, last: halves.at(-1) ?? Number.NaN };
};

describe('publishing', () => {
  it('times the edge from its second sample on, and holds true time each second', async () => {
    const { claimed, last } = await run(makeEdge());
    expect(claimed).toBeGreaterThan(895);
    expect(last).toBeLessThan(60e6);
  });

  it.each([
    { way: 'there', options: { there: milliseconds(220) } },
    { way: 'back', options: { back: milliseconds(220) } },
  ])('200 ms more on the way $way widen it by about half of that, and move it nowhere', async ({ options }) => {
    const plain = await run(makeEdge());
    const slow = await run(makeEdge(options));
    expect(slow.last - plain.last).toBeGreaterThan(95e6);
    expect(slow.last - plain.last).toBeLessThan(110e6);
  });

  it('tells the edge at once what it learns, not when a timer comes round', async () => {
    const edge = makeEdge();
    const world = await makeWorld({ seed: 1, servers: { a: makeServer() }, config: { publish }, edge: edge.post });
    await world.pass(milliseconds(100));
    expect(edge.posts()).toBe(1);
  });

  it('tells each edge at once of a new key, and of what that vouches for a second later', async () => {
    const edge = makeEdge();
    const slowly = [ORIGIN, 'https://other.example.org'].map((origin) => ({ origin, interval: seconds(3_600) }));
    const world = await makeWorld({
      seed: 1,
      servers: { a: makeServer() },
      config: { publish: slowly },
      edge: edge.post,
    });
    await world.pass(seconds(60));
    const before = world.samples.filter(({ aud }) => aud === ORIGIN).length;
    world.gateway().keyChanged();
    await world.pass(seconds(2));
    const after = world.samples.filter(({ aud }) => aud === ORIGIN).length;
    expect(after - before).toBeGreaterThanOrEqual(2);
  });

  it('vouches for the edge’s key as soon as the edge can tell that the word is of now', async () => {
    const edge = makeEdge();
    const world = await makeWorld({ seed: 1, servers: { a: makeServer() }, config: { publish }, edge: edge.post });
    await world.pass(seconds(4));
    expect(edge.keys.keys()).toMatchObject([{ delegations: [{ gateway: 'gw-sim', aud: ORIGIN }] }]);
    expect(world.samples.map(({ delegations }) => delegations?.length)).toEqual([undefined, undefined, 1, undefined]);
    expect(edge.keys.refusals).toEqual([]);
  });

  it('serves several edges, each by itself: one that is away holds up no other', async () => {
    const [here, there] = [makeEdge(), 'https://away.example.org'];
    const world = await makeWorld({
      seed: 1,
      servers: { a: makeServer() },
      config: { publish: [{ origin: there, interval: seconds(16) }, ...publish] },
      edge: (sample, sha256, world) =>
        sample.aud === ORIGIN ? here.post(sample, sha256, world) : Promise.reject(new Error('no route')),
    });
    await world.pass(seconds(100));
    const answer = here.answer(world.now());
    expect(answer && contains(answer, world.now())).toBe(true);
    expect(here.refusals).toEqual([]);
    const [away, near] = [there, ORIGIN].map((origin) => world.gateway().core().publishers.get(origin));
    expect([away?.outcome, near?.outcome]).toEqual(['unreachable', 'ok']);
    expect(away?.failures).toBeGreaterThan(4);
  });

  it('an earlier answer, repeated by someone on the path, proves nothing', async () => {
    const recorded: Answer[] = [];
    const edge = makeEdge({
      meddle: (answer, n) => {
        recorded.push(answer);
        return n > 20 ? recorded[10]! : answer;
      },
    });
    const { world, claimed } = await run(edge, seconds(1_800));
    const { counters } = world.gateway().core().publishers.get(ORIGIN)!;
    expect(counters['wrong-sample']).toBeGreaterThan(5);
    expect(claimed).toBeGreaterThan(1_700); // older bounds go on, wider
  });

  it('an answer with another time in it has no nonce that fits, and is not taken', async () => {
    const edge = makeEdge({
      meddle: ({ status, body }, n) => {
        const reading = body as { isolateUnixMs: number; nonce: string };
        const moved = { ...reading, isolateUnixMs: reading.isolateUnixMs + 5_000, nonce: `${n}`.padStart(43, 'x') };
        return { status, body: n > 20 ? moved : body };
      },
    });
    const { claimed } = await run(edge);
    expect(claimed).toBeGreaterThan(850);
  });

  it('the edge is away for ten minutes: the gateway backs off, the answer widens and ends, and all comes back', async () => {
    const [gone, back] = [after(START, seconds(600)), after(START, seconds(1_200))];
    const edge = makeEdge({ isUp: (now) => now < gone || now > back });
    const { world, halves, claimed } = await run(edge, seconds(1_500));
    expect(claimed).toBeGreaterThan(600 + 290 + 200);
    expect(claimed).toBeLessThan(600 + 301 + 300);
    expect(Math.max(...halves.slice(600, 880))).toBeGreaterThan(halves[590]!);
    expect(edge.posts()).toBeLessThan(120);
    expect(world.gateway().core().publishers.get(ORIGIN)?.outcome).toBe('ok');
  });

  it('the upstream steps by an hour: a new epoch, and the edge follows it without a restart', async () => {
    const step = after(START, seconds(300));
    const servers = { a: makeServer({ error: (now) => (now >= step ? seconds(3_600) : nanos(0)) }) };
    const edge = makeEdge();
    const world = await makeWorld({ seed: 2, servers, config: { publish }, edge: edge.post });
    await world.pass(seconds(600));
    const answer = edge.answer(world.now());
    expect(world.epochs).toEqual([2]);
    expect(answer && contains(answer, after(world.now(), seconds(3_600)))).toBe(true);
  });

  it('a gateway whose state was lost goes on above the epoch that the edge keeps', async () => {
    const edge = makeEdge();
    const servers = { a: makeServer() };
    const first = await makeWorld({ seed: 3, servers, config: { publish }, edge: edge.post });
    await first.pass(seconds(60));
    first.gateway().stop();
    const second = await makeWorld({ seed: 4, servers, config: { publish }, edge: edge.post, start: first.now() });
    await second.pass(seconds(60));
    expect(edge.refusals).toContain('replayed');
    expect(second.gateway().core().epoch).toBe(2);
    expect(second.gateway().core().publishers.get(ORIGIN)?.outcome).toBe('ok');
    const answer = edge.answer(second.now());
    expect(answer && contains(answer, second.now())).toBe(true);
  });
});

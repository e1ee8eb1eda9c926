/** The gateway asks its own edge: one that lies is found out at the next question, an honest one is never blamed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, milliseconds, nanos, seconds } from '#contract/time.ts';
import { clockOf } from '../../ntp-gateway/core/state.ts';
import { statusOf } from '../../ntp-gateway/status/status.ts';
import { statusText } from '../../ntp-gateway/status/status-text.ts';
import { recordInMemory, replayAll } from '../support/recorded.ts';
import { makeEdge, ORIGIN } from './edge.ts';
import { makeServer } from './server.ts';
import { makeWorld, START } from './world.ts';

const publish = [{ origin: ORIGIN, interval: seconds(16) }];
const MINUTES = seconds(66);

const start = (edge: ReturnType<typeof makeEdge>, more: Partial<Parameters<typeof makeWorld>[0]> = {}) =>
  makeWorld({
    seed: 1,
    servers: { a: makeServer() },
    config: { publish },
    edge: edge.post,
    checkEdge: edge.tell,
    ...more,
  });
const checkOf = (world: Awaited<ReturnType<typeof start>>) => world.gateway().core().checks.get(ORIGIN)!;
const textOf = (world: Awaited<ReturnType<typeof start>>): string =>
  statusText(statusOf(world.gateway().core(), undefined, world.ports.mono()));

describe('an edge that is asked what it tells others', () => {
  it('agrees, for as long as it is honest', async () => {
    const world = await start(makeEdge());
    await world.pass(seconds(12));
    expect(checkOf(world).counters).toEqual({ agreed: 1 });
    await world.pass(seconds(1_800));
    const { counters } = checkOf(world);
    expect(Object.keys(counters)).toEqual(['agreed']);
    expect(counters.agreed).toBeGreaterThan(25);
    expect(world.violations).toEqual([]);
    expect(textOf(world)).toMatch(
      /^check {10}https:\/\/time\.example\.org: agreed \d+ s ago, [+-]\S+ (ms|µs) from us; 0 of \d\d contradicted$/m,
    );
  });

  it('is found out at the next question where another of its clocks is 300 ms off, and is believed again once it is right', async () => {
    const [from, to] = [after(START, seconds(600)), after(START, seconds(900))];
    const edge = makeEdge({ apart: (now) => milliseconds(now > from && now < to ? 300 : 0) });
    const world = await start(edge);
    await world.pass(seconds(600));
    expect(world.violations).toEqual([]);
    await world.pass(MINUTES);
    expect(world.violations).toHaveLength(1);
    expect(world.violations[0]).toMatchObject({ edge: ORIGIN, number: 1, jws: 'signed', epoch: 1, sources: ['a:123'] });
    expect(world.violations[0]!.beyond).toBeGreaterThan(200e6);
    const { clock } = statusOf(world.gateway().core(), undefined, world.ports.mono());
    expect(clock?.uncertaintyMs).toBeLessThan(40); // of which nothing has moved
    expect(textOf(world)).toMatch(
      /: violation \d+ s ago, \+3\d\d(\.\d+)? ms from us, 2\d\d(\.\d+)? ms more than both can be; 1 of \d+ contradicted$/m,
    );
    await world.pass(seconds(300));
    expect(checkOf(world)).toMatchObject({ outcome: 'agreed', episode: 0 });
    expect(checkOf(world).counters.violation).toBeGreaterThan(3);
    expect(world.violations.map(({ number }) => number)).toEqual([1, 2, 4]);
    expect(world.logged.filter((line) => line.startsWith('edge '))).toEqual([
      expect.stringMatching(/^edge https:\/\/time\.example\.org tells an interval that ours contradicts, by 2\d\d/),
      'edge https://time.example.org tells an interval that ours agrees with again',
    ]);
  });

  it('moves nothing of our clock, whatever it says', async () => {
    const noon = after(START, seconds(300));
    const lineWhere = async (ms: number) => {
      const world = await start(makeEdge({ apart: (now) => milliseconds(now > noon ? ms : 0) }));
      await world.pass(seconds(900));
      expect(world.violations.length > 0).toBe(ms !== 0);
      return clockOf(world.gateway().core());
    };
    const honest = await lineWhere(0);
    expect(honest).toBeDefined();
    for (const ms of [300, -5_000, 60_000]) expect(await lineWhere(ms)).toEqual(honest);
  });

  it('is not blamed for what it cannot know: before it has a sample of this epoch, and while we are stepped', async () => {
    const step = after(START, seconds(300));
    const servers = { a: makeServer({ error: (now) => (now >= step ? seconds(3_600) : nanos(0)) }) };
    const world = await start(makeEdge(), { servers });
    await world.pass(seconds(900));
    expect(world.epochs).toEqual([2]);
    expect(world.violations).toEqual([]);
    expect(checkOf(world).outcome).toBe('agreed');
  });

  it('that is away is asked each minute, said once, and heard again', async () => {
    const [gone, back] = [after(START, seconds(300)), after(START, seconds(1_500))];
    const world = await start(makeEdge({ isUp: (now) => now < gone || now > back }));
    await world.pass(seconds(1_400));
    expect(checkOf(world).failures).toBeGreaterThan(15);
    await world.pass(seconds(200));
    expect(checkOf(world)).toMatchObject({ outcome: 'agreed', failures: 0 });
    expect(world.logged.filter((line) => line.startsWith('edge '))).toEqual([
      'edge https://time.example.org gives no answer that can be checked: unreachable',
      'edge https://time.example.org tells an interval that ours agrees with again',
    ]);
  });

  it('is not asked by a gateway that has no time', async () => {
    const noon = after(START, seconds(300));
    const servers = { a: makeServer(), b: makeServer({ error: (now) => seconds(now > noon ? 3_600 : 0) }) };
    const world = await start(makeEdge(), { servers });
    await world.pass(seconds(500));
    expect(world.claim()).toBeUndefined();
    const { counters } = checkOf(world);
    await world.pass(seconds(300));
    expect(checkOf(world).counters).toEqual(counters);
    expect(world.violations).toEqual([]);
  });

  it('whatever the delays, the clocks and the sleeps: where all is as assumed nobody is blamed', async () => {
    const ms = fc.integer({ min: 0, max: 400 });
    await fc.assert(
      fc.asyncProperty(fc.record({ seed: fc.nat(), there: ms, back: ms, error: ms, sleep: ms }), async (drawn) => {
        const { seed, there, back, error, sleep } = drawn;
        const paths = { there: milliseconds(there), back: milliseconds(back), error: milliseconds(error - 200) };
        const world = await start(makeEdge({ ...paths, apart: () => milliseconds((error % 39) - 19) }), { seed });
        await world.pass(seconds(90));
        await world.suspend(milliseconds(10 * sleep));
        await world.pass(seconds(120));
        expect(checkOf(world).counters.agreed).toBeGreaterThan(1);
        expect(world.violations).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  it('is in a recording, and comes out the same', async () => {
    const { lines, recorder } = recordInMemory();
    const noon = after(START, seconds(200));
    const edge = makeEdge({ apart: (now) => seconds(now > noon ? 2 : 0) });
    const world = await start(edge, { recorder });
    await world.pass(seconds(400));
    world.gateway().stop();
    expect(world.violations.length).toBeGreaterThan(1);
    const replay = replayAll(lines);
    expect(replay).toMatchObject({ ended: true, agreedAt: lines.length });
    expect(replay?.core).toStrictEqual(world.gateway().core());
  });
});

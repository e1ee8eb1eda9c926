/** Sources that vanish, a host that sleeps, a wall clock that is set: the bound grows, then nothing is said; all recovers. */
import { describe, expect, it } from 'vitest';
import { contains, uncertainty, width } from '#contract/interval.ts';
import { after, milliseconds, seconds } from '#contract/time.ts';
import { scrape } from '../support/metric-values.ts';
import { listeningOn } from '../support/server-config.ts';
import { servedBy } from './lan-host.ts';
import { exponential } from './noise.ts';
import { makeServer } from './server.ts';
import { makeWorld, START, type World } from './world.ts';

const holds = (world: World) => (): void => {
  const claim = world.claim();
  if (claim) expect(contains(claim, world.now())).toBe(true);
};
const LAN = { server: listeningOn({ host: '127.0.0.1', port: 123 }) };
const HOUR = 3_600;

describe('outages', () => {
  it('all sources gone: root dispersion grows, LI 3 past the limit, and all is well again by itself', async () => {
    const [gone, back] = [after(START, seconds(1)), after(START, seconds(2 * HOUR))];
    const server = makeServer({ isUp: (now) => now < gone || now > back });
    const world = await makeWorld({ seed: 1, servers: { a: server }, config: LAN });
    const grown: number[] = [];
    for (let i = 0; i < 4; i++) {
      await world.pass(seconds(400), holds(world));
      grown.push(servedBy(world).rootDispersion);
      expect(servedBy(world)).toMatchObject({ leap: 'none', stratum: 2 });
    }
    for (let i = 1; i < 4; i++) expect(grown[i]! - grown[i - 1]!).toBeGreaterThan(0.1e9); // 500 ppm, its rate never measured
    await world.pass(seconds(2_000), holds(world));
    expect(world.claim()).toBeUndefined();
    expect(servedBy(world)).toMatchObject({ leap: 'unknown', stratum: 0 });
    await world.pass(seconds(3 * HOUR), holds(world));
    expect(world.claim()).toBeDefined();
    expect(servedBy(world).leap).toBe('none');
  });

  it('the host sleeps for an hour: noticed within a tick, nothing said until measured anew, in a new epoch', async () => {
    const world = await makeWorld({ seed: 2, servers: { a: makeServer() } });
    await world.pass(seconds(600), holds(world));
    await world.suspend(seconds(HOUR));
    await world.pass(seconds(1));
    await world.pass(seconds(60), holds(world));
    expect(world.gateway().core()).toMatchObject({ jumps: { slept: 1 }, epoch: 2 });
    expect(world.logged).toContain('the host slept for 3600 s: starting over in a new epoch');
    expect(uncertainty(world.claim()!, world.claim()!.time)).toBeLessThan(40e6);
  });

  it('so it is where the kernel does not count its sleeps: the clocks part', async () => {
    const world = await makeWorld({ seed: 2, servers: { a: makeServer() }, countsSleep: false });
    await world.pass(seconds(600), holds(world));
    await world.suspend(seconds(HOUR));
    await world.pass(seconds(1));
    await world.pass(seconds(60), holds(world));
    expect(world.gateway().core()).toMatchObject({ jumps: { 'clocks-parted': 1 }, epoch: 2 });
  });

  it.each([500, 2])(
    'the host dozes for %d ms while a reply is under way: the exchange that looks short is never spoken of, not for a moment',
    async (doze) => {
      const server = makeServer({ there: milliseconds(100), back: milliseconds(100) });
      const world = await makeWorld({ seed: 2, servers: { a: server } });
      const asked = (): boolean => world.gateway().core().sources.get('a:123')?.association.question !== undefined;
      for (let dozes = 1; dozes <= 20; dozes++) {
        while (!asked()) await world.pass(milliseconds(10), holds(world));
        await world.suspend(milliseconds(doze));
        await world.pass(milliseconds(1), holds(world)); // the reply is there before the next tick
        await world.pass(seconds(5), holds(world));
        expect(world.gateway().core().jumps).toEqual({ slept: dozes });
        expect(world.claim()).toBeDefined();
      }
    },
  );

  it.each([-100, 100, 1e8])('the wall clock is set by %d s: it was never the guide', async (by) => {
    const world = await makeWorld({
      seed: 3,
      servers: { a: makeServer(), b: makeServer() },
      wallOffset: seconds(-4e7),
    });
    await world.pass(seconds(600), holds(world));
    const measurements = () => world.gateway().core().sources.get('a:123')!.estimator!.measurements;
    const learnt = measurements();
    world.stepWall(seconds(by));
    await world.pass(seconds(60), () => {
      holds(world)();
      expect(world.claim()).toBeDefined(); // it does not fall silent either
    });
    expect(world.gateway().core()).toMatchObject({ jumps: { 'wall-set': 1 }, epoch: 1 });
    expect(scrape(world)).toMatchObject({
      'noonmark_clock_jumps_total{reason="wall-set"}': 1,
      noonmark_synchronized: 1,
    });
    expect(measurements()).toBeGreaterThanOrEqual(learnt);
    expect(world.logged.filter((line) => line.includes('wall'))).toEqual([
      `the wall clock was set by ${by > 0 ? '+' : ''}${by} s`,
    ]);
  });

  it('the wall clock is set where the kernel does not count its sleeps: it may as well have slept', async () => {
    const world = await makeWorld({ seed: 3, servers: { a: makeServer() }, countsSleep: false });
    await world.pass(seconds(600), holds(world));
    world.stepWall(seconds(100));
    await world.pass(seconds(60), holds(world));
    expect(world.gateway().core()).toMatchObject({ jumps: { 'clocks-parted': 1 }, epoch: 2 });
    expect(world.claim()).toBeDefined();
  });

  it('without any source the host’s own clock is spoken of after 10 s, marked; a source that comes starts a new epoch', async () => {
    const opens = after(START, seconds(100));
    const world = await makeWorld({
      seed: 4,
      servers: { a: makeServer({ isUp: (now) => now > opens }) },
      config: { ...LAN, fallback: { stratum: 10, uncertainty: seconds(1) } },
      wallOffset: milliseconds(300),
    });
    await world.pass(seconds(9));
    expect(world.claim()).toBeUndefined();
    await world.pass(seconds(3), holds(world));
    expect(world.gateway().core().line).toMatchObject({ synchronized: false, epoch: 1 });
    expect(servedBy(world).leap).toBe('unknown'); // not without [local] in the file
    await world.pass(seconds(2 * HOUR), holds(world));
    expect(world.gateway().core().line).toMatchObject({ synchronized: true, epoch: 2 });
  });

  it('with [local] the LAN is served the host’s clock, at its stratum and no better than it is said to be', async () => {
    const local = { stratum: 10, uncertainty: seconds(2) };
    const world = await makeWorld({ seed: 5, servers: {}, config: { ...LAN, local, fallback: local } });
    await world.pass(seconds(12));
    expect(servedBy(world)).toMatchObject({ leap: 'none', stratum: 10, referenceId: 0x7f7f0101 });
    expect(servedBy(world).rootDispersion).toBeGreaterThanOrEqual(2e9);
  });
});

it.each([5e-6, -2e-5])(
  'the oscillator’s frequency steps by %d, more than A3 allows: held again within two polls',
  async (by) => {
    const at = seconds(2 * HOUR);
    const oscillator = { frequency: 1e-5, wander: 1e-9, steps: [{ at, by }] };
    const noise = exponential(milliseconds(0.02));
    const server = () => makeServer({ there: milliseconds(0.2), back: milliseconds(0.2), noise });
    const servers = { a: server(), b: server(), c: server() };
    const world = await makeWorld({ seed: 1, servers, oscillator, every: { minPoll: 6, maxPoll: 6 } });
    await world.pass(at, holds(world));
    await world.pass(seconds(140)); // A3 is broken: what is said meanwhile may be wrong, by what it steps in a poll or two
    const narrow = () => width(world.claim()!) / 2;
    await world.pass(seconds(HOUR), holds(world));
    expect(narrow()).toBeLessThan(600_000);
    expect(world.gateway().core().line!.frequencyBounds.least).toBeGreaterThan(1e-5 + by - 5e-6);
    expect(world.gateway().core().line!.frequencyBounds.greatest).toBeLessThan(1e-5 + by + 5e-6);
  },
);

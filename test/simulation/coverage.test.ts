/** A1 to A4 hold: every interval that is claimed holds true time, and the best estimate is far better than it is wide. */
import { describe, expect, it } from 'vitest';
import { contains, uncertainty } from '#contract/interval.ts';
import { between, milliseconds, nanos, seconds } from '#contract/time.ts';
import { draws } from '../support/draws.ts';
import { listeningOn } from '../support/server-config.ts';
import { servedBy } from './lan-host.ts';
import { exponential, type Noise } from './noise.ts';
import { makeServer } from './server.ts';
import { makeWorld, type World } from './world.ts';

const HOUR = seconds(3_600);

/** Looks each second: is true time inside, how far off is the estimate, how wide is the interval? */
const watch = (world: World) => {
  const seen = { seconds: 0, claimed: 0, covered: 0, squares: 0, worst: 0, widest: 0 };
  return {
    seen,
    look: (): void => {
      seen.seconds++;
      const claim = world.claim();
      if (!claim) return;
      const error = Math.abs(between(world.now(), claim.time));
      seen.claimed++;
      seen.covered += Number(contains(claim, world.now()));
      seen.squares += error ** 2;
      seen.worst = Math.max(seen.worst, error);
      seen.widest = Math.max(seen.widest, uncertainty(claim, claim.time));
    },
  };
};
const rms = ({ squares, claimed }: { squares: number; claimed: number }): number => Math.sqrt(squares / claimed);

describe('coverage', () => {
  it.each([1, 2, 3].slice(0, draws(1)))('of four servers with queues, over six hours, seed %i', async (seed) => {
    const servers = {
      near: makeServer({ there: milliseconds(1), back: milliseconds(1) }),
      far: makeServer({ there: milliseconds(30), back: milliseconds(30), noise: exponential(milliseconds(3)) }),
      skewed: makeServer({ there: milliseconds(2), back: milliseconds(22) }),
      off: makeServer({ error: () => milliseconds(1.9), says: { rootDispersion: milliseconds(2) } }),
    };
    const world = await makeWorld({ seed, servers });
    const { look, seen } = watch(world);
    await world.pass(nanos(6 * HOUR), look);
    expect(seen.covered).toBe(seen.claimed);
    expect(seen.claimed / seen.seconds).toBeGreaterThan(0.999);
    expect(rms(seen)).toBeLessThan(1_000_000);
    expect(seen.widest).toBeLessThan(60_000_000);
    expect(world.gateway().core().epoch).toBe(1);
  });

  it.each([
    { name: '500 ppm fast', frequency: -4.9e-4, wander: 1e-9 },
    { name: '500 ppm slow', frequency: 4.9e-4, wander: 1e-9 },
    { name: 'a restless oscillator', frequency: 1e-5, wander: 1e-8 },
  ])('with an oscillator that is $name', async (oscillator) => {
    const servers = { a: makeServer(), b: makeServer(), c: makeServer({ loss: 0.33 }) };
    const world = await makeWorld({ seed: 4, servers, oscillator });
    const { look, seen } = watch(world);
    await world.pass(nanos(2 * HOUR), look);
    expect(seen.covered).toBe(seen.claimed);
    expect(seen.claimed / seen.seconds).toBeGreaterThan(0.999);
    expect(rms(seen)).toBeLessThan(2_000_000);
  });

  it('with 200 ms more on one way of the path: half of it goes into the bound, none into a wrong claim', async () => {
    const servers = { a: makeServer({ there: milliseconds(205) }) };
    const world = await makeWorld({ seed: 5, servers });
    const { look, seen } = watch(world);
    await world.pass(HOUR, look);
    expect(seen.covered).toBe(seen.claimed);
    expect(seen.widest).toBeGreaterThan(95_000_000);
  });

  it('across the end of NTP’s first era, 2036-02-07T06:28:16Z', async () => {
    const start = BigInt(Date.parse('2036-02-07T06:00:00Z')) * 1_000_000n;
    const world = await makeWorld({ seed: 6, servers: { a: makeServer() }, start });
    const { look, seen } = watch(world);
    await world.pass(HOUR, look);
    expect(seen.covered).toBe(seen.claimed);
    expect(seen.claimed).toBeGreaterThan(3_590);
    expect(world.gateway().core().epoch).toBe(1);
  });

  it('tells the LAN a root distance that is its bound, also after a slow reply', async () => {
    const spikes: Noise = (dice) => nanos(dice.fraction() < 0.2 ? 40e6 : 0.2e6 * dice.exponential());
    const world = await makeWorld({
      seed: 7,
      servers: { a: makeServer({ noise: spikes }) },
      config: { server: listeningOn({ host: '127.0.0.1', port: 123 }) },
    });
    await world.pass(seconds(300));
    await world.pass(seconds(3_000), () => {
      const claim = world.claim()!;
      const { rootDelay, rootDispersion } = servedBy(world);
      expect(rootDelay / 2 + rootDispersion).toBeGreaterThanOrEqual(uncertainty(claim, claim.time));
      expect(rootDelay / 2 + rootDispersion).toBeLessThan(uncertainty(claim, claim.time) + 50_000); // two roundings to 2^-16 s
    });
  });
});

/** What an earlier run learnt of the oscillator lets the next one begin with narrow bounds, and never with wrong ones. */
import { describe, expect, it } from 'vitest';
import { contains, width } from '#contract/interval.ts';
import { between, milliseconds, nanos, seconds } from '#contract/time.ts';
import { takeLook } from '../../../ntp-gateway/discipline/jump.ts';
import { recall } from '../../../ntp-gateway/discipline/remembered.ts';
import { makeServer } from '../server.ts';
import { makeWorld, type World } from '../world.ts';

const HOUR = seconds(3_600);
const MILLISECOND = milliseconds(1);

const away = (length: number) => (world: World) => world.pass(seconds(length));
const asleep = (length: number) => (world: World) => world.suspend(seconds(length));

type Options = {
  readonly isThisBoot?: boolean;
  readonly remembers?: boolean;
  readonly pause?: (world: World) => Promise<void>;
  readonly wander?: number;
  readonly countsSleep?: boolean;
};

/**
 * Three hours on a LAN, a pause, 20 minutes with what is remembered.
 *
 * @returns the half width of each second after the restart, ns, and from which second on it is within 1 ms for good.
 */
const restart = async (options: Options = {}) => {
  const { isThisBoot = true, remembers = true, pause = away(600), wander = 1e-9, countsSleep = true } = options;
  const server = () => makeServer({ there: milliseconds(0.2), back: milliseconds(0.2) });
  const oscillator = { frequency: 2e-5, wander };
  const world = await makeWorld({
    seed: 1,
    servers: { a: server(), b: server(), c: server() },
    oscillator,
    countsSleep,
  });
  const bounds: number[] = [];
  const look = (): void => {
    const claim = world.claim();
    if (!claim) return;
    expect(contains(claim, world.now())).toBe(true);
    bounds.push(width(claim) / 2);
  };
  await world.pass(nanos(3 * HOUR), look);
  world.gateway().stop();
  await pause(world);
  bounds.length = 0;
  const remembered = recall(world.kept.at(-1)!, isThisBoot, takeLook(world.ports));
  await world.restart(remembers ? remembered : undefined);
  await world.pass(seconds(1_200), look);
  expect(bounds.length).toBeGreaterThan(1_190);
  const settledAfter = bounds.findLastIndex((bound) => bound > MILLISECOND) + 1;
  return { world, remembered, bounds, settledAfter };
};

describe('a restart', () => {
  it('with what was remembered is within 1 ms much sooner than without, and never far from it', async () => {
    const [within, without] = [await restart(), await restart({ remembers: false })];
    expect(3 * within.settledAfter).toBeLessThan(without.settledAfter);
    expect(Math.max(...within.bounds)).toBeLessThan(1.2 * MILLISECOND);
    expect(Math.max(...without.bounds)).toBeGreaterThan(1.5 * Math.max(...within.bounds));
  });

  it('after a day away, with an oscillator that wandered, knows less but is not wrong', async () => {
    const { bounds, remembered } = await restart({ wander: 1e-8, pause: away(86_400) });
    expect(remembered.certain).toBeDefined();
    expect(Math.max(...bounds)).toBeLessThan(5 * MILLISECOND);
  });

  it.each([
    ['another boot', { isThisBoot: false }],
    ['a sleep', { pause: asleep(600) }],
    ['a sleep that the kernel does not count', { pause: asleep(600), countsSleep: false }],
    ['a step of the wall clock', { pause: async (world: World) => world.stepWall(seconds(60)) }],
  ])(
    'after %s knows as much as without what was remembered, but for the likeliest frequency',
    async (_name, how: Options) => {
      const { remembered, bounds, world } = await restart(how);
      expect(remembered.frequency).toBeCloseTo(2e-5, 6);
      const other = await restart({ ...how, remembers: false });
      expect(remembered.certain).toBeUndefined();
      for (const second of [0, 1, 2, 3]) expect(bounds[second]).toBeCloseTo(other.bounds[second]!, -3);
      expect(world.gateway().core().oscillator.expected?.frequency).toBe(remembered.frequency);
    },
  );

  it('that the host sleeps after is as sure as without what was remembered', async () => {
    const { world } = await restart();
    await world.suspend(seconds(10));
    await world.pass(seconds(2));
    const { oscillator, line } = world.gateway().core();
    expect(oscillator.known).toBeUndefined();
    expect(line?.frequencyBounds).toEqual({ least: -5e-4, greatest: 5e-4 });
  });
});

describe('the oscillator', () => {
  it('is kept so often that who is killed loses an eighth of what it knew, and not before it is known', async () => {
    const world = await makeWorld({ seed: 1, servers: { a: makeServer() } });
    await world.pass(seconds(60));
    world.gateway().stop();
    expect(world.kept).toEqual([]);
    await world.restart();
    const { startedAt } = world.gateway().core();
    await world.pass(seconds(900)); // by then it is known
    const first = world.kept.length;
    expect(first).toBeGreaterThan(0);
    await world.pass(seconds(9 * 3_600), () => {
      const [ran, since] = [startedAt, world.kept.at(-1)!.look.now].map((from) => between(from, world.mono()) / 1e9);
      expect(since).toBeLessThan(Math.min(3_600, Math.max(60, ran! / 8)) + 70); // and until it is asked again
    });
    expect(world.kept.length - first).toBeLessThan(40);
    const before = world.kept.length;
    world.gateway().stop();
    expect(world.kept).toHaveLength(before + 1);
    for (const { frequency, frequencyBounds } of world.kept) {
      expect(frequencyBounds.least).toBeLessThan(2e-5);
      expect(frequencyBounds.greatest).toBeGreaterThan(2e-5);
      expect(frequency).toBeCloseTo(2e-5, 5);
    }
  });

  it('is not kept while nobody tells the time', async () => {
    const local = { stratum: 10, uncertainty: seconds(1) };
    const world = await makeWorld({ seed: 1, servers: {}, config: { fallback: local, maxDrift: 1e-5 } });
    await world.pass(seconds(7_300));
    world.gateway().stop();
    expect(world.kept).toEqual([]);
  });
});

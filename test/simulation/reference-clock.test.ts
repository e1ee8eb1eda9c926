/** A clock of the host as source: what is claimed holds true time, whatever is done to the wall clock that its samples go by. */
import { describe, expect, it } from 'vitest';
import { after, between, milliseconds, type Nanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { ReferenceClockConfig } from '../../ntp-gateway/config.ts';
import { sourcesOf } from '../../ntp-gateway/status/sources.ts';
import { sockSampleAt } from '../support/clock-samples.ts';
import { type Dice, randomFrom } from '../support/dice.ts';
import { recordInMemory, replayAll } from '../support/recorded.ts';
import { makeJudge, OURS } from './judge.ts';
import { makeServer } from './server.ts';
import { makeWorld } from './world.ts';

const GPS: ReferenceClockConfig = {
  name: '/run/gps.sock',
  driver: 'sock',
  path: '/run/gps.sock',
  referenceId: 0x47505300,
  uncertainty: milliseconds(1),
  offset: nanos(0),
};

/** A driver that takes a sample each time it is called, and writes when it is asked what it has. */
const makeDriver = (dice: Dice, error: Nanos = nanos(0)) => {
  let written: Uint8Array[] = [];
  return {
    sample: (now: UnixNanos, wall: UnixNanos): void => {
      const said = nanos(error + milliseconds(0.9) * (2 * dice.fraction() - 1));
      written.push(sockSampleAt(wall, Number(between(wall, after(now, said))) / 1e9));
    },
    take: (): readonly Uint8Array[] => {
      const messages = written;
      written = [];
      return messages;
    },
  };
};

const makeLife = async (options: Partial<Parameters<typeof makeWorld>[0]> = {}, error?: Nanos) => {
  const driver = makeDriver(randomFrom(7), error);
  const world = await makeWorld({
    seed: 7,
    servers: {},
    wallOffset: seconds(-3),
    ...options,
    config: { referenceClocks: [GPS] },
    referenceClocks: { [GPS.name]: driver.take },
  });
  const judge = makeJudge(world);
  const tick = (): void => {
    driver.sample(world.now(), world.ports.wall());
    judge.look();
  };
  return { world, tick, verdict: () => judge.verdicts().get(OURS)! };
};

describe('a reference clock', () => {
  it.each([0, 4e-4, -4e-4])(
    'makes a stratum 1 of us, within what its operator vouches for; frequency %f',
    async (frequency) => {
      const { world, tick, verdict } = await makeLife({ oscillator: { frequency, wander: 1e-9 } });
      await world.pass(seconds(1_800), tick);
      const { coverage, availability, width } = verdict();
      expect({ coverage, availability }).toEqual({ coverage: 1, availability: 1 });
      expect(width).toBeLessThan(milliseconds(2));
      const { server } = world.gateway().core().line!;
      expect(server).toMatchObject({ stratum: 1, referenceId: GPS.referenceId, leap: 'none' });
      expect(server.rootDelay).toBeLessThan(milliseconds(0.5));
    },
  );

  it.each([
    { name: 'set by a little, time and again', by: milliseconds(50), every: 61 },
    { name: 'set by less than is noticed', by: milliseconds(-1.5), every: 17 },
    { name: 'set by an hour', by: seconds(3_600), every: 400 },
  ])('does not mislead while the wall clock is $name', async ({ by, every }) => {
    const { world, tick, verdict } = await makeLife();
    let second = 0;
    await world.pass(seconds(3_600), () => {
      tick(); // stamped by the clock as it was, read after it was set
      if (++second % every === 0) world.stepWall(second % (2 * every) === 0 ? by : nanos(-by));
    });
    expect(verdict()).toMatchObject({ coverage: 1, availability: 1 });
    // Counted from the last one that contradicted what was known.
    expect(world.gateway().core().referenceSources.get(GPS.name)?.estimator?.measurements).toBeGreaterThan(3_000);
  });

  it('starts again after a sleep', async () => {
    const { world, tick, verdict } = await makeLife();
    await world.pass(seconds(100), tick);
    await world.suspend(seconds(500));
    await world.pass(seconds(100), tick);
    expect(verdict().coverage).toBe(1);
    expect(verdict().availability).toBeGreaterThan(0.97);
    expect(world.claim()).toBeDefined();
  });

  it('that lies is outvoted by servers', async () => {
    const servers = { a: makeServer(), b: makeServer(), c: makeServer() };
    const { world, tick, verdict } = await makeLife({ servers }, milliseconds(300));
    await world.pass(seconds(600), tick);
    // It was the first to speak; from the first reply of the servers on it has to convince a majority.
    expect(verdict().coverage).toBe(1);
    const sources = sourcesOf(world.gateway().core(), world.mono());
    expect(sources.map(({ state }) => state)).toEqual(['selected', 'selected', 'selected', 'falseticker']);
    expect(sources[3]).toMatchObject({ id: GPS.name, address: null, pollSeconds: 16, reach: '377' });
    expect(world.gateway().core().line!.server.stratum).toBe(2);
  });

  it('is recorded with all that it said, and comes out the same', async () => {
    const { lines, recorder } = recordInMemory();
    const { world, tick } = await makeLife({ recorder });
    await world.pass(seconds(100), tick);
    world.gateway().stop();
    const replay = replayAll(lines);
    expect(replay).toMatchObject({ ended: true, agreedAt: lines.length, measurements: { [GPS.name]: 99 } });
    expect(replay?.core).toStrictEqual(world.gateway().core());
  });

  it('that falls silent is said to be unreachable', async () => {
    const { world, tick } = await makeLife();
    await world.pass(seconds(60), tick);
    await world.pass(seconds(150));
    expect(sourcesOf(world.gateway().core(), world.mono())).toMatchObject([{ reach: '000', stratum: 0 }]);
  });
});

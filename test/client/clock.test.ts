import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { type Change, type Clock, openClock, type World } from '../../client/clock.ts';
import type { Reading } from '../../client/estimate.ts';
import { randomFrom } from '../support/dice.ts';
import { draws } from '../support/draws.ts';
import { anywhereIn, type Faults, virtualDevice } from './virtual-device.ts';

const HONEST: Faults = { drift: 50e-6, blur: 0.1, slow: 300_000, there: [10, 5], back: [12, 5], tell: anywhereIn(4) };

const opened = (faults: Partial<Faults> = {}, seed = 1) => {
  const device = virtualDevice(randomFrom(seed, 'device'), { ...HONEST, ...faults });
  const clock = openClock(device.world);
  const changes: Change[] = [];
  clock.onChange((change) => changes.push(change));
  const refusals = () => changes.flatMap((change) => (change.kind === 'refused' ? [change.reason] : []));
  return { device, clock, changes, refusals };
};

/** At this instant, and of both clocks. */
const expectTruth = (clock: Clock, device: ReturnType<typeof virtualDevice>): void => {
  const { earliest, time, latest } = clock.now();
  expect(earliest).toBeLessThanOrEqual(device.now());
  expect(latest).toBeGreaterThanOrEqual(device.now());
  expect(time).toBeGreaterThanOrEqual(earliest);
  expect(time).toBeLessThanOrEqual(latest);
};

const millis = (least: number, most: number) => fc.double({ min: least, max: most, noNaN: true });
const way = fc.tuple(millis(0, 300), millis(0, 2_000));
const event = fc.record({
  kind: fc.constantFrom('wait', 'sleep', 'set', 'fail', 'mend', 'refresh'),
  ms: millis(0, 200_000),
});

describe('the clock of a device', () => {
  it('holds true time whatever the network, the oscillator and the user do', async () => {
    const device = fc.record({
      drift: millis(-400e-6, 400e-6),
      blur: fc.constantFrom(0.001, 0.1, 1, 100),
      tellsSleep: fc.boolean(),
      slow: millis(-1e9, 1e9),
      there: way,
      back: way,
      tell: millis(0.002, 500).map(anywhereIn),
    });
    await fc.assert(
      fc.asyncProperty(device, fc.array(event, { maxLength: 12 }), fc.integer(), async (faults, events, seed) => {
        const { device, clock } = opened(faults, seed);
        const check = () => expectTruth(clock, device);
        await device.run(10_000, check);
        for (const { kind, ms } of events) {
          if (kind === 'sleep') device.sleep(ms + 1_000);
          if (kind === 'set') device.setWall((ms - 100_000) * 1_000);
          if (kind === 'fail') device.fail('unreachable');
          if (kind === 'mend') device.fail(undefined);
          if (kind === 'refresh') clock.refresh();
          check();
          if (kind === 'wait') await device.run(ms, check);
        }
        device.fail(undefined);
        clock.refresh();
        await device.run(10_000, check);
        expect(clock.now().latest).toBeLessThan(Number.POSITIVE_INFINITY);
        clock.close();
      }),
      { numRuns: draws(60) },
    );
  });

  it('knows the time one round trip after it asked', async () => {
    const { device, clock } = opened({ there: [10, 0], back: [12, 0] });
    expect(clock.now().latest).toBe(Number.POSITIVE_INFINITY);
    expect(clock.before(8e15)).toBe(false);
    await device.run(22.1);
    const { earliest, latest } = clock.now();
    expect(latest - earliest).toBeLessThan(22 + 4 + 1);
  });

  it('asks four times at the start, and seldom once that is done', async () => {
    const { device } = opened();
    await device.run(900);
    expect(device.asked()).toBe(4);
    await device.run(3_600_000);
    expect(device.asked()).toBeLessThan(4 + 8 + 3_600 / 64);
  });

  it.each([
    ['insert', 1],
    ['delete', -1],
  ] as const)('is right before and after a leap second (%s), however late its answers come', async (leap, seconds) => {
    const midnight = Date.UTC(2027, 0, 1);
    /** What the edge's own clocks count, which go through it as this device does. */
    const utc = (now: number): number => (now < midnight ? now : now - 1_000 * seconds);
    const isUncertain = (now: number): boolean => Math.abs(now - midnight) < 1_100; // such a second has no number
    await fc.assert(
      fc.asyncProperty(
        way,
        way,
        millis(0, 60_000),
        millis(0, 40_000),
        fc.integer(),
        async (there, back, until, before, seed) => {
          const tell = (now: number, luck: number) => {
            const told = anywhereIn(4)(utc(now), luck);
            if (now > midnight + until) return { ...told, leap: 'none' as const }; // it has exchanged since
            const soon = now > midnight - 2_500;
            const earliest = told.earliest - (soon && leap === 'insert' ? 1_000 : 0);
            return { ...told, leap, earliest, latest: told.latest + (soon && leap === 'delete' ? 1_000 : 0) };
          };
          const { device, clock } = opened({ there, back, tell, start: midnight - 50_000 - before }, seed);
          await device.run(200_000, () => {
            if (isUncertain(device.now())) return;
            const { earliest, latest } = clock.now();
            expect(earliest).toBeLessThanOrEqual(utc(device.now()));
            expect(latest).toBeGreaterThanOrEqual(utc(device.now()));
          });
          expect(clock.now().latest - clock.now().earliest).toBeLessThan(there[0] + there[1] + back[0] + back[1] + 300);
          clock.close();
        },
      ),
      { numRuns: draws(20) },
    );
  });

  it('asks more often at the start where that costs the edge little', async () => {
    const { device } = opened({ isLight: true });
    await device.run(2_000);
    expect(device.asked()).toBe(16);
    await device.run(1_500);
    expect(device.asked()).toBe(20);
  });

  it.each([false, true])('learns how fast its own clock runs (over a WebSocket: %s)', async (isLight) => {
    const errors: number[] = [];
    for (let seed = 1; seed <= 5; seed++) {
      const { device, clock } = opened({ drift: -60e-6, there: [8, 20], back: [8, 20], isLight }, seed);
      await device.run(1_800_000);
      errors.push(Math.abs(clock.now().time - device.now()));
      clock.close();
    }
    expect(errors.sort((a, b) => a - b)[2]).toBeLessThan(1.5);
  });

  it('is nearer to the truth than its interval says, and says how far off the wall clock is', async () => {
    const { device, clock } = opened({ there: [10, 20], back: [10, 20], tell: anywhereIn(0.1) });
    await device.run(2_000);
    expect(Math.abs(clock.now().time - device.now())).toBeLessThan(1);
    const skew = clock.skew;
    expect(skew?.earliest).toBeLessThanOrEqual(300_000);
    expect(skew?.latest).toBeGreaterThanOrEqual(300_000);
    expect(Math.abs((skew?.offset ?? 0) - 300_000)).toBeLessThan(1.5);
  });

  it.each([
    ['slept', (device: ReturnType<typeof virtualDevice>) => device.sleep(60_000)],
    ['was set back', (device: ReturnType<typeof virtualDevice>) => device.setWall(-60_000)],
    ['was set ahead', (device: ReturnType<typeof virtualDevice>) => device.setWall(60_000)],
  ])('bounds nothing when the host %s, and asks at once', async (_what, happen) => {
    const { device, clock, changes } = opened();
    await device.run(600_000);
    const asked = device.asked();
    happen(device);
    expect(clock.now().latest).toBe(Number.POSITIVE_INFINITY);
    expect(changes.at(-1)).toEqual({ kind: 'jumped' });
    expect(clock.skew).toBeUndefined();
    await device.run(100);
    expectTruth(clock, device);
    expect(clock.now().latest).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(device.asked()).toBeGreaterThan(asked);
  });

  it('holds true time also where nothing of a page ran for an hour, and the host slept for some of it', async () => {
    const upTo = (max: number) => fc.integer({ min: 0, max });
    await fc.assert(
      fc.asyncProperty(upTo(3_600), upTo(2_000), upTo(400), async (seconds, partPpm, ppm) => {
        const { device, clock } = opened({ drift: (ppm - 200) / 1e6, there: [10, 0], back: [10, 0] });
        await device.run(100_000);
        device.freeze(1_000 * seconds);
        const slept = (seconds * partPpm) / 1e3;
        device.sleep(slept < 100 ? 0 : slept); // shorter ones there are none
        expectTruth(clock, device);
        clock.close();
      }),
      { numRuns: draws(100) },
    );
  });

  it('takes nothing from an answer through which the host slept', async () => {
    const { device, clock } = opened({ there: [200, 0], back: [200, 0] });
    await device.run(100);
    device.sleep(60_000);
    await device.run(310);
    expect(clock.now().latest).toBe(Number.POSITIVE_INFINITY);
    await device.run(500);
    expectTruth(clock, device);
    expect(clock.now().latest).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('says why it got no answer, widens meanwhile, and recovers by itself', async () => {
    const { device, clock, refusals } = opened();
    await device.run(60_000);
    const { earliest, latest } = clock.now();
    device.fail('not-an-edge');
    await device.run(600_000, () => expectTruth(clock, device));
    expect(new Set(refusals())).toEqual(new Set(['not-an-edge']));
    const wider = clock.now();
    expect(wider.latest - wider.earliest).toBeGreaterThan(latest - earliest + 500);
    device.fail(undefined);
    await device.run(65_000);
    expect(clock.now().latest - clock.now().earliest).toBeLessThan(100);
  });

  describe('where answers contradict each other', () => {
    const width = ({ earliest, latest }: Reading): number => latest - earliest;
    /** From the first contradiction on. */
    const expectTruthSince = async ({ device, clock, refusals }: ReturnType<typeof opened>, ms: number) => {
      await device.run(ms, () => void (refusals().length > 0 && expectTruth(clock, device)));
      expect(new Set(refusals())).toEqual(new Set(['contradiction']));
      expect(width(clock.now())).toBeLessThan(100);
    };

    it('holds true time while the clocks that it counts by are slewed, and after that', async () => {
      const rate = fc.integer({ min: 20, max: 83 }).chain((permille) => fc.constantFrom(permille, -permille));
      await fc.assert(
        fc.asyncProperty(rate, fc.integer({ min: 1_000, max: 30_000 }), fc.integer(), async (permille, ms, seed) => {
          const one = opened({ there: [5, 30], back: [5, 30] }, seed);
          const { device, clock, refusals } = one;
          await device.run(100_000);
          clock.refresh();
          device.slew(permille / 1_000);
          await device.run(ms, () => void (refusals().length > 0 && expectTruth(clock, device)));
          device.slew(0);
          await device.run(100_000, () => void (refusals().length > 0 && expectTruth(clock, device)));
          clock.close();
        }),
        { numRuns: draws(20) },
      );
    });

    it('is as sure as before soon after the clocks were slewed', async () => {
      const one = opened({ there: [5, 5], back: [5, 5] });
      await one.device.run(100_000);
      one.device.slew(0.08);
      await one.device.run(10_000);
      one.device.slew(0);
      await expectTruthSince(one, 60_000);
    });

    it.each([3_000, -3_000, 60_000])('believes neither one that lies by %d ms nor what was before', async (lie) => {
      let liesAt = Number.POSITIVE_INFINITY;
      let lies = 0;
      const tell = (now: number, luck: number) => {
        const isLie = now > liesAt && lies++ === 0;
        return anywhereIn(4)(isLie ? now + lie : now, luck);
      };
      const one = opened({ there: [5, 5], back: [5, 5], tell });
      await one.device.run(100_000);
      liesAt = one.device.now();
      await expectTruthSince(one, 100_000);
      expect(lies).toBeGreaterThan(1);
    });

    it('keeps no floor that other answers contradict', async () => {
      let lie = 0;
      const device = virtualDevice(randomFrom(1, 'device'), {
        ...HONEST,
        tell: (now, luck) => anywhereIn(4)(now + lie, luck),
      });
      const saved: number[] = [];
      const floor = { load: () => 0, save: (unixMs: number) => void saved.push(unixMs) };
      const clock = openClock({ ...device.world, floor, keys: async () => ok(new Map([['key', {} as never]])) });
      await device.run(10_000);
      lie = 3_600_000;
      clock.refresh();
      await device.run(25);
      lie = 0;
      await device.run(100_000);
      expect(saved.length).toBeGreaterThan(3);
      for (const unixMs of saved) expect(unixMs).toBeLessThan(device.now());
    });

    it('holds true time after its host was stopped, which no clock of it shows', async () => {
      const one = opened({ there: [5, 5], back: [5, 5], tellsSleep: true });
      await one.device.run(100_000);
      one.device.pause(2_000);
      await expectTruthSince(one, 100_000);
    });
  });

  it('is not made surer by an edge that has its time from no source', async () => {
    let isSynchronized = true;
    const { device, clock } = opened({
      there: [10, 0],
      back: [10, 0],
      // The host's clock behind such an edge is a little fast, and it believes that it is right.
      tell: (now) => {
        const earliest = isSynchronized ? now - 2 : now + 15;
        return { earliest, time: earliest + 2, latest: earliest + 4, isSynchronized };
      },
    });
    await device.run(60_000);
    expect(clock.after(device.now() - 1_000)).toBe(true);
    isSynchronized = false;
    await device.run(70_000);
    expect(clock.isSynchronized).toBe(false);
    expect([clock.after(device.now() - 1_000), clock.before(device.now() + 1_000)]).toEqual([false, false]);
    isSynchronized = true;
    clock.refresh();
    await device.run(5_000, () => {
      if (clock.isSynchronized) expectTruth(clock, device);
    });
    expect(clock.isSynchronized).toBe(true);
  });

  it('leaves an edge alone for a minute that has had enough of it', async () => {
    const { device } = opened();
    device.fail('too-many-requests');
    await device.run(60_000);
    expect(device.asked()).toBe(1);
  });

  it('leaves it alone also while a time daemon slews the clock by 8 %, and every answer is spoilt', async () => {
    const device = virtualDevice(randomFrom(1, 'device'), { ...HONEST, there: [150, 0], back: [150, 0] });
    const began = device.now();
    const look = () => {
      const { from, wall, to } = device.world.look();
      return { from, wall: wall + 0.08 * (device.now() - began), to };
    };
    openClock({ ...device.world, look });
    await device.run(60_000);
    expect(device.asked()).toBeLessThan(60_000 / 350 + 1);
    const asked = device.asked();
    device.fail('too-many-requests');
    await device.run(60_000);
    expect(device.asked()).toBeLessThanOrEqual(asked + 2);
  });

  it('knows the time all along where the host counts its sleeps, while its wall clock is slewed by 8 %', async () => {
    const device = virtualDevice(randomFrom(1, 'device'), { ...HONEST, tellsSleep: true });
    const began = device.now();
    let looks = 0;
    const look = () => {
      const { wall, slept, ...others } = device.world.look();
      const late = ++looks % 7 === 0 ? 5 : 0; // another program had the processor between the two readings
      return { ...others, wall: wall + 0.08 * (device.now() - began), slept: slept! - late };
    };
    const clock = openClock({ ...device.world, look });
    const changes: Change[] = [];
    clock.onChange((change) => changes.push(change));
    await device.run(5_000);
    await device.run(120_000, () => {
      expectTruth(clock, device);
      expect(clock.now().latest - clock.now().earliest).toBeLessThan(100);
      const slow = HONEST.slow - 0.08 * (device.now() - began);
      const { earliest, latest } = clock.skew!;
      expect(earliest).toBeLessThanOrEqual(slow);
      expect(latest).toBeGreaterThanOrEqual(slow);
    });
    expect(changes.filter(({ kind }) => kind !== 'exchanged')).toEqual([]);
  });

  type Device = ReturnType<typeof virtualDevice>;
  it.each([
    ['slept', (device: Device) => device.sleep(2_000)],
    ['was set', (device: Device) => device.setWall(2_000)],
    [
      'was stopped by its own host, and set after that',
      (device: Device) => {
        device.pause(2_000);
        device.setWall(2_000);
      },
    ],
  ])('bounds nothing when a host that counts its sleeps %s', async (_what, happen) => {
    const { device, clock } = opened({ tellsSleep: true });
    await device.run(30_000);
    happen(device);
    expect(clock.now().latest).toBe(Number.POSITIVE_INFINITY);
    await device.run(200);
    expectTruth(clock, device);
    expect(clock.now().latest).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('goes on where a listener fails, or what is to keep the floor', async () => {
    const reports: unknown[] = [];
    const report = (error: unknown) => reports.push(error);
    const others = process.rawListeners('unhandledRejection') as NodeJS.UnhandledRejectionListener[];
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', report);
    const device = virtualDevice(randomFrom(1, 'device'), HONEST);
    const fault = new Error('of the page');
    const floor = {
      load: () => 0,
      save: () => {
        throw fault;
      },
    };
    const keys = async () => ok(new Map([['key', {} as never]]));
    const clock = openClock({ ...device.world, floor, keys });
    const changes: Change[] = [];
    clock.onChange((change) => changes.push(change));
    clock.onChange(() => {
      throw fault;
    });
    await device.run(200_000);
    expect(changes.length).toBeGreaterThan(1);
    await new Promise(setImmediate);
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
    expect(new Set(reports)).toEqual(new Set([fault]));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('begins without a floor where %d was kept', async (kept) => {
    const device = virtualDevice(randomFrom(1, 'device'), HONEST);
    const floors: number[] = [];
    const exchange: World['exchange'] = (asked, signal) => {
      floors.push(asked.floor);
      return device.world.exchange(asked, signal);
    };
    openClock({ ...device.world, exchange, floor: { load: () => kept, save: () => {} } });
    await device.run(100);
    expect(floors).toContain(0);
  });

  it('asks for the key again where the gateway vouches by it no longer', async () => {
    const device = virtualDevice(randomFrom(1, 'device'), HONEST);
    let fetched = 0;
    const keys = async () => ok(new Map([[`key ${fetched++}`, {} as never]]));
    openClock({ ...device.world, keys });
    await device.run(2_000);
    expect(fetched).toBe(1);
    device.fail('unknown-key');
    await device.run(10_000);
    device.fail(undefined);
    const before = fetched;
    expect(before).toBeGreaterThan(1);
    await device.run(100_000);
    expect(fetched).toBeLessThanOrEqual(before + 1);
  });

  it('knows nothing any more once the pinned key was given up, which it also learns where the edge has no time', async () => {
    const device = virtualDevice(randomFrom(1, 'device'), HONEST);
    let isRevoked = false;
    const keys = async () => (isRevoked ? refuse('revoked') : ok(new Map([['key', {} as never]])));
    const clock = openClock({ ...device.world, keys });
    await device.run(2_000);
    expectTruth(clock, device);
    expect(clock.after(device.now() - 10_000)).toBe(true);
    isRevoked = true;
    device.fail('no-time');
    await device.run(200_000);
    expect(clock.now().latest).toBe(Number.POSITIVE_INFINITY);
    expect([clock.skew, clock.verified, clock.isSynchronized]).toEqual([undefined, undefined, false]);
    expect(clock.after(device.now() - 10_000)).toBe(false);
  });

  it('ends what waits when it is closed', async () => {
    const { device, clock } = opened();
    await device.run(1_000);
    const waiting = expect(clock.waitUntil(device.now() + 5_000)).rejects.toThrow('closed');
    clock.close();
    await waiting;
    await expect(clock.waitUntil(0)).rejects.toThrow('closed');
    await expect(clock.waitUntil(Number.NaN)).rejects.toThrow(RangeError);
    expect(device.timers()).toBe(0);
  });

  it('is certain of before and after only outside of the interval, and waits until then', async () => {
    const { device, clock } = opened();
    await device.run(1_000);
    const { earliest, latest } = clock.now();
    expect([clock.after(earliest - 0.01), clock.after(earliest + 0.01)]).toEqual([true, false]);
    expect([clock.before(latest + 0.01), clock.before(latest - 0.01)]).toEqual([true, false]);

    const moment = device.now() + 5_000;
    let came = 0;
    void clock.waitUntil(moment).then(() => {
      came = device.now();
    });
    await device.run(6_000);
    expect(came).toBeGreaterThan(moment);
    expect(came).toBeLessThan(moment + 40);
    const given = AbortSignal.abort(new Error('enough'));
    await expect(clock.waitUntil(moment + 1e6, given)).rejects.toThrow('enough');
  });

  it('never runs back, even where the guess does', async () => {
    const { device, clock } = opened({ there: [5, 400], back: [5, 100], drift: 300e-6 });
    await device.run(1_000);
    let last = clock.monotonic();
    await device.run(600_000, () => {
      const next = clock.monotonic();
      expect(next).toBeGreaterThanOrEqual(last);
      last = next;
    });
    expect(Math.abs(last - device.now())).toBeLessThan(400);
  });
});

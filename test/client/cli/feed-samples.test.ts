import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unixNanos } from '#contract/time.ts';
import { chronyLine } from '../../../client/cli/feed/chrony-line.ts';
import { type Fed, feedSamples } from '../../../client/cli/feed/feed-samples.ts';
import { encodeSockSample } from '../../../client/cli/feed/sock-sample.ts';
import { openClock, type World } from '../../../client/clock.ts';
import { decodeSockSample } from '../../../ntp-gateway/wire/sock-sample.ts';
import { sockSample } from '../../support/clock-samples.ts';
import { randomFrom } from '../../support/dice.ts';
import { draws } from '../../support/draws.ts';
import { anywhereIn, type Faults, virtualDevice } from '../virtual-device.ts';

describe('a SOCK sample', () => {
  it('is laid out as NTPsec’s driver has it', () => {
    const theirs = sockSample({ seconds: 1_796_040_000n, microseconds: 123_456n, offset: -0.25, leap: 1 });
    theirs.fill(0, 32, 36); // padding
    const wall = unixNanos(1_796_040_000_123_456_789n);
    expect(encodeSockSample(wall, -0.25, 'insert')).toEqual(theirs);
  });

  it.each(['none', 'insert', 'delete'] as const)('tells the gateway’s own reader of a leap second: %s', (leap) => {
    const read = decodeSockSample(encodeSockSample(unixNanos(1_796_040_000_000_000_000n), 1.5, leap));
    expect(read).toMatchObject({ ok: true, value: { time: 1_796_040_001_500_000_000n, leap } });
  });
});

const HONEST: Faults = { drift: 50e-6, blur: 0.001, slow: 2_500, there: [10, 5], back: [12, 5], tell: anywhereIn(4) };

const fed = (faults: Partial<Faults> = {}, seed = 1, alter: (world: World) => World = (world) => world) => {
  const device = virtualDevice(randomFrom(seed, 'device'), { ...HONEST, ...faults });
  const clock = openClock(alter(device.world));
  /** How far what was sent is from the truth, and by how much it may be. */
  const samples: { readonly error: number; readonly boundMs: number }[] = [];
  const told: Fed[] = [];
  let fault: string | undefined;
  let sent: Uint8Array = new Uint8Array();
  feedSamples(
    {
      clock,
      wall: () => unixNanos(BigInt(Math.round(device.wall() * 1e6))),
      send: (datagram) => {
        if (fault) throw Object.assign(new Error('no'), { code: fault });
        sent = datagram;
      },
    },
    (one) => {
      told.push(one);
      if (one.fault) return;
      const read = decodeSockSample(sent);
      if (!read.ok) throw new Error(read.reason);
      samples.push({ error: Number(read.value.time) / 1e6 - device.now(), boundMs: one.boundMs });
    },
  );
  const fail = (code: string | undefined): void => {
    fault = code;
  };
  return { device, clock, samples, told, fail };
};

describe('what is fed to a time daemon', () => {
  it('is one sample for each exchange, of the guess', async () => {
    const { device, samples, told } = fed();
    await device.run(600_000);
    expect(samples).toHaveLength(device.asked());
    expect(Math.max(...samples.map(({ error }) => Math.abs(error)))).toBeLessThan(10);
    expect(told.every(({ offsetMs }) => Math.abs(offsetMs - 2_500) < 20)).toBe(true);
  });

  it('says what the daemon did not take, and goes on', async () => {
    const { device, told, fail } = fed();
    fail('ENOENT');
    await device.run(3_000);
    fail(undefined);
    await device.run(10_000);
    expect(told.map(({ fault }) => fault)).toEqual(expect.arrayContaining(['ENOENT', undefined]));
    expect(told.at(-1)?.fault).toBeUndefined();
  });

  it('is nothing where the time comes from no source', async () => {
    const { device, told } = fed({}, 1, (world) => ({
      ...world,
      exchange: async (asked, signal) => {
        const got = await world.exchange(asked, signal);
        return got.ok ? { ...got, value: { ...got.value, told: { ...got.value.told, isSynchronized: false } } } : got;
      },
    }));
    await device.run(60_000);
    expect(told).toEqual([]);
  });

  it('is nothing from just before a leap second until an answer no longer announces it', async () => {
    const midnight = Date.UTC(2027, 0, 1);
    const told = (now: number) => ({ leap: now < midnight + 90_000 ? ('insert' as const) : ('none' as const) });
    const at: number[] = [];
    const tell = (now: number) => ({ ...anywhereIn(4)(now, 0.5), ...told(now) });
    const { device, told: samples } = fed({ start: midnight - 30_000, tell });
    await device.run(300_000, () => {
      for (let i = at.length; i < samples.length; i++) at.push(device.now() - midnight);
    });
    expect(at.filter((ms) => ms < -2_000).length).toBeGreaterThan(4);
    expect(at.filter((ms) => -1_900 < ms && ms < 90_000)).toEqual([]);
    expect(at.filter((ms) => ms > 90_000).length).toBeGreaterThan(0);
  });

  it('is within its bound, also when the daemon steps the clock and slews it', async () => {
    const millis = (least: number, most: number) => fc.double({ min: least, max: most, noNaN: true });
    const event = fc.record({ kind: fc.constantFrom('set', 'slew', 'sleep', 'wait'), ms: millis(0, 60_000) });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 8 }), fc.integer(), async (events, seed) => {
        const { device, samples } = fed({}, seed);
        await device.run(5_000);
        for (const { kind, ms } of events) {
          if (kind === 'set') device.setWall(ms - 30_000);
          if (kind === 'sleep') device.sleep(ms + 1_000);
          // By 8 %, as chronyd does where it has far to go. The oscillator takes no part in that.
          for (let slewed = 0; kind === 'slew' && slewed < ms; slewed += 10) {
            device.setWall(0.8);
            await device.run(10);
          }
          if (kind === 'wait') await device.run(ms);
        }
        await device.run(10_000);
        expect(samples.length).toBeGreaterThan(4);
        for (const { error, boundMs } of samples) expect(Math.abs(error)).toBeLessThanOrEqual(boundMs + 0.001);
      }),
      { numRuns: draws(30) },
    );
  });
});

describe('the line for chrony.conf', () => {
  it.each([
    [10, '0.02'],
    [12.345, '0.025'],
    [0.5, '0.001'],
    [1_234, '2.5'],
  ])('allows for ± %s ms', (boundMs, delay) => {
    expect(chronyLine('/run/n.sock', boundMs)).toBe(
      `refclock SOCK /run/n.sock refid NOON poll 4 filter 1 precision 1e-3 delay ${delay}`,
    );
  });
});

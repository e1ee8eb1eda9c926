/** The host's clock led to ours, under the real core: whatever happens to it, the interval holds true time as it always does. */
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { after, between, milliseconds, type Nanos, nanos, seconds, type UnixNanos, unixNanos } from '#contract/time.ts';
import type { ReferenceClockConfig, SystemClockConfig } from '../../ntp-gateway/config.ts';
import { FASTEST_SLEW } from '../../ntp-gateway/discipline/clock.ts';
import { LONGEST_SILENCE } from '../../ntp-gateway/discipline/clock-owner.ts';
import { LIMIT, rateOf, STA_INS, STA_UNSYNC, settingFor, writable } from '../../ntp-gateway/discipline/kernel-clock.ts';
import { sockSampleAt } from '../support/clock-samples.ts';
import type { KernelClockModel } from './kernel-clock.ts';
import { before, leaping, listOf, MIDNIGHT, makeLeaping, telling } from './leap.ts';
import { makeServer } from './server.ts';
import { makeSteeredHost, watchHost } from './steered-host.ts';
import { START } from './world.ts';

/** As chronyd leaves it: another's frequency, and an error that is not the kernel's own. */
const ANOTHER = { freq: 1_234_567, status: 0, maxError: 30_000, estError: 200 };
const MINUTE = seconds(60);
const HOUR = seconds(3_600);

describe('the host’s clock', () => {
  const rows: readonly (readonly [SystemClockConfig, Nanos, number])[] = [
    ['slew', milliseconds(-10), 4e-4],
    ['slew', seconds(3), -4e-4],
    ['slew', seconds(-3), 4e-4],
    ['step-and-slew', milliseconds(10), -4e-4],
    ['step-and-slew', seconds(3), 4e-4],
    ['step-and-slew', HOUR, 4e-4],
    ['step-and-slew', nanos(-HOUR), -4e-4],
    ['step-and-slew', between(START, unixNanos(0n)), 4e-4], // no clock but the kernel's, which begins in 1970
  ];
  it.each(rows)('%s: from %d ns off, on an oscillator that is slow by %f', async (mode, off, drift) => {
    const host = await makeSteeredHost({ mode, off, drift });
    const { world, kernel } = host;
    const seen = watchHost(host);
    await world.pass(seconds(900), seen.look);
    const steps = mode === 'step-and-slew' && Math.abs(off) > 1e9 ? 1 : 0;
    expect(kernel.steps.length).toBe(steps);
    expect(Math.max(...kernel.rates.map(Math.abs))).toBeLessThanOrEqual(FASTEST_SLEW + 1e-9);
    seen.expectLed(300);
    expect(host.state()).toMatchObject({ word: 'tracking' });
    expect(writable(kernel.read().status)).toBe(0);
    expect(world.gateway().core()).toMatchObject({ epoch: 1, jumps: steps === 0 ? {} : { 'wall-set': 1 } });
    expect(world.logged.filter((line) => line.includes('system clock was stepped')).length).toBe(steps);
  });

  it('without sources runs on at the rate that was learnt, and what the kernel says of its error stays true', async () => {
    const gone = after(START, seconds(1_200));
    const server = makeServer({ isUp: (now) => now < gone });
    const host = await makeSteeredHost({ servers: { a: server }, drift: 1e-4 });
    const { world, kernel } = host;
    await world.pass(seconds(1_800), watchHost(host).look);
    let worst = 0;
    await world.pass(HOUR, () => {
      const error = Math.abs(between(world.now(), kernel.wall()));
      expect(kernel.read().maxError * 1e3).toBeGreaterThanOrEqual(error);
      worst = Math.max(worst, error);
    });
    expect(worst).toBeLessThan(20e6); // of 360 ms by the oscillator alone
    expect(rateOf(kernel.read())).toBeCloseTo(kernel.kept()!.base, 8);
  });

  it('is said to be unsynchronized at once where sources contradict each other, and is slewed no more', async () => {
    const turns = after(START, seconds(600));
    const lying = makeServer({ error: (now) => seconds(now < turns ? 0 : 2) });
    const host = await makeSteeredHost({ servers: { a: makeServer(), b: lying }, off: milliseconds(10) });
    await host.world.pass(seconds(590));
    expect(host.kernel.read().status & STA_UNSYNC).toBe(0);
    await host.world.pass(seconds(1_500));
    expect(host.world.claim()).toBeUndefined();
    expect(host.kernel.read()).toMatchObject({ status: STA_UNSYNC, maxError: LIMIT });
    expect(host.state().word).toBe('unsynchronized');
    expect(rateOf(host.kernel.read())).toBeCloseTo(host.kernel.kept()!.base, 8);
  });

  it('is left to another daemon within a second, and taken up once nobody tends it', async () => {
    const host = await makeSteeredHost({ drift: -5e-5 });
    const { world, kernel, state } = host;
    const seen = watchHost(host);
    await world.pass(seconds(600), seen.look);
    expect(state().word).toBe('tracking');
    const writes = kernel.rates.length;
    for (let i = 0; i < 2; i++) {
      kernel.put({ ...ANOTHER, freq: ANOTHER.freq + i });
      await world.pass(seconds(1), seen.look);
      expect(state()).toMatchObject({ word: 'owned-by-another', detail: expect.stringContaining('freq 1234567 for') });
      await world.pass(seconds(2_047), seen.look);
    }
    await world.pass(nanos(LONGEST_SILENCE - 2_100e9), seen.look);
    expect([state().word, kernel.rates.length]).toEqual(['owned-by-another', writes]);
    expect(kernel.read()).toMatchObject({ freq: ANOTHER.freq + 1, estError: ANOTHER.estError });
    await world.pass(seconds(900), seen.look);
    expect([state().word, kernel.takeOvers()]).toEqual(['tracking', 2]);
    seen.expectLed(300);
    expect(
      world.logged.filter((line) => line.startsWith('system clock:')).map((line) => line.split(/[:,] /)[1]),
    ).toEqual(['unsynchronized', 'tracking', 'owned-by-another', 'slewing', 'tracking']);
  });

  it('is not taken from a daemon that was there before', async () => {
    const host = await makeSteeredHost({ off: seconds(3), prepare: (kernel) => kernel.put(ANOTHER) });
    await host.world.pass(seconds(1_024));
    host.kernel.put({ estError: 300 }); // a poll of 1024 s
    await host.world.pass(nanos(LONGEST_SILENCE - 2e9));
    expect(host.state().word).toBe('owned-by-another');
    expect([host.kernel.rates, host.kernel.takeOvers()]).toEqual([[], 0]);
    await host.world.pass(seconds(900));
    expect([host.state().word, host.kernel.takeOvers()]).toEqual(['tracking', 1]);
  });

  it('is known by its own hand after a kill, and a slew that was left running ends before anything is known', async () => {
    const left = { ...settingFor(0.08 + 3e-5), status: 0, maxError: 2_000_000, estError: 900, base: 3e-5 };
    const back = after(START, MINUTE);
    const host = await makeSteeredHost({
      servers: { a: makeServer({ isUp: (now) => now > back }) },
      prepare: (kernel) => {
        kernel.put(left);
        kernel.open().value.keep(left);
      },
    });
    await host.world.pass(seconds(2));
    expect(rateOf(host.kernel.read())).toBeCloseTo(3e-5, 9);
    expect(host.state().word).toBe('unsynchronized');
    await host.world.pass(seconds(900));
    expect([host.state().word, host.kernel.takeOvers()]).toEqual(['tracking', 0]);
  });

  it('is let go of without a slew, and found again by the next start', async () => {
    const host = await makeSteeredHost({ off: seconds(3) });
    await host.world.pass(seconds(20));
    expect(host.state().word).toBe('slewing');
    host.world.gateway().stop();
    expect(Math.abs(rateOf(host.kernel.read()))).toBeLessThan(5e-4);
    await host.world.pass(nanos(2 * HOUR));
    await host.world.restart();
    await host.world.pass(seconds(600));
    expect([host.state().word, host.kernel.takeOvers()]).toEqual(['tracking', 1]);
  });

  it.each(['insert', 'delete'] as const)('goes through a leap second by the kernel: %s', async (leap) => {
    const error = leaping(leap);
    const server = () => makeLeaping(error, 'none');
    const host = await makeSteeredHost({
      servers: { a: server(), b: server(), c: server() },
      off: milliseconds(1),
      world: { start: before(seconds(900)), leapFile: telling(listOf(leap)) },
    });
    const { world, kernel } = host;
    const seen = watchHost(host, error);
    await world.pass(seconds(890), seen.look);
    expect(kernel.read()).toMatchObject({ status: leap === 'insert' ? STA_INS : STA_INS << 1, tai: 37 });
    await world.pass(seconds(8), seen.look);
    await world.pass(seconds(4)); // it leaps by its own midnight
    const quiet = seen.looks.length;
    await world.pass(seconds(900), seen.look);
    expect(Math.max(...seen.looks.slice(quiet - 400).map(({ host }) => host))).toBeLessThan(5e6);
    expect(kernel.read()).toMatchObject({ status: 0, tai: leap === 'insert' ? 38 : 36 });
    expect(kernel.steps).toEqual([]);
    expect(Math.max(...kernel.rates.map(Math.abs))).toBeLessThan(5e-4);
    expect(world.now() > MIDNIGHT).toBe(true);
  });

  it('does not leap where somebody set it on that day, as the kernel then forgets: it is set right after', async () => {
    const error = leaping('insert');
    const server = () => makeLeaping(error, 'none');
    const host = await makeSteeredHost({
      mode: 'step-and-slew',
      servers: { a: server(), b: server(), c: server() },
      world: { start: before(seconds(900)), leapFile: telling(listOf('insert')) },
    });
    const { world, kernel } = host;
    const seen = watchHost(host, error); // what the kernel tells is true all the while
    await world.pass(seconds(400), seen.look);
    kernel.put({ step: milliseconds(5) });
    await world.pass(seconds(498), seen.look);
    await world.pass(seconds(4));
    await world.pass(seconds(900), seen.look);
    expect(kernel.steps.map((step) => Math.round(step / 1e9))).toEqual([-1]);
    expect(kernel.read().tai).toBe(38);
    seen.expectLed(300);
  });

  it('of a guest that was suspended is said to be unsynchronized until sources were asked again', async () => {
    const wakes = after(START, nanos(600e9 + HOUR));
    const server = makeServer({ isUp: (now) => now < wakes || now > after(wakes, MINUTE) });
    const host = await makeSteeredHost({ mode: 'step-and-slew', servers: { a: server } });
    const { world, kernel } = host;
    const seen = watchHost(host);
    await world.pass(seconds(600), seen.look);
    await world.suspend(HOUR);
    await world.pass(seconds(1)); // nobody but us tells the kernel, where its clock went on by itself
    expect(kernel.read()).toMatchObject({ status: STA_UNSYNC, maxError: LIMIT });
    await world.pass(seconds(900), seen.look);
    expect([host.state().word, kernel.takeOvers(), kernel.steps]).toEqual(['tracking', 1, []]);
    seen.expectLed(200);
  });

  it('of a guest that stood still with all its clocks is stepped once exchanges tell', async () => {
    const host = await makeSteeredHost({ mode: 'step-and-slew' });
    const { world, kernel } = host;
    await world.pass(seconds(600), watchHost(host).look);
    await world.migrate(HOUR);
    await world.pass(seconds(1_200));
    const seen = watchHost(host);
    await world.pass(seconds(600), seen.look);
    expect(kernel.steps.length).toBe(1);
    seen.expectLed(300);
  });

  it('is set back by nobody in `slew`, whoever sets it', async () => {
    const host = await makeSteeredHost();
    const { world, kernel } = host;
    await world.pass(seconds(600), watchHost(host).look);
    kernel.put({ step: seconds(-5) });
    const seen = watchHost(host);
    await world.pass(seconds(1), seen.look);
    expect(host.state().word).toBe('slewing');
    await world.pass(seconds(600), seen.look);
    expect(kernel.steps).toEqual([]);
    seen.expectLed(300);
  });

  it('a step that the kernel says it took and did not is not tried each second', async () => {
    const host = await makeSteeredHost({ mode: 'step-and-slew', off: seconds(60) });
    const { put } = host.kernel;
    await host.world.pass(seconds(10));
    expect(host.kernel.steps.length).toBe(1);
    for (let i = 0; i < 20; i++) {
      put({ step: seconds(60) });
      await host.world.pass(seconds(6));
    }
    expect(host.kernel.steps.length).toBe(3);
  });

  it.each([
    ['not-permitted', (kernel) => kernel.answerBy(() => refuse('not-permitted', 'CAP_SYS_TIME'))],
    ['failed', (kernel) => kernel.answerBy(() => refuse('failed', 'EINVAL'))],
    ['failed', (kernel) => kernel.limitFreq(0)],
  ] as readonly [string, (kernel: KernelClockModel) => void][])(
    'a kernel that does not do it (%s): said once, time is told all the same, and it is tried again',
    async (word, prepare) => {
      const host = await makeSteeredHost({ prepare });
      const seen = watchHost(host);
      await host.world.pass(seconds(300), seen.look);
      expect(host.state()).toMatchObject({ word });
      expect(seen.looks.length).toBeGreaterThan(290);
      expect(host.world.logged.filter((line) => line.startsWith(`system clock: ${word}`)).length).toBe(1);
      host.kernel.answerBy(ok);
      host.kernel.limitFreq();
      await host.world.pass(seconds(120), seen.look);
      expect(host.state().word).toBe('tracking');
    },
  );

  it('is no guide to itself: [local] alone steers nothing', async () => {
    const fallback = { stratum: 10, uncertainty: seconds(1) };
    const host = await makeSteeredHost({ servers: {}, world: { config: { fallback } } });
    await host.world.pass(seconds(600));
    expect(host.world.claim()).toBeDefined();
    expect([host.state().word, host.kernel.rates, host.kernel.takeOvers()]).toEqual(['unsynchronized', [], 0]);
  });

  it('may be what a reference clock’s samples go by, also while it is slewed as fast as may be', async () => {
    const gps: ReferenceClockConfig = {
      name: '/run/gps.sock',
      driver: 'sock',
      path: '/run/gps.sock',
      referenceId: 0x47505300,
      uncertainty: milliseconds(1),
      offset: nanos(0),
    };
    let wall = (): UnixNanos => START;
    const host = await makeSteeredHost({
      servers: {},
      off: seconds(-3),
      prepare: (kernel) => {
        wall = kernel.wall;
      },
      world: {
        config: { referenceClocks: [gps] },
        referenceClocks: {
          [gps.name]: (now) => [sockSampleAt(wall(), between(wall(), now) / 1e9)],
        },
      },
    });
    const seen = watchHost(host);
    await host.world.pass(seconds(900), seen.look);
    expect(Math.max(...host.kernel.rates)).toBeGreaterThan(0.08);
    expect(host.state().word).toBe('tracking');
    seen.expectLed(300);
  });
});

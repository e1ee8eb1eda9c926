import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Moment } from '../../../client/cli/at/moment.ts';
import { type Saying, startAt } from '../../../client/cli/at/start-at.ts';
import { openClock, type World } from '../../../client/clock.ts';
import { randomFrom } from '../../support/dice.ts';
import { draws } from '../../support/draws.ts';
import { anywhereIn, type Faults, virtualDevice } from '../virtual-device.ts';

const HONEST: Faults = { drift: 50e-6, blur: 0.001, slow: 0, there: [10, 5], back: [12, 5], tell: anywhereIn(4) };

const prepared = async (faults: Partial<Faults> = {}, seed = 1, alter: (world: World) => World = (world) => world) => {
  const device = virtualDevice(randomFrom(seed, 'device'), { ...HONEST, ...faults });
  const clock = openClock(alter(device.world));
  await device.run(5_000);
  const said: Saying[] = [];
  const texts: string[] = [];
  let ran: number | undefined;
  let left = () => Number.NaN;
  const start = (moment: Moment) =>
    startAt(moment, {
      edge: { clock, close: clock.close },
      run: () => {
        ran = device.now();
        return { isStarted: true, ended: Promise.resolve(7) };
      },
      say: (saying, text) => {
        said.push(saying);
        texts.push(text);
      },
      show: (until, work) => {
        left = until;
        return work;
      },
      random: () => 0.5,
    });
  return { device, clock, start, said, texts, ran: () => ran, left: () => left() };
};
const eventsOf = (said: readonly Saying[]) => said.map(({ event }) => event);

describe('noonmark at', () => {
  it('runs the command once the moment has come, within what it says, and ends as that does', async () => {
    const { device, start, said, texts, ran } = await prepared();
    const moment = device.now() + 60_000;
    const code = start({ unixMs: moment });
    await device.run(61_000);
    expect(await code).toBe(7);
    expect(ran()).toBeGreaterThan(moment);
    expect(ran()).toBeLessThan(moment + 40);
    const [waits, started] = said as [Saying, Saying];
    expect(waits).toMatchObject({ event: 'waits', at: new Date(moment).toISOString() });
    expect(ran()).toBeGreaterThanOrEqual(moment + Number(started.earliestMs));
    expect(ran()).toBeLessThanOrEqual(moment + Number(started.latestMs));
    expect(texts[0]).toMatch(/^starts at 20\S+Z, in (60|59\.\d) s, or within [\d.]+ ms after that$/);
    expect(texts[1]).toMatch(/^started [\d.]+ ms to [\d.]+ ms after it$/);
  });

  it('shows how long it still is', async () => {
    const { device, start, left } = await prepared();
    const moment = device.now() + 60_000;
    void start({ unixMs: moment });
    await device.run(20_000);
    expect(Math.abs(left() - (moment - device.now()))).toBeLessThan(40);
  });

  it('asks again shortly before, however long nothing was to be asked', async () => {
    const { device, start } = await prepared();
    await device.run(3_000_000);
    const moment = device.now() + 200_000;
    void start({ unixMs: moment });
    await device.run(196_500);
    const before = device.asked();
    await device.run(1_500);
    expect(device.asked()).toBe(before + 4);
  });

  it('counts from now by true time', async () => {
    const { device, start, ran } = await prepared({ slow: 86_400_000 });
    const now = device.now();
    const code = start({ fromNowMs: 2_000 });
    await device.run(3_000);
    expect(await code).toBe(7);
    expect(Math.abs(ran()! - now - 2_000)).toBeLessThan(40);
  });

  it('counts from no clock that was set just now', async () => {
    const { device, start, said } = await prepared();
    device.setWall(-3_000);
    expect(await start({ fromNowMs: 5_000 })).toBe(3);
    expect(said).toEqual([{ event: 'refused', reason: 'jumped' }]);
  });

  it('refuses a moment that is over, and says by how much', async () => {
    const { device, start, said, texts, ran } = await prepared();
    expect(await start({ unixMs: device.now() - 3_000 })).toBe(1);
    expect(said).toEqual([{ event: 'refused', reason: 'late' }]);
    expect(texts[0]).toMatch(/^that moment came (3|3\.0\d|2\.9\d) s ago$/);
    expect(ran()).toBeUndefined();
  });

  it('runs it as soon as that is certain where the moment may have come', async () => {
    const { device, clock, start, ran } = await prepared({ tell: anywhereIn(100) });
    const { earliest } = clock.now();
    const code = start({ unixMs: earliest + 1 });
    await device.run(200);
    expect(await code).toBe(7);
    expect(ran()).toBeDefined();
  });

  it('refuses time that comes from no source', async () => {
    const { device, start, said, ran } = await prepared({}, 1, (world) => ({
      ...world,
      exchange: async (asked, signal) => {
        const got = await world.exchange(asked, signal);
        return got.ok ? { ...got, value: { ...got.value, told: { ...got.value.told, isSynchronized: false } } } : got;
      },
    }));
    expect(await start({ unixMs: device.now() + 3_000 })).toBe(1);
    expect(said).toEqual([{ event: 'refused', reason: 'unsynchronized' }]);
    expect(ran()).toBeUndefined();
  });

  it('starts later where no answer comes, and says so once', async () => {
    const { device, start, said, texts, ran } = await prepared();
    const moment = device.now() + 3_600_000;
    void start({ unixMs: moment });
    device.fail('unreachable');
    await device.run(3_600_000 + 1_000);
    expect(eventsOf(said)).toEqual(['waits', 'lost']);
    expect(texts[1]).toBe('unreachable: no answer comes from there; until that is better, the start may be the later');
    expect(ran()).toBeUndefined();
    await device.run(1_000);
    expect(ran()).toBeGreaterThan(moment + 1_000); // 500 ppm of an hour
    expect(eventsOf(said)).toEqual(['waits', 'lost', 'started']);
  });

  it('asks anew after a sleep, and starts what should have started meanwhile', async () => {
    const { device, start, said, ran } = await prepared();
    const moment = device.now() + 60_000;
    const code = start({ unixMs: moment });
    await device.run(10_000);
    device.sleep(100_000);
    await device.run(5_000);
    expect(await code).toBe(7);
    expect(ran()).toBeGreaterThan(moment + 50_000);
    const { earliestMs, latestMs } = said.at(-1)!;
    expect(ran()! - moment).toBeGreaterThanOrEqual(Number(earliestMs));
    expect(ran()! - moment).toBeLessThanOrEqual(Number(latestMs));
  });

  it('is never too early, whatever the network and the clocks do', async () => {
    const millis = (least: number, most: number) => fc.double({ min: least, max: most, noNaN: true });
    const way = fc.tuple(millis(0, 300), millis(0, 2_000));
    const event = fc.record({ kind: fc.constantFrom('sleep', 'set', 'fail', 'mend'), after: millis(0, 60_000) });
    const faults = fc.record({
      drift: millis(-400e-6, 400e-6),
      slow: millis(-1e9, 1e9),
      there: way,
      back: way,
      tell: millis(0.002, 500).map(anywhereIn),
    });
    await fc.assert(
      fc.asyncProperty(faults, fc.array(event, { maxLength: 6 }), fc.integer(), async (faults, events, seed) => {
        const { device, clock, start, ran } = await prepared(faults, seed);
        fc.pre(clock.isSynchronized);
        const moment = device.now() + 120_000;
        void start({ unixMs: moment });
        for (const { kind, after } of events) {
          await device.run(after);
          if (kind === 'sleep') device.sleep(after + 1_000);
          if (kind === 'set') device.setWall((after - 30_000) * 1_000);
          if (kind === 'fail') device.fail('unreachable');
          if (kind === 'mend') device.fail(undefined);
        }
        device.fail(undefined);
        await device.run(300_000);
        expect(ran()).toBeGreaterThan(moment);
      }),
      { numRuns: draws(60) },
    );
  });
});

/** One copy in virtual time: when it asks, what it tells, and that what is told through it holds true time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import type { Knowledge } from '../../worker/keeper.ts';
import { createMemory } from '../../worker/memory.ts';
import { createCopy } from '../../worker/regional-copy.ts';
import { readingAt } from '../../worker/statement.ts';
import { evenly } from '../support/evenly.ts';
import { wanderingClock } from '../support/wandering-clock.ts';
import { askTime, createGateway, createObject, createRegion, createWorld, startIsolate } from './world.ts';

const NO_DELAYS = { up: 0, toObject: 0, back: 0, down: 0 };

/** What a world's object knows: enough to tell the time, once a gateway has timed it. */
const knows = async (isTimed: boolean) => {
  const world = createWorld({});
  const object = createObject(world);
  const gateway = createGateway(world, object, 'gw-1');
  const isolate = startIsolate(world, 'isolate', () => 0);
  if (isTimed) for (let count = 0; count < 2; count++) await gateway.post(isolate, NO_DELAYS);
  return { world, known: await object.keeper.knowledge() };
};

/** A copy of an object that can be slow, silent or broken, and counts how often it was asked. */
const startCopy = async (isTimed = true) => {
  const { world, known } = await knows(isTimed);
  const object = { nowMs: known.objectUnixMs, asked: 0, takesMs: 1_000, fails: false, silence: Promise.resolve() };
  const ask = async (): Promise<Knowledge> => {
    object.asked++;
    await object.silence;
    object.nowMs += object.takesMs;
    if (object.fails) throw new Error('reset');
    return { ...known, objectUnixMs: object.nowMs - 400 };
  };
  let names = 0;
  return {
    tell: createCopy(
      () => `copy-${names++}`,
      world.settings,
      () => object.nowMs,
      ask,
    ),
    settings: world.settings,
    known,
    object,
  };
};

describe('a copy', () => {
  it('tells what it was told, when by its own clock, and how that clock stands to the object’s', async () => {
    const { tell, known, object } = await startCopy();
    const from = object.nowMs;
    const exchange = {
      ours: { clock: 'copy-0', fromUnixMs: from, toUnixMs: from + 1_000, isLate: true },
      theirs: readingAt(known.object, from + 600, true),
    };
    expect(known.gateways).toHaveLength(1);
    expect(await tell()).toEqual({
      ...known,
      object: 'copy-0',
      askedUnixMs: from,
      objectUnixMs: from + 1_000,
      exchanges: [exchange],
    });
    object.nowMs += 20_000;
    expect(await tell()).toMatchObject({ objectUnixMs: from + 21_000, exchanges: [exchange] });
  });

  it('asks each REFRESH_S, when it is asked, however many ask it', async () => {
    const { tell, object } = await startCopy();
    await Promise.all([tell(), tell(), tell()]);
    expect(object.asked).toBe(1);
    object.nowMs += 28_999;
    await tell();
    expect(object.asked).toBe(1);
    object.nowMs += 1;
    const from = object.nowMs;
    const told = await Promise.all([tell(), tell()]);
    expect(object.asked).toBe(2);
    for (const { exchanges } of told) expect(exchanges[0]?.ours.fromUnixMs).toBe(from);
  });

  it('asks one question at a time, however long the answer takes', async () => {
    const { tell, object } = await startCopy();
    let open = (): void => {};
    object.silence = new Promise((resolve) => {
      open = resolve;
    });
    const first = tell();
    object.nowMs += 3_600_000;
    const askedUnixMs = object.nowMs;
    const second = tell();
    expect(object.asked).toBe(1);
    open();
    expect(await second).toEqual({ ...(await first), askedUnixMs });
    expect(object.asked).toBe(1);
  });

  it('that has to ask hides no isolate whose clock is 200 ms off, however long that takes', async () => {
    const { tell, settings } = await startCopy();
    const { askedUnixMs = Number.NaN, objectUnixMs, ...told } = await tell();
    expect(objectUnixMs).toBe(askedUnixMs + 1_000);
    const isFound = (aheadMs: number): boolean => {
      const memory = createMemory('isolate', settings);
      memory.remember({ ...told, askedUnixMs, objectUnixMs }, askedUnixMs - 75 + aheadMs, objectUnixMs + 75 + aheadMs);
      return !memory.isNear();
    };
    expect([-200, 0, 200].map(isFound)).toEqual([true, false, true]);
  });

  it('asks once a second while what it is told tells no time', async () => {
    const { tell, object } = await startCopy(false);
    for (let seconds = 1; seconds <= 5; seconds++) {
      expect((await tell()).gateways).toEqual([]);
      expect(object.asked).toBe(seconds);
    }
  });

  it('fails as the object does while it knows nothing, and asks it once a second', async () => {
    const { tell, object } = await startCopy();
    object.fails = true;
    object.takesMs = 0;
    await expect(tell()).rejects.toThrow('reset');
    object.nowMs += 999;
    await expect(tell()).rejects.toThrow('reset');
    expect(object.asked).toBe(1);
    object.nowMs += 1;
    object.fails = false;
    expect((await tell()).gateways).toHaveLength(1);
    expect(object.asked).toBe(2);
  });

  it('goes on with what it knows where the object fails', async () => {
    const { tell, object } = await startCopy();
    const { exchanges } = await tell();
    object.fails = true;
    object.nowMs += 30_000;
    expect(await tell()).toMatchObject({ exchanges, gateways: [{ gateway: 'gw-1' }] });
    expect(await tell()).toMatchObject({ exchanges, objectUnixMs: object.nowMs });
  });

  it('whose clock was set back by more than it may be late has another one, from which nothing leads on', async () => {
    const { tell, object } = await startCopy();
    const { exchanges } = await tell();
    object.nowMs -= 10;
    expect(await tell()).toMatchObject({ object: 'copy-0', exchanges });
    object.nowMs -= 11;
    const { gateways, ...told } = await tell();
    expect(told).toMatchObject({ object: 'copy-1', exchanges: [] });
    expect(gateways).toHaveLength(1);
    object.nowMs += 30_000;
    expect((await tell()).exchanges[0]?.ours.clock).toBe('copy-1');
  });

  it('whose clock was set back while it waited tells of no exchange, and asks again', async () => {
    const { tell, object } = await startCopy();
    object.takesMs = -50;
    expect(await tell()).toMatchObject({ object: 'copy-1', exchanges: [] });
    object.takesMs = 1_000;
    object.nowMs -= 40_000;
    expect((await tell()).exchanges[0]?.ours.clock).toBe('copy-2');
    expect(object.asked).toBe(2);
  });
});

describe('what is told through a copy', () => {
  const delay = fc.oneof(fc.constant(0), evenly({ min: 0, max: 400 }));
  const delays = fc.record({ up: delay, toObject: delay, back: delay, down: delay });
  const lateness = fc.constantFrom(0, 1);
  const clock = fc.record({
    phase: evenly({ min: 0, max: 1 }),
    aside: evenly({ min: -1, max: 1 }),
  });
  const told = fc.record({
    spreadMs: fc.constantFrom('measured' as const, 0, 20),
    driftPpm: fc.constantFrom(0, 50, 1000),
    lagMs: fc.constantFrom(0, 10, 50),
    clocks: fc.array(clock, { minLength: 4, maxLength: 4 }),
    /** Of the post, of the copy's question, of who asks the copy while it knows the answer. */
    delays: fc.tuple(delays, delays, delays),
    /** Of the object at the post and at the question, of the copy then and at the end. */
    lateness: fc.tuple(lateness, lateness, lateness, lateness),
    ages: fc.tuple(evenly({ min: 0, max: 60_000 }), evenly({ min: 0, max: 27_000 })),
  });

  it('holds true time, also for who asks when it knows: the way is as long as what it is made of', async () => {
    await fc.assert(
      fc.asyncProperty(told, async ({ spreadMs, driftPpm, lagMs, clocks, delays, lateness, ages }) => {
        const world = createWorld({
          EDGE_SPREAD_MS: spreadMs,
          EDGE_DRIFT_PPM: driftPpm,
          OBJECT_LAG_MS: lagMs,
          MAX_UNCERTAINTY_MS: 86_400_000,
        });
        const drift = driftPpm / (1e6 + driftPpm);
        const [ofObject, ofCopy, ofPoster, ofAsker] = clocks.map(({ phase, aside }) =>
          spreadMs === 'measured'
            ? wanderingClock(aside * 5_000, 100, drift, phase)
            : wanderingClock(0, spreadMs / 2, drift, phase),
        );
        if (!ofObject || !ofCopy || !ofPoster || !ofAsker) throw new Error('four clocks');
        const object = createObject(world);
        object.restart(ofObject);
        const region = createRegion(world, object, 'enam');
        region.restart(ofCopy);
        const gateway = createGateway(world, object, 'gw-1');
        const poster = startIsolate(world, 'poster', ofPoster);
        const exact = { early: 0, late: 0 };
        object.setDelays(delays[0], lateness[0]);
        for (let count = 0; count < 2; count++) await gateway.post(poster, delays[0], exact);

        world.pass(ages[0]);
        object.setDelays(delays[1], lateness[1]);
        region.setDelays(NO_DELAYS, lateness[2]);
        const { exchanges } = await region.keeper.knowledge();

        world.pass(ages[1]);
        region.setDelays(delays[2], lateness[3]);
        const asker = startIsolate(world, 'asker', ofAsker);
        const { answer, truth } = await askTime(world, region, asker);
        expect((await region.keeper.knowledge()).exchanges).toEqual(exchanges);
        expect(answer.ok && contains(answer.value, truth)).toBe(true);
        expect(asker.health().contradictions).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});

/** What becomes of answers as clocks jump, and as isolates and the object come, go and move. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { ok, refuse } from '#contract/result.ts';
import type { Isolate } from '../../worker/isolate.ts';
import { draws } from '../support/draws.ts';
import { askTime, createGateway, createObject, createWorld, type Delays, startIsolate } from './world.ts';

const REFRESH_S = 30;
const MODES = { assumed: { EDGE_SPREAD_MS: 20 }, measured: { EDGE_SPREAD_MS: 'measured' } } as const;
type Mode = keyof typeof MODES;
/** ms, one way. */
const NEAR: Delays = { up: 2, toObject: 3, back: 4, down: 2 };
/** No clock that is farther off by this way than the spread, the lag and steps is let pass: 20 + 10 + 4 + 2 ms. */
const CERTAINLY_SEEN_MS = 37;

/** Right clocks, and a gateway that posts each 16 s through an isolate of its own. Nothing is said of an instant before the last. */
const setUp = async (mode: Mode) => {
  const world = createWorld(MODES[mode]);
  const object = createObject(world);
  const ahead = { isolate: 0, object: 0 };
  object.restart(() => ahead.object);
  object.setDelays(NEAR, 0);
  const poster = startIsolate(world, 'poster', () => 0);
  const isolate = startIsolate(world, 'isolate', () => ahead.isolate);
  const gateway = createGateway(world, object, 'gw-1');
  for (let count = 0; count < 3; count++) await gateway.post(poster, NEAR);

  /** How it answers. */
  const ask = async (whom: Isolate = isolate): Promise<'true' | 'false' | 'none'> => {
    const { answer, truth } = await askTime(world, object, whom);
    return !answer.ok ? 'none' : contains(answer.value, truth) ? 'true' : 'false';
  };
  let postedMs = world.passedMs();
  const pass = async (seconds: number): Promise<void> => {
    world.pass(seconds * 1_000);
    if (world.passedMs() - postedMs < 16_000) return;
    postedMs = world.passedMs();
    await gateway.post(poster, NEAR);
  };
  /** Asks once a second. */
  const askFor = async (seconds: number, whom?: Isolate) => {
    const answers: Awaited<ReturnType<typeof ask>>[] = [];
    for (let count = 0; count < seconds; count++) {
      await pass(1);
      answers.push(await ask(whom));
    }
    return answers;
  };
  return { world, object, ahead, poster, isolate, gateway, ask, askFor, pass };
};

const eitherWay = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.constantFrom(-1, 1)).map(([ms, sign]) => ms * sign);
const modes = fc.constantFrom<Mode>('assumed', 'measured');

describe('the clock of an isolate jumps', () => {
  it.each<Mode>(['assumed', 'measured'])(
    'by less than two REFRESH_S: its next exchange shows it (%s)',
    async (mode) => {
      await fc.assert(
        fc.asyncProperty(eitherWay(CERTAINLY_SEEN_MS, 59_000), fc.nat(330), async (jumpMs, afterSeconds) => {
          const { ahead, askFor } = await setUp(mode);
          expect(new Set(await askFor(1 + afterSeconds))).toEqual(new Set(['true']));
          ahead.isolate = jumpMs;
          const answers = await askFor(5 * REFRESH_S);
          // That is due when the one before is four REFRESH_S old, and answers are given while it is made.
          expect(answers.lastIndexOf('false')).toBeLessThanOrEqual(4 * REFRESH_S);
          expect(new Set(await askFor(40))).toEqual(new Set([mode === 'measured' ? 'true' : 'none']));
        }),
        { numRuns: draws(2) },
      );
    },
  );

  it('by more: it makes an exchange before it says anything', async () => {
    const jump = fc.oneof(eitherWay(2 * REFRESH_S * 1_000, 1e9), fc.integer({ min: -1e9, max: -2_100 })); // a second goes by, and a little
    await fc.assert(
      fc.asyncProperty(modes, jump, fc.nat(60), async (mode, jumpMs, afterSeconds) => {
        const { ahead, askFor } = await setUp(mode);
        await askFor(1 + afterSeconds);
        ahead.isolate = jumpMs;
        const answers = await askFor(2 * REFRESH_S);
        expect(answers).not.toContain('false');
        // Five minutes off, each sample is old as it comes in.
        if (mode === 'measured' && Math.abs(jumpMs) < 200_000) expect(answers.at(-1)).toBe('true');
      }),
      { numRuns: draws(3) },
    );
  });

  it('back, but not behind what was agreed a moment ago: it makes an exchange before it says anything', async () => {
    const { ahead, ask, pass } = await setUp('assumed');
    expect(await ask()).toBe('true');
    await pass(0.9);
    expect(await ask()).toBe('true');
    ahead.isolate = -1_100;
    expect(await ask()).toBe('none');
  });

  it('while nobody asks: it makes an exchange before it says anything', async () => {
    await fc.assert(
      fc.asyncProperty(modes, eitherWay(CERTAINLY_SEEN_MS, 10_000), async (mode, jumpMs) => {
        const { ahead, ask, askFor, pass } = await setUp(mode);
        await askFor(1);
        for (let count = 0; count < 5; count++) await pass(16);
        ahead.isolate = jumpMs;
        expect(await ask()).toBe(mode === 'measured' ? 'true' : 'none');
      }),
      { numRuns: draws(3) },
    );
  });
});

it('an isolate that nobody has asked for two REFRESH_S says nothing where the object does not answer', async () => {
  const { world, object, isolate, askFor, pass } = await setUp('assumed');
  await askFor(1);
  const broken = {
    ...object.scope,
    keeper: () => ({ ...object.keeper, knowledge: () => Promise.reject(new Error()) }),
  };
  for (let count = 0; count < 4; count++) {
    await pass(14);
    expect(await isolate.time(broken)).toMatchObject({ ok: true });
  }
  for (let count = 0; count < 4; count++) await pass(16);
  expect(await isolate.time(broken)).toMatchObject({ ok: false, detail: expect.stringMatching(/^this clock has yet/) });
  world.pass(1_000);
  expect(await isolate.time(object.scope)).toMatchObject({ ok: true });
});

describe('an isolate is evicted', () => {
  it('the next makes an exchange of its own before its first answer, whatever others of its location know', async () => {
    const { world, object, ask, askFor } = await setUp('assumed');
    await askFor(40);
    for (const aheadMs of [-9, 0, 9]) {
      const next = startIsolate(world, `next ${aheadMs}`, () => aheadMs);
      const broken = {
        ...object.scope,
        keeper: () => ({ ...object.keeper, knowledge: () => Promise.reject(new Error()) }),
      };
      expect(await next.time(broken)).toMatchObject({ ok: false });
      world.pass(1_000);
      expect(await ask(next)).toBe('true');
    }
  });

  it('one whose clock is a second off says nothing, or takes nothing for granted', async () => {
    for (const mode of ['assumed', 'measured'] as const) {
      const { world, ask } = await setUp(mode);
      expect(await ask(startIsolate(world, 'off', () => 1_000))).toBe(mode === 'measured' ? 'true' : 'none');
    }
  });
});

it('at the very start there is no time to give until a gateway has bounded a clock', async () => {
  const world = createWorld(MODES.assumed);
  const object = createObject(world);
  object.setDelays(NEAR, 0);
  const isolate = startIsolate(world, 'isolate', () => 0);
  const gateway = createGateway(world, object, 'gw-1');
  const answers: boolean[] = [];
  for (let count = 0; count < 3; count++) {
    answers.push((await askTime(world, object, isolate)).answer.ok);
    await gateway.post(isolate, NEAR);
  }
  expect(answers).toEqual([false, false, true]);
});

describe('the object moves to another machine', () => {
  it('whose clock is within the spread: answers go on', async () => {
    await fc.assert(
      fc.asyncProperty(modes, fc.integer({ min: -19, max: 19 }), fc.nat(60), async (mode, aheadMs, afterSeconds) => {
        const { world, object, ask, askFor } = await setUp(mode);
        await askFor(1 + afterSeconds);
        object.restart(() => aheadMs);
        const answers = await askFor(2 * REFRESH_S);
        expect(answers).not.toContain('false');
        // Where nothing is assumed, who has read nothing himself knows nothing until the new clock was bounded: two posts.
        if (mode === 'assumed') expect(answers).not.toContain('none');
        expect(answers.slice(33)).not.toContain('none');
        expect(await ask(startIsolate(world, 'new', () => 0))).toBe('true');
      }),
      { numRuns: draws(2) },
    );
  });

  it('whose clock is farther off: no answer by it, unless nothing was assumed', async () => {
    await fc.assert(
      fc.asyncProperty(
        modes,
        eitherWay(CERTAINLY_SEEN_MS, 100_000),
        fc.nat(60),
        async (mode, aheadMs, afterSeconds) => {
          const { object, askFor } = await setUp(mode);
          await askFor(1 + afterSeconds);
          object.restart(() => aheadMs);
          const answers = await askFor(13 * REFRESH_S);
          expect(answers).not.toContain('false');
          expect(answers.at(-1)).toBe(mode === 'measured' ? 'true' : 'none');
        },
      ),
      { numRuns: draws(2) },
    );
  });
});

describe('the clock of the object jumps', () => {
  it('no answer is by it', async () => {
    await fc.assert(
      fc.asyncProperty(eitherWay(CERTAINLY_SEEN_MS, 1e6), fc.nat(60), async (jumpMs, afterSeconds) => {
        const { ahead, askFor } = await setUp('assumed');
        await askFor(1 + afterSeconds);
        ahead.object = jumpMs;
        const answers = await askFor(13 * REFRESH_S);
        expect(answers).not.toContain('false');
        expect(answers.at(-1)).toBe('none');
      }),
      { numRuns: draws(2) },
    );
  });

  it('where nothing is assumed: readings that are bounded after it show it, two minutes later at most', async () => {
    await fc.assert(
      fc.asyncProperty(eitherWay(100, 1e6), fc.nat(60), async (jumpMs, afterSeconds) => {
        const { ahead, askFor } = await setUp('measured');
        await askFor(1 + afterSeconds);
        ahead.object = jumpMs;
        expect((await askFor(13 * REFRESH_S)).lastIndexOf('false')).toBeLessThanOrEqual(4 * REFRESH_S);
      }),
      { numRuns: draws(2) },
    );
  });

  it('back before it was read last, where nothing is assumed: it is another clock from then on, which has yet to be bounded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -1e6, max: -17_000 }), fc.nat(60), async (jumpMs, afterSeconds) => {
        const { ahead, askFor } = await setUp('measured');
        await askFor(1 + afterSeconds);
        ahead.object = jumpMs;
        const answers = await askFor(4 * REFRESH_S); // with a post each 16 s
        expect(answers).not.toContain('false');
        // By an object five minutes behind each sample is old as it comes in.
        if (jumpMs > -200_000) expect(answers.at(-1)).toBe('true');
      }),
      { numRuns: draws(2) },
    );
  });
});

it('what others were told does not lead back from what an isolate has learnt while it looked', async () => {
  const { object, isolate, gateway, askFor, pass } = await setUp('assumed');
  await askFor(1);
  for (let count = 0; count < 2; count++) await pass(16);
  const read = async () => {
    const found = object.written.at(-1);
    expect(await gateway.post(isolate, NEAR)).toMatchObject({ ok: true });
    return found ? ok(found) : refuse('miss');
  };
  const scope = { ...object.scope, cache: () => ({ ...object.scope.cache(), read }) };
  const before = object.kept.get('gw-1')!.sequence;
  expect(await isolate.time(scope)).toMatchObject({ ok: true });
  await object.settle();
  expect(isolate.health().gateways[0]?.sequence).toBe(before + 1);
  expect(isolate.health().cache).toEqual(new Map([['stale', 1]]));
});

it('a clock that is set back during an exchange has measured nothing by it', async () => {
  for (const mode of ['assumed', 'measured'] as const) {
    const { world, object, ahead, isolate } = await setUp(mode);
    const keeper = {
      ...object.keeper,
      knowledge: async () => {
        const told = await object.keeper.knowledge();
        ahead.isolate = -350;
        return told;
      },
    };
    const scope = { ...object.scope, keeper: () => keeper };
    expect(await isolate.time(scope)).toMatchObject({ ok: false });
    world.pass(2_000);
    expect(await isolate.time(object.scope)).toMatchObject({ ok: mode === 'measured' });
  }
});

/** What an isolate makes of what gateways tell it itself, in virtual time: the real code, whatever clocks and delays are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, width } from '#contract/interval.ts';
import { timeAnswer } from '#contract/time-answer.ts';
import { draws } from '../support/draws.ts';
import { evenly } from '../support/evenly.ts';
import { wanderingClock } from '../support/wandering-clock.ts';
import { expectBudget } from './expect-budget.ts';
import {
  askTime,
  createGateway,
  createObject,
  createWorld,
  type Delays,
  type FakeGateway,
  startIsolate,
} from './world.ts';

const AT_ONCE = { up: 0, toObject: 0, back: 0, down: 0 };
const ms = (max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(0, max), fc.double({ min: 0, max, noNaN: true }));
const pull = fc.record({ up: ms(300), down: ms(300), early: ms(3), late: ms(3) });
const steps = fc.array(fc.record({ waitMs: ms(50_000), pull }), { minLength: 1, maxLength: 8 });
const phase = evenly({ min: 0, max: 1 });

describe('where nothing is assumed of the clocks and no exchange leads to one that was read', () => {
  it('a gateway’s own answer tells the time, each time, and no less well than its round trip allows', async () => {
    const setting = fc.record({
      steps,
      phase,
      aheadMs: evenly({ min: -1e5, max: 1e5 }),
      driftPpm: fc.constantFrom(0, 50, 1_000),
    });
    await fc.assert(
      fc.asyncProperty(setting, async ({ steps, phase, aheadMs, driftPpm }) => {
        const world = createWorld({
          EDGE_SPREAD_MS: 'measured',
          EDGE_DRIFT_PPM: driftPpm,
          MAX_UNCERTAINTY_MS: 10_000,
        });
        const object = createObject(world);
        const poster = startIsolate(world, 'poster', () => 0);
        const gateway = createGateway(world, object, 'gw-1', true);
        for (let count = 0; count < 2; count++) await gateway.post(poster, AT_ONCE);
        object.restart(() => 12_345); // what was read before is on clocks that are gone
        const drift = driftPpm / (1e6 + driftPpm);
        const isolate = startIsolate(world, 'isolate', wanderingClock(aheadMs, driftPpm === 0 ? 0 : 100, drift, phase));

        for (const [index, { waitMs, pull }] of steps.entries()) {
          if (index > 0) world.pass(Math.min(waitMs, 150_000 / steps.length)); // no sample comes meanwhile
          gateway.setPull(pull);
          const detailed = index % 2 === 0;
          const { answer, truth } = await askTime(world, object, isolate, detailed);
          if (!answer.ok) throw new Error(answer.detail);
          expect(contains(answer.value, truth)).toBe(true);
          if (detailed) expectBudget(timeAnswer(answer.value));
          const { up, down, early, late } = pull;
          const clocksMs = 4 + 4 * drift * 1_000 + 2e-6; // both ends are whole ns, rounded outwards
          if (index === 0) expect(width(answer.value) / 1e6).toBeLessThanOrEqual(up + down + early + late + clocksMs);
        }
        expect(isolate.health()).toMatchObject({ contradictions: 0, objectFailures: 0 });
      }),
      { numRuns: draws(50) },
    );
  });
});

describe('an isolate whose clock is 200 ms off, where 20 are assumed', () => {
  const play = async (
    steps: readonly { readonly waitMs: number; readonly pull: Parameters<FakeGateway['setPull']>[0] }[],
    aheadMs: number,
    exchange: Pick<Delays, 'toObject' | 'back'>,
  ) => {
    const world = createWorld({ MAX_UNCERTAINTY_MS: 10_000 });
    const object = createObject(world);
    const poster = startIsolate(world, 'poster', () => 0);
    const gateway = createGateway(world, object, 'gw-1', true);
    const isolate = startIsolate(world, 'isolate', () => aheadMs);
    const answers: boolean[] = [];
    for (const { waitMs, pull } of steps) {
      object.setDelays(AT_ONCE, 0);
      for (let count = 0; count < 2; count++) await gateway.post(poster, AT_ONCE);
      object.setDelays({ ...AT_ONCE, ...exchange }, 0);
      gateway.setPull(pull);
      answers.push((await askTime(world, object, isolate)).answer.ok);
      world.pass(waitMs);
    }
    return { answers, verdict: isolate.health().verdicts.get('gw-1') };
  };
  const aheadMs = fc.constantFrom(-200, 200);

  it('never answers where its exchange with the object shows it, whatever it pulls', async () => {
    const exchange = fc.record({ toObject: ms(80), back: ms(80) });
    await fc.assert(
      fc.asyncProperty(steps, aheadMs, exchange, async (steps, aheadMs, exchange) => {
        expect((await play(steps, aheadMs, exchange)).answers).not.toContain(true);
      }),
    );
  });

  it('never answers once it has pulled, where that shows it, however long the object takes', async () => {
    const quick = fc.record({ up: ms(60), down: ms(60), early: ms(3), late: ms(3) });
    const quickSteps = fc.array(fc.record({ waitMs: ms(30_000), pull: quick }), { minLength: 2, maxLength: 8 });
    const exchange = fc.record({ toObject: ms(1_000), back: ms(1_000) });
    await fc.assert(
      fc.asyncProperty(quickSteps, aheadMs, exchange, async (steps, aheadMs, exchange) => {
        const { answers, verdict } = await play(steps, aheadMs, exchange);
        expect(answers.slice(1)).not.toContain(true);
        expect(['contradicts-itself', 'untimed']).toContain(verdict);
      }),
    );
  });
});

describe('one of three gateways that lies', () => {
  it('is outvoted also where it is asked itself', async () => {
    const lie = fc.oneof(evenly({ min: -1e5, max: -3_000 }), evenly({ min: 3_000, max: 1e5 }));
    await fc.assert(
      fc.asyncProperty(steps, lie, async (steps, lieMs) => {
        const world = createWorld({ QUORUM: 2, MAX_UNCERTAINTY_MS: 10_000, EDGE_SPREAD_MS: 'measured' });
        const object = createObject(world);
        const gateways = ['gw-1', 'gw-2', 'gw-3'].map((name) => createGateway(world, object, name, true));
        const poster = startIsolate(world, 'poster', () => 0);
        for (const gateway of gateways) await gateway.post(poster, AT_ONCE);
        object.restart(() => -777);
        const isolate = startIsolate(world, 'isolate', () => 3_000);
        for (const { pull } of steps) {
          for (const [index, gateway] of gateways.entries())
            gateway.setPull({ ...pull, lieMs: index === 2 ? lieMs : 0 });
          const { answer, truth } = await askTime(world, object, isolate);
          if (!answer.ok) throw new Error(answer.detail);
          expect(contains(answer.value, truth)).toBe(true);
          expect(isolate.health().verdicts.get('gw-3')).toBe('outvoted');
          world.pass(30_000);
        }
      }),
      { numRuns: draws(25) },
    );
  });
});

describe('a gateway that was stepped', () => {
  it('takes back what it told an isolate before, as what it told the object', async () => {
    const world = createWorld({ EDGE_SPREAD_MS: 'measured' });
    const object = createObject(world);
    const poster = startIsolate(world, 'poster', () => 0);
    const gateway = createGateway(world, object, 'gw-1', true);
    await gateway.post(poster, AT_ONCE, { lieMs: 5_000 });
    const isolate = startIsolate(world, 'isolate', () => 40);
    gateway.setPull({ up: 1, down: 1, early: 1, late: 1, lieMs: 5_000 });
    const { answer: wrong } = await askTime(world, object, isolate);
    expect(wrong.ok && contains(wrong.value, world.now())).toBe(false);

    gateway.restart();
    gateway.setPull(undefined);
    world.pass(31_000);
    for (let count = 0; count < 2; count++) await gateway.post(poster, AT_ONCE);
    await askTime(world, object, isolate); // and so it asks the object, and the gateway in vain
    const { answer, truth } = await askTime(world, object, isolate);
    expect(answer.ok && contains(answer.value, truth)).toBe(true);
    expect(isolate.health().contradictions).toBe(0);
    expect(isolate.health().pulls.get('gw-1')).toEqual({ bounds: 0, failures: { unreachable: 1 } });
  });
});

/** Clocks of the edge that stand farther apart than is assumed, and clocks that do not. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { draws } from '../support/draws.ts';
import { evenly } from '../support/evenly.ts';
import { wanderingClock } from '../support/wandering-clock.ts';
import { askTime, createGateway, createObject, createWorld, startIsolate } from './world.ts';

const SPREAD_MS = 20;
const DRIFT = 50e-6;
const some = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

/** Of a clock that is 200 ms off another may be 180 off, which shows wherever the way is shorter than 148: ARCHITECTURE.md. */
const delay = evenly({ min: 0, max: 147 });
const delays = fc.record({ up: delay, toObject: delay, back: delay, down: delay });
const phase = evenly({ min: 0, max: 1 });
const happening = fc.record({
  kind: fc.constantFrom('post', 'ask'),
  gateway: fc.nat(2),
  isolate: fc.nat(2),
  delays,
  lateness: phase,
  wait: fc.oneof(evenly({ min: 0, max: 20_000 }), fc.constant(70_000)),
});
const story = fc.record({
  phases: fc.array(phase, { minLength: 4, maxLength: 4 }),
  happenings: fc.array(happening, { minLength: 30, maxLength: 80 }),
});

it('who is off by the spread, the lag, two steps and the way to who is behind is noticed at the first exchange', async () => {
  await fc.assert(
    fc.asyncProperty(
      delays,
      phase,
      evenly({ min: 0, max: 1_000 }),
      fc.boolean(),
      async (way, lateness, more, isAhead) => {
        const world = createWorld({ QUORUM: 1, MAX_UNCERTAINTY_MS: 10_000 });
        const object = createObject(world);
        const honest = startIsolate(world, 'honest', () => 0);
        const gateway = createGateway(world, object, 'gw-1');
        for (let count = 0; count < 3; count++) await gateway.post(honest, way);
        object.setDelays(way, lateness);
        const leastMs = SPREAD_MS + 10 + 2 + (isAhead ? way.toObject : way.back);
        const off = startIsolate(world, 'off', () => (isAhead ? 1 : -1) * (leastMs + more));
        expect((await askTime(world, object, honest)).answer.ok).toBe(true);
        expect((await askTime(world, object, off)).answer.ok).toBe(false);
      },
    ),
    { numRuns: draws(50) },
  );
});

it('an isolate whose clock is 200 ms off never answers, and takes no reading that misleads others', async () => {
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(story, fc.constantFrom(-200, 200), async ({ phases, happenings }, offMs) => {
      const world = createWorld({ QUORUM: 1, MAX_UNCERTAINTY_MS: 10_000 });
      const clock = (index: number) => wanderingClock(0, SPREAD_MS / 2, DRIFT, phases[index]!);
      const object = createObject(world);
      object.restart(clock(0));
      const off = startIsolate(world, 'off', (ms) => offMs + clock(1)(ms));
      const isolates = [off, startIsolate(world, 'one', clock(2)), startIsolate(world, 'other', clock(3))];
      const gateways = ['gw-1', 'gw-2', 'gw-3'].map((name) => createGateway(world, object, name));
      for (const event of happenings) {
        world.pass(event.wait);
        object.setDelays(event.delays, event.lateness);
        const isolate = some(isolates, event.isolate);
        if (event.kind === 'post') await some(gateways, event.gateway).post(isolate, event.delays);
        else {
          const { answer, truth } = await askTime(world, object, isolate);
          if (!answer.ok) continue;
          expect(isolate).not.toBe(off);
          expect(contains(answer.value, truth)).toBe(true);
          answers++;
        }
      }
    }),
    { numRuns: draws(25) },
  );
  expect(answers).toBeGreaterThan(draws(25));
});

it('three gateways near three machines whose clocks stand within the spread never accuse one another', async () => {
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(story, evenly({ min: -60_000, max: 60_000 }), async ({ phases, happenings }, ahead) => {
      const world = createWorld({ QUORUM: 2, MAX_UNCERTAINTY_MS: 10_000 });
      // The platform as a whole may be as wrong as it likes.
      const clock = (index: number) => wanderingClock(ahead, SPREAD_MS / 2, DRIFT, phases[index]!);
      const object = createObject(world);
      object.restart(clock(0));
      const places = [1, 2, 3].map((number) => ({
        isolate: startIsolate(world, `isolate-${number}`, clock(number)),
        gateway: createGateway(world, object, `gw-${number}`),
      }));
      for (const { gateway, isolate } of [...places, ...places]) await gateway.post(isolate, happenings[0]!.delays);
      for (const event of happenings) {
        world.pass(event.wait);
        object.setDelays(event.delays, event.lateness);
        const { gateway, isolate } = some(places, event.isolate);
        if (event.kind === 'post') expect(await gateway.post(isolate, event.delays)).toMatchObject({ ok: true });
        else {
          const { answer, truth } = await askTime(world, object, isolate);
          if (answer.ok) answers++;
          expect(!answer.ok || contains(answer.value, truth)).toBe(true);
        }
        for (const each of places) {
          const { verdicts, contradictions } = each.isolate.health();
          expect(contradictions).toBe(0);
          // Silent after a while, untimed where nothing ties its word to this clock, undecided alone.
          const words = [...verdicts.values()];
          for (const word of words) expect(['agrees', 'silent', 'untimed', 'undecided']).toContain(word);
          const voters = words.filter((word) => word === 'agrees' || word === 'undecided');
          expect(voters.length < 2 || voters.every((word) => word === 'agrees')).toBe(true);
        }
      }
    }),
    { numRuns: draws(25) },
  );
  expect(answers).toBeGreaterThan(draws(25));
});

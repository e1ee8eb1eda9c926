import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import {
  askTime,
  createGateway,
  createObject,
  createWorld,
  type Delays,
  type FakeGateway,
  ORIGIN,
  startIsolate,
  wanderingClock,
} from './world.ts';

const some = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

const delay = fc.oneof(fc.double({ min: 0, max: 5, noNaN: true }), fc.double({ min: 0, max: 400, noNaN: true }));
const delays: fc.Arbitrary<Delays> = fc.record({ up: delay, toObject: delay, back: delay, down: delay });
const which = fc.nat(11);
const lateness = fc.double({ min: 0, max: 1, noNaN: true });
const clock = fc.record({
  phase: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  aside: fc.double({ min: -1, max: 1, noNaN: true }),
});

const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('post' as const),
      gateway: which,
      isolate: which,
      delays,
      lateness,
      early: delay,
      late: delay,
      loses: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask' as const), isolate: which, delays, lateness }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('replay' as const),
      gateway: which,
      isolate: which,
      sample: which,
      delays,
      lateness,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.double({ min: 0, max: 60_000, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('object restarts' as const), clock }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gateway restarts' as const), gateway: which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('isolate restarts' as const), isolate: which, clock }) },
);

const world = fc.record({
  // The platform as a whole may be as wrong as it likes: only how its clocks stand to each other is assumed.
  platformAheadMs: fc.double({ min: -60_000, max: 60_000, noNaN: true }),
  spreadMs: fc.oneof(fc.constant('measured' as const), fc.constantFrom(0, 1, 20, 200)),
  driftPpm: fc.constantFrom(0, 50, 1000),
  lagMs: fc.constantFrom(0, 10, 50),
  clocks: fc.array(clock, { minLength: 4, maxLength: 4 }),
  happenings: fc.array(happening, { minLength: 5, maxLength: 60 }),
});

describe('the interval', () => {
  it('always holds true time, whatever the clocks, the delays and the order of events', async () => {
    let answers = 0;
    await fc.assert(
      fc.asyncProperty(world, async ({ platformAheadMs, spreadMs, driftPpm, lagMs, clocks, happenings }) => {
        const w = createWorld({
          EDGE_SPREAD_MS: spreadMs,
          EDGE_DRIFT_PPM: driftPpm,
          OBJECT_LAG_MS: lagMs,
          MAX_UNCERTAINTY_MS: 86_400_000,
          REFRESH_S: 1,
        });
        // As far as the settings say, to the last: half the spread to either side, as fast as the drift allows.
        const drift = driftPpm / 1e6 / (1 + driftPpm / 1e6);
        const clockOf = ({ phase, aside }: { phase: number; aside: number }) =>
          spreadMs === 'measured'
            ? wanderingClock(platformAheadMs + aside * 5_000, 100, drift, phase)
            : wanderingClock(platformAheadMs, spreadMs / 2, drift, phase);
        const object = createObject(w);
        object.restart(clockOf(some(clocks, 0)));
        const isolates = [1, 2, 3].map((index) => startIsolate(w, `isolate-${index}`, clockOf(some(clocks, index))));
        const gateways = ['gw-1', 'gw-2', 'gw-3'].map((name) => createGateway(w, object, name));
        let restarts = 0;

        const check = async (index: number): Promise<void> => {
          const isolate = some(isolates, index);
          const { answer, truth } = await askTime(w, object, isolate);
          if (!answer.ok) return;
          answers++;
          expect(contains(answer.value, truth)).toBe(true);
          expect(contains(answer.value, answer.value.time)).toBe(true);
        };
        const posted = (gateway: FakeGateway, index: number) => some(gateway.posted, index);

        for (const event of happenings) {
          if ('delays' in event) object.setDelays(event.delays, event.lateness);
          switch (event.kind) {
            case 'post': {
              const outcome = await some(gateways, event.gateway).post(
                some(isolates, event.isolate),
                event.delays,
                event,
              );
              expect(outcome).toMatchObject({ ok: true });
              break;
            }
            case 'replay': {
              const gateway = some(gateways, event.gateway);
              if (gateway.posted.length === 0) break;
              const { jws, sample } = posted(gateway, event.sample);
              const request = { origin: ORIGIN, location: 'local' };
              const receipt = await some(isolates, event.isolate).keep(object.keeper, jws, sample, request);
              expect(receipt?.reading).toMatchObject({ ok: false, reason: 'replayed' });
              break;
            }
            case 'ask':
              await check(event.isolate);
              break;
            case 'wait':
              w.pass(event.ms);
              break;
            case 'object restarts':
              object.restart(clockOf(event.clock));
              break;
            case 'gateway restarts':
              some(gateways, event.gateway).restart();
              break;
            case 'isolate restarts':
              isolates[event.isolate % isolates.length] = startIsolate(w, `new-${restarts++}`, clockOf(event.clock));
          }
        }
        for (const index of isolates.keys()) await check(index);
        for (const isolate of isolates)
          expect(isolate.health()).toMatchObject({ contradictions: 0, objectFailures: 0 });
      }),
      { numRuns: 400 },
    );
    expect(answers).toBeGreaterThan(400);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { timeAnswer } from '#contract/time-answer.ts';
import { draws } from '../support/draws.ts';
import { evenly } from '../support/evenly.ts';
import { wanderingClock } from '../support/wandering-clock.ts';
import { expectBudget } from './expect-budget.ts';
import {
  askTime,
  createGateway,
  createObject,
  createRegion,
  createWorld,
  type Delays,
  ORIGIN,
  startIsolate,
} from './world.ts';

const some = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

const delay = fc.oneof(evenly({ min: 0, max: 5 }), evenly({ min: 0, max: 400 }));
const delays: fc.Arbitrary<Delays> = fc.record({ up: delay, toObject: delay, back: delay, down: delay });
const which = fc.nat(11);
const lateness = evenly({ min: 0, max: 1 });
const clock = fc.record({
  phase: fc.oneof(fc.constantFrom(0, 0.5), evenly({ min: 0, max: 1 })),
  aside: evenly({ min: -1, max: 1 }),
});

const times = fc.constantFrom(1, 2, 5);
const happens = <Kind extends string, More>(
  kind: Kind,
  weight: number,
  more: { [Name in keyof More]: fc.Arbitrary<More[Name]> },
) => ({
  weight,
  arbitrary: fc.record(more).map((drawn) => ({ kind, ...drawn })),
});
const happening = fc.oneof(
  happens('post', 8, {
    gateway: which,
    isolate: which,
    times,
    delays,
    lateness,
    early: delay,
    late: delay,
    loses: which,
  }),
  happens('ask', 6, { isolate: which, region: which, delays, lateness }),
  happens('replay', 2, { gateway: which, isolate: which, sample: which, delays, lateness }),
  happens('wait', 3, { ms: evenly({ min: 0, max: 60_000 }) }),
  happens('object restarts', 1, { clock }),
  happens('object fails', 1, { isUp: fc.boolean() }),
  happens('copy restarts', 1, { region: which, clock }),
  happens('gateway restarts', 1, { gateway: which }),
  happens('gateway answers', 2, {
    gateway: which,
    pull: fc.option(fc.record({ up: delay, down: delay, early: delay, late: delay }), { freq: 8, nil: undefined }),
  }),
  happens('cache falls behind', 1, { copies: fc.nat(5) }),
  happens('isolate restarts', 1, { isolate: which, clock }),
);

const setting = fc.record({
  // The platform as a whole may be as wrong as it likes: only how its clocks stand to each other is assumed.
  platformAheadMs: evenly({ min: -60_000, max: 60_000 }),
  spreadMs: fc.oneof(fc.constant('measured' as const), fc.constantFrom(0, 1, 20, 200)),
  driftPpm: fc.constantFrom(0, 50, 1000),
  lagMs: fc.constantFrom(0, 10, 50, 7.000001),
  refreshS: fc.constantFrom(1, 30),
  clocks: fc.array(clock, { minLength: 6, maxLength: 6 }),
  happenings: fc.array(happening, { minLength: 5, maxLength: 60, size: 'max' }),
});
type Setting = typeof setting extends fc.Arbitrary<infer Drawn> ? Drawn : never;

type Play = {
  readonly quorum: number;
  /** How far off the word of `gw-3` is, each time anew. */
  readonly liesMs?: readonly number[];
  readonly regionalCopies?: boolean;
  /** Isolates may ask gateways themselves. */
  readonly pulls?: boolean;
};

/** @returns how many answers were given. */
const play = async (
  drawn: Setting,
  { quorum, liesMs = [], regionalCopies = false, pulls = false }: Play,
): Promise<number> => {
  const { platformAheadMs, spreadMs, driftPpm, lagMs, refreshS, clocks, happenings } = drawn;
  const world = createWorld({
    QUORUM: quorum,
    EDGE_SPREAD_MS: spreadMs,
    EDGE_DRIFT_PPM: driftPpm,
    OBJECT_LAG_MS: lagMs,
    MAX_UNCERTAINTY_MS: 86_400_000,
    REFRESH_S: refreshS,
  });
  // As far as the settings say, to the last: half the spread to either side, and as fast as the drift allows.
  const drift = driftPpm / (1e6 + driftPpm);
  const clockOf = ({ phase, aside }: { phase: number; aside: number }) =>
    spreadMs === 'measured'
      ? wanderingClock(platformAheadMs + aside * 5_000, 100, drift, phase)
      : wanderingClock(platformAheadMs, spreadMs / 2, drift, phase);
  const object = createObject(world);
  object.restart(clockOf(some(clocks, 0)));
  const regions = [4, 5].map((index) => {
    const region = createRegion(world, object, `region-${index}`);
    region.restart(clockOf(some(clocks, index)));
    return region;
  });
  const isolates = [1, 2, 3].map((index) => startIsolate(world, `isolate-${index}`, clockOf(some(clocks, index))));
  const gateways = ['gw-1', 'gw-2', 'gw-3'].map((name) => createGateway(world, object, name, pulls));
  const liar = liesMs.length === 0 ? undefined : gateways[2];
  /** Of a gateway's next word. */
  const lieOf = (gateway: (typeof gateways)[number] | undefined): number =>
    gateway && gateway === liar ? some(liesMs, gateway.posted.length) : 0;
  for (const gateway of gateways) gateway.setPull({ up: 20, down: 0, early: 0, late: 0, lieMs: lieOf(gateway) });
  let answers = 0;
  let restarts = 0;

  const check = async (index: number, region: number): Promise<void> => {
    const asked = regionalCopies ? some(regions, region) : object;
    const detailed = answers % 2 === 0;
    const { answer, truth } = await askTime(world, asked, some(isolates, index), detailed);
    if (!answer.ok) return;
    answers++;
    expect(contains(answer.value, truth)).toBe(true);
    expect(contains(answer.value, answer.value.time)).toBe(true);
    if (detailed) expectBudget(timeAnswer(answer.value));
  };

  for (const event of happenings) {
    if ('delays' in event) {
      object.setDelays(event.delays, event.lateness);
      for (const region of regions) region.setDelays(event.delays, 1 - event.lateness);
    }
    switch (event.kind) {
      case 'post': {
        const gateway = some(gateways, event.gateway);
        const loses = event.loses % 4 === 0;
        for (let count = 0; count < event.times; count++) {
          const word = { ...event, loses, lieMs: lieOf(gateway) };
          const outcome = await gateway.post(some(isolates, event.isolate), event.delays, word);
          if (gateway !== liar) expect(outcome).toMatchObject({ ok: true });
        }
        break;
      }
      case 'replay': {
        const { posted } = some(gateways, event.gateway);
        if (posted.length === 0 || liar) break;
        const { jws, sample } = some(posted, event.sample);
        const request = { origin: ORIGIN, location: 'local', gatewayKey: undefined };
        const receipt = await some(isolates, event.isolate).keep(object.scope, jws, sample, [], request);
        expect(receipt?.reading).toMatchObject({ ok: false, reason: 'replayed' });
        break;
      }
      case 'ask':
        await check(event.isolate, event.region);
        break;
      case 'wait':
        world.pass(event.ms);
        break;
      case 'gateway answers': {
        const gateway = some(gateways, event.gateway);
        gateway.setPull(event.pull && { ...event.pull, lieMs: lieOf(gateway) });
        break;
      }
      case 'cache falls behind':
        object.fallBehind(event.copies);
        break;
      case 'object restarts':
        object.restart(clockOf(event.clock));
        break;
      case 'object fails':
        object.setUp(event.isUp);
        break;
      case 'copy restarts':
        some(regions, event.region).restart(clockOf(event.clock));
        break;
      case 'gateway restarts':
        some(gateways, event.gateway).restart();
        break;
      case 'isolate restarts':
        isolates[event.isolate % isolates.length] = startIsolate(world, `new-${restarts++}`, clockOf(event.clock));
    }
  }
  for (const index of isolates.keys()) await check(index, index);
  const hasFailed = happenings.some((event) => event.kind === 'object fails' && !event.isUp);
  for (const isolate of isolates) {
    const { contradictions, objectFailures } = isolate.health();
    if (!hasFailed) expect(objectFailures).toBe(0);
    if (!liar) expect(contradictions).toBe(0);
  }
  return answers;
};

describe('the interval always holds true time, whatever the clocks, the delays and the order of events', () => {
  it.each([1, 2, 3])('where gateways are honest and %i must agree', async (quorum) => {
    let answers = 0;
    await fc.assert(
      fc.asyncProperty(setting, async (drawn) => {
        answers += await play(drawn, { quorum });
      }),
      { numRuns: draws(60) },
    );
    expect(answers).toBeGreaterThan(draws(20));
  });

  it('where isolates ask the copies of their regions', async () => {
    let answers = 0;
    await fc.assert(
      fc.asyncProperty(setting, async (drawn) => {
        answers += await play(drawn, { quorum: 2, regionalCopies: true });
      }),
      { numRuns: draws(30) },
    );
    expect(answers).toBeGreaterThan(draws(10));
  });

  it('where isolates ask gateways themselves, of which one may lie', async () => {
    const liesMs = fc.array(evenly({ min: -100, max: 100 }), { maxLength: 3 });
    let answers = 0;
    await fc.assert(
      fc.asyncProperty(setting, liesMs, async (drawn, liesMs) => {
        answers += await play(drawn, { quorum: 2, liesMs, pulls: true });
      }),
      { numRuns: draws(20) },
    );
    expect(answers).toBeGreaterThan(draws(10));
  });

  it('where one of three lies, by a little or a lot, always alike or each time otherwise', async () => {
    const lie = fc.oneof(evenly({ min: -100, max: 100 }), evenly({ min: -1e7, max: 1e7 }));
    const liesMs = fc.array(lie, { minLength: 1, maxLength: 5 });
    let answers = 0;
    await fc.assert(
      fc.asyncProperty(setting, liesMs, fc.boolean(), async (drawn, liesMs, regionalCopies) => {
        answers += await play(drawn, { quorum: 2, liesMs, regionalCopies });
      }),
      { numRuns: draws(60) },
    );
    expect(answers).toBeGreaterThan(draws(10));
  });
});

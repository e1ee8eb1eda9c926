/** What a scenario finds is what was there to be found: a judge that misses nothing proves nothing. */
import { describe, expect, it } from 'vitest';
import { nanos, seconds } from '#contract/time.ts';
import { makeChrony } from './baselines/chrony.ts';
import { missesOf, type Outcome, ratioOf, runScenario } from './run-scenario.ts';
import { at, type Bounds, perfect, queued, type Scenario, worldOf } from './scenarios/scenario.ts';

/** One server that lies by 1 s from `from` until `until`, seconds after the start. */
const lyingFor = (from: number, until: number): Scenario => ({
  name: 'a sole liar',
  make: worldOf(() => ({
    servers: {
      liar: perfect({
        ...queued(5, 0.5),
        error: (now) => (now >= at(from) && now < at(until) ? seconds(1) : nanos(0)),
      }),
    },
    every: { minPoll: 4, maxPoll: 4 },
  })),
  length: 1_000,
  warmUp: 100,
  quick: 1_000,
});

describe('a run', () => {
  it('counts each second without true time', async () => {
    const { wrong, wrongFor, steps } = await runScenario(lyingFor(300, 500), 1);
    expect(wrong).toBeGreaterThan(180);
    expect(wrong).toBeLessThan(220);
    expect(wrongFor).toBe(0);
    expect(steps).toBe(2);
  });

  it('excuses those that a breach explains, from when it happens for as long as was said', async () => {
    const within = async (from: number, within: number) =>
      runScenario({ ...lyingFor(300, 500), breaks: { assumption: 'A1', from, within } }, 1);
    expect(await within(300, 220)).toMatchObject({ wrong: 0 });
    const short = await within(300, 100);
    expect(short.wrong).toBeGreaterThan(80);
    expect(short.wrongFor).toBeGreaterThan(195);
    expect(short.wrongFor).toBeLessThan(220);
    expect((await within(400, 200)).wrong).toBeGreaterThan(80);
  });

  it('judges by UTC where that parts from the world’s time', async () => {
    const scenario = { ...lyingFor(0, 2_000), utc: () => seconds(1) };
    expect(await runScenario(scenario, 1)).toMatchObject({ wrong: 0, steps: 0 });
  });

  it('lets happen what is to happen, when it is to, and goes on to the end', async () => {
    const seen: number[] = [];
    const happenings = [200, 600].map((second) => ({
      at: second,
      act: async (world: Parameters<NonNullable<Scenario['happenings']>[number]['act']>[0]) => {
        seen.push(Number(world.now() - at(0)) / 1e9);
        await world.suspend(seconds(50));
      },
    }));
    const { steps } = await runScenario({ ...lyingFor(0, 0), happenings }, 1);
    expect(seen).toEqual([200, 600]);
    expect(steps).toBe(2);
    await runScenario({ ...lyingFor(0, 0), happenings }, 1, [], 400);
    expect(seen).toEqual([200, 600, 200]);
  });

  it('is compared where that is fair, and not where contestants are not told', async () => {
    const scenario = lyingFor(0, 0);
    expect((await runScenario(scenario, 1, [makeChrony()])).beside.size).toBe(1);
    expect((await runScenario({ ...scenario, alone: true }, 1, [makeChrony()])).beside.size).toBe(0);
  });
});

describe('misses', () => {
  const verdict = {
    ...{ rms: nanos(10), p999: nanos(30), worst: nanos(40), frequencyRms: 1e-6, frequencyWorst: 2e-6 },
    ...{ toMillisecond: nanos(5e9), coverage: 1, width: nanos(100), availability: 1 },
  };
  const outcome: Outcome = {
    verdicts: new Map([['noonmark', verdict]]),
    beside: new Map([['peer', { ours: verdict, theirs: { rms: nanos(10), width: nanos(100) } }]]),
    wrong: 0,
    wrongFor: 0,
    steps: 0,
    sources: { a: 'selected' },
  };
  const misses = (bounds: Bounds, ...outcomes: Outcome[]) => missesOf({ ...lyingFor(0, 0), bounds }, outcomes, 'peer');
  const ours = (change: Partial<typeof verdict>): Outcome => ({
    ...outcome,
    verdicts: new Map([['noonmark', { ...verdict, ...change }]]),
  });
  const beside = (rms: number, width: number): Outcome => ({
    ...outcome,
    beside: new Map([['peer', { ours: verdict, theirs: { rms: nanos(rms), width: nanos(width) } }]]),
  });

  it('are none where all is met, to the last digit', () => {
    expect(misses({ rms: 10, worst: 40, frequencyRms: 1e-6, frequencyWorst: 2e-6 }, outcome)).toEqual([]);
    expect(misses({ toMillisecond: 5e9, verdicts: { a: 'selected' } }, outcome)).toEqual([]);
  });

  it.each([
    [{ rms: 9 }, outcome, 'rms 10.0, not 9'],
    [{ worst: 39 }, outcome, 'worst 40.0, not 39'],
    [{ frequencyRms: 9e-7 }, outcome, 'frequencyRms 0.00000100, not 9e-7'],
    [{ frequencyWorst: 1e-6 }, outcome, 'frequencyWorst 0.00000200, not 0.000001'],
    [{ toMillisecond: 4e9 }, outcome, 'toMillisecond 5.00e+9, not 4000000000'],
    [{ verdicts: { a: 'falseticker' } }, outcome, 'a is selected, not falseticker'],
    [{}, { ...outcome, wrong: 1 }, 'seconds without true time 1.00, not 0'],
    [{}, { ...outcome, steps: 1 }, 'steps 1.00, not 0'],
    [{}, ours({ availability: 0.998 }), 'availability 0.998, not 0.999'],
    [{ rms: 10 }, ours({ rms: nanos(Number.NaN) }), 'rms NaN, not 10'],
    [{}, beside(9, 100), 'rms ratio 1.11, not 1'],
    [{}, beside(10, 90), 'width ratio 1.11, not 1'],
    [{ rmsRatio: 0.5 }, outcome, 'rms ratio 1.00, not 0.5'],
  ] as [Bounds, Outcome, string][])('of %j', (bounds, one, miss) => {
    expect(misses(bounds, one)).toEqual([miss]);
  });

  it('are looked for with every seed', () => {
    expect(misses({}, outcome, { ...outcome, wrong: 1 }, outcome)).toHaveLength(1);
  });

  it('are not asked for a ratio or availability where something is broken', () => {
    const breaks = { assumption: 'A1', from: 0, within: 0 } as const;
    const poor = { ...beside(1, 1), ...ours({ availability: 0 }), steps: 3 };
    expect(missesOf({ ...lyingFor(0, 0), breaks }, [poor], 'peer')).toEqual([]);
    expect(missesOf({ ...lyingFor(0, 0), breaks }, [{ ...poor, wrong: 1 }], 'peer')).toHaveLength(1);
  });

  it('know ratios of means, not means of ratios', () => {
    const [a, b] = [
      { ours: { rms: nanos(1), width: nanos(1) }, theirs: { rms: nanos(1), width: nanos(1) } },
      { ours: { rms: nanos(5), width: nanos(1) }, theirs: { rms: nanos(2), width: nanos(3) } },
    ];
    expect(ratioOf([a, b], 'rms')).toBe(2);
    expect(ratioOf([a, b], 'width')).toBe(0.5);
  });
});

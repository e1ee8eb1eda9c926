/**
 * After chrony's own simulation tests (chrony, test/simulation, by number), with the bounds that they set. Where those allow
 * time for a slew, our clock, which has nothing to slew, is given the same.
 */
import { milliseconds, seconds } from '#contract/time.ts';
import { asymmetric, exponential, recurring } from '../noise.ts';
import type { SimulatedServer } from '../server.ts';
import { START } from '../world.ts';
import {
  type Bounds,
  PROVEN,
  perfect,
  queued,
  type Scenario,
  type ServerOptions,
  type WorldOptions,
  worldOf,
} from './scenario.ts';

/** test.common: synchronized 210 s after the start, from when on the rest holds. */
const SYNCHRONIZED: Bounds = { worst: 1e6, rms: 3e5, frequencyWorst: 5e-4, frequencyRms: 1e-5 };
const BOUNDS: Bounds = { ...SYNCHRONIZED, toMillisecond: 210e9, widthRatio: PROVEN.asItPays };
const PATH = queued(0.1, 0.1);
const OSCILLATOR = { frequency: 1e-4, wander: 1e-9 };

const oneServer = (path: ServerOptions = {}, options: Partial<WorldOptions> = {}) =>
  worldOf(() => ({
    servers: { a: perfect({ ...PATH, ...path }) },
    oscillator: OSCILLATOR,
    wallOffset: milliseconds(100),
    ...options,
  }));

const defaults = { length: 10_000, warmUp: 210, quick: 5_000, bounds: BOUNDS };

const percent = (frequency: number): string => `${frequency > 0 ? '+' : '−'}${100 * Math.abs(frequency)} %`;

/** Each packet reaches its end four times. */
const fourfold = ({ travel, answer }: SimulatedServer): SimulatedServer => ({
  travel: (dice, now) => travel(dice, now).flatMap((arrival) => [arrival, arrival, arrival, arrival]),
  answer: (request, now, dice) => answer(request, now, dice).flatMap((reply) => [reply, reply, reply, reply]),
});

const stepsOf = (by: number, every: number, until: number): Scenario['happenings'] =>
  Array.from({ length: Math.floor(until / every) }, (_, i) => ({
    at: 150 + i * every,
    act: (world) => world.stepWall(seconds(by)),
  }));

export const CHRONY: readonly Scenario[] = [
  { name: 'defaults (001)', make: oneServer(), ...defaults },
  ...[-5e-2, -5e-3, 5e-3, 5e-2].map((frequency) => ({
    ...defaults,
    name: `an oscillator that errs by ${percent(frequency)} (003)`,
    make: oneServer({}, { oscillator: { frequency, wander: 1e-9 }, config: { maxDrift: 1.2 * Math.abs(frequency) } }),
    warmUp: 1_000,
    bounds: { ...BOUNDS, toMillisecond: 1_000e9 },
  })),
  ...[-100, 100].map((offset) => ({
    ...defaults,
    name: `a wall clock that is ${offset} s off (004)`,
    make: oneServer({}, { wallOffset: seconds(offset) }),
  })),
  ...[-1e5, -100, 100, 1e5, 1e8].map((by) => ({
    ...defaults,
    name: `a wall clock that is set by ${by} s (005)`,
    make: oneServer(),
    happenings: stepsOf(by, 1e5, 1e5),
  })),
  ...[-1e4, 1e4].map((by) => ({
    ...defaults,
    name: `a wall clock that is set by ${by} s each 500 s (005)`,
    make: oneServer(),
    happenings: stepsOf(by, 500, 5_000),
  })),
  {
    ...defaults,
    name: 'jitter of 0.1 s (006)',
    make: oneServer({ noise: exponential(milliseconds(100)) }),
    bounds: { rms: 1e8 },
  },
  {
    ...defaults,
    name: 'wander of 1e-7 (007)',
    make: oneServer({}, { oscillator: { frequency: 1e-4, wander: 1e-7 } }),
    // With such a wander chrony-like's root distance is at times false.
    bounds: { rms: 1e6, widthRatio: 1.7 },
  },
  {
    ...defaults,
    name: 'the end of NTP’s first era, 500 s after the start (008)',
    make: oneServer({}, { start: BigInt(Date.parse('2036-02-07T06:19:56Z')) * 1_000_000n }),
  },
  {
    ...defaults,
    name: 'each packet four times (010)',
    make: worldOf(() => ({ servers: { a: fourfold(perfect(PATH)) }, oscillator: OSCILLATOR })),
  },
  {
    ...defaults,
    name: 'queues on one way alone (011)',
    make: oneServer({ noise: asymmetric(exponential(milliseconds(0.5)), 0.47) }),
    length: 100_000,
    warmUp: 1_000,
  },
  {
    ...defaults,
    name: 'a link that is up 1200 s of each 10 000 s (014)',
    make: oneServer({ isUp: recurring(START, seconds(1_200), seconds(10_000)) }),
    length: 100_000,
    quick: 25_000,
    bounds: { toMillisecond: 210e9, widthRatio: PROVEN.often },
  },
  {
    ...defaults,
    name: 'a link that lets one request of 20 pass (014)',
    make: oneServer({ loss: 1 - Math.sqrt(1 / 20) }),
    length: 100_000,
    warmUp: 10_000,
    quick: 100_000,
    // Missed: until a second reply has come, 500 ppm pass the limit of 1.5 s within 3000 s, and one poll of 20 is answered. Of the
    // dozen replies of a day, chance decides who makes more.
    bounds: { availability: 0.8, rmsRatio: 1.3, widthRatio: 1.1 },
  },
  {
    ...defaults,
    name: 'a third of all packets is lost, and all of one server’s (125)',
    make: worldOf(() => ({
      servers: {
        a: perfect({ ...PATH, loss: 0.33 }),
        b: perfect({ ...PATH, loss: 0.33 }),
        dead: perfect({ ...PATH, loss: 1 }),
      },
      oscillator: OSCILLATOR,
    })),
    bounds: { ...BOUNDS, verdicts: { a: 'selected', b: 'selected', dead: 'unreachable' } },
  },
  {
    ...defaults,
    name: 'a server that limits rates (135)',
    make: oneServer({ limit: { interval: seconds(128), burst: 2 } }),
    // Missed: from the first two replies no frequency can be told, and the next comes minutes later. We tell the time meanwhile,
    // 100 ppm off; chrony-like waits, and is nearer when it begins.
    bounds: { rmsRatio: 1.8, widthRatio: PROVEN.asItPays },
  },
];

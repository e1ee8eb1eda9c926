/** What networks do: laws of delay, of which none is known to the estimator, and paths that change. */
import { milliseconds, nanos, seconds } from '#contract/time.ts';
import {
  bursts,
  constant,
  during,
  exponential,
  type Noise,
  normal,
  pareto,
  recurring,
  since,
  spikes,
  sum,
  weibull,
} from '../noise.ts';
import { START } from '../world.ts';
import { at, type Bounds, PROVEN, perfect, queued, type Scenario, type ServerOptions, worldOf } from './scenario.ts';

type Row = {
  readonly name: string;
  readonly path: ServerOptions;
  readonly wander: number;
  readonly polls?: { readonly minPoll: number; readonly maxPoll: number };
  readonly bounds: Bounds;
};

const POLL_6 = { minPoll: 6, maxPoll: 6 };
const POLL_4 = { minPoll: 4, maxPoll: 4 };
const bell = { there: milliseconds(10), back: milliseconds(10), noise: normal(milliseconds(0.3)) };

const ROWS: readonly Row[] = [
  { name: 'lan', path: queued(0.1, 0.02), wander: 1e-9, bounds: { rmsRatio: 0.6 } },
  { name: 'wan', path: queued(10, 1), wander: 1e-9, bounds: { rmsRatio: 0.45 } },
  { name: 'wan, stable clock', path: queued(10, 1), wander: 1e-10, bounds: { rmsRatio: 0.25 } },
  {
    name: 'wan, wandering clock',
    path: queued(10, 1),
    wander: 1e-8,
    bounds: { rmsRatio: 0.65, widthRatio: PROVEN.often },
  },
  { name: 'wifi', path: queued(1, 3), wander: 1e-8, polls: POLL_4, bounds: { rmsRatio: 0.45 } },
  { name: 'symmetric noise', path: bell, wander: 1e-9, bounds: { rmsRatio: 1, widthRatio: PROVEN.often } },
  {
    name: 'wan, polls as they pay',
    path: queued(10, 1),
    wander: 1e-9,
    polls: { minPoll: 6, maxPoll: 10 },
    bounds: { widthRatio: PROVEN.asItPays },
  },
];

/** 28 hours with one server: the model, and the figures of chronyd itself, are those of docs/accuracy.md. */
const rows = ROWS.map(({ name, path, wander, polls = POLL_6, bounds }) => ({
  name,
  make: worldOf(() => ({
    servers: { a: perfect(path) },
    every: polls,
    oscillator: { frequency: 2e-5, wander },
  })),
  length: 100_000,
  warmUp: 10_000,
  quick: 12_000,
  bounds,
}));

/** Of bursts, a neighbour's and a microwave oven's, upon a network that is quick else. */
const wifi = (): Noise =>
  sum(exponential(milliseconds(0.5)), bursts(seconds(20), seconds(100), exponential(milliseconds(30))));

const day = { length: 86_400, warmUp: 3_600, quick: 8_000, bounds: { widthRatio: PROVEN.asItPays } };
const oscillator = { frequency: 2e-5, wander: 1e-9 };

/** @param noise - made anew for each run. */
const withNoise = (noise: () => Noise | { readonly there: Noise; readonly back: Noise }, least = 5) =>
  worldOf(() => ({
    servers: { a: perfect({ there: milliseconds(least), back: milliseconds(least), noise: noise() }) },
    oscillator,
  }));

export const NETWORKS: readonly Scenario[] = [
  ...rows,
  { ...day, name: 'heavy tails: Pareto of shape 1.5', make: withNoise(() => pareto(milliseconds(1), 1.5)) },
  { ...day, name: 'heavy tails: Weibull of shape 0.5', make: withNoise(() => weibull(milliseconds(1), 0.5)) },
  {
    ...day,
    name: 'a floor that is hard to find: Weibull of shape 2',
    make: withNoise(() => weibull(milliseconds(1), 2)),
  },
  {
    ...day,
    name: 'spikes of 100 ms, one packet of ten',
    make: withNoise(() => sum(exponential(milliseconds(0.5)), spikes(0.1, exponential(milliseconds(100))))),
  },
  { ...day, name: 'Wi-Fi with bursts', make: withNoise(wifi, 1) },
  {
    ...day,
    name: 'a backup that fills the link for six hours of each day',
    make: withNoise(() =>
      sum(
        exponential(milliseconds(0.5)),
        during(recurring(START, seconds(21_600), seconds(86_400)), exponential(milliseconds(20))),
      ),
    ),
  },
  {
    ...day,
    name: 'one way becomes 20 ms longer after six hours',
    make: withNoise(() => ({
      there: sum(exponential(milliseconds(0.5)), during(since(at(21_600)), constant(milliseconds(20)))),
      back: exponential(milliseconds(0.5)),
    })),
    // What the longer way may hide is 10 ms on either side; chrony-like's root distance, which is less, is false for hours.
    bounds: { widthRatio: 1.9 },
  },
  {
    ...day,
    name: 'a room that warms and cools by 1 ppm each day',
    make: worldOf(() => ({
      servers: { a: perfect(queued(5, 0.5)) },
      oscillator: { ...oscillator, sine: { amplitude: 1e-6, period: nanos(86_400e9) } },
    })),
  },
];

/** The estimator knows how wrong it is: what it is off by, over the standard deviation that it states, is about one. */
import { describe, expect, it } from 'vitest';
import { after, between, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import { type Estimator, estimate, learn } from '../../ntp-gateway/discipline/estimator.ts';
import { type Dice, randomFrom } from '../support/dice.ts';
import { rms } from '../support/one-way.ts';

const queue = (base: number, mean: number) => (dice: Dice) => base + mean * dice.exponential();
const bell = (dice: Dice) => 1e-2 + 3e-4 * dice.normal();

/** The courses of baselines/baselines.test.ts: seconds, and per √s the random walk of the frequency. */
const COURSES = [
  { name: 'lan', wander: 1e-9, delay: queue(1e-4, 2e-5), poll: 64 },
  { name: 'wan', wander: 1e-9, delay: queue(1e-2, 1e-3), poll: 64 },
  { name: 'wan, stable clock', wander: 1e-10, delay: queue(1e-2, 1e-3), poll: 64 },
  { name: 'wan, wandering clock', wander: 1e-8, delay: queue(1e-2, 1e-3), poll: 64 },
  { name: 'wifi', wander: 1e-8, delay: queue(1e-3, 3e-3), poll: 16 },
  { name: 'symmetric noise', wander: 1e-9, delay: bell, poll: 64 },
];

const START = unixNanos(1_795_336_200_000_000_000n);
const MONO = monoNanos(1_000_000_000n);
const OSCILLATOR = { maxDrift: 5e-4 };
const [SETTLED, COUNT] = [50, 400];

/** Halfway between polls, once settled. */
const residuals = (
  { wander, delay, poll }: (typeof COURSES)[number],
  seed: number,
): { time: number; rate: number }[] => {
  const dice = randomFrom(seed);
  let [now, gained, frequency] = [0, 0, 2e-5];
  let estimator: Estimator | undefined;
  /** Of our oscillator, `later` seconds from now; it wanders from poll to poll. */
  const mono = (later: number) => after(MONO, seconds(now + gained + later * (1 + frequency)));
  const utc = (later: number) => after(START, seconds(now + later));
  const pass = (length: number): void => {
    gained += length * frequency;
    now += length;
    frequency += wander * Math.sqrt(length) * dice.normal();
  };
  const looks: { time: number; rate: number }[] = [];
  for (let i = 0; i < COUNT; i++) {
    const [there, back] = [delay(dice), delay(dice)];
    const exchange = { t1: mono(0), t2: utc(there), t3: utc(there), t4: mono(there + back) };
    const stated = { rootDelay: nanos(0), rootDispersion: nanos(0), referenceId: 1, referenceTime: exchange.t2 };
    estimator = learn(estimator, { exchange, leap: 'none', stratum: 1, precision: nanos(100), ...stated }, OSCILLATOR);
    for (let part = 0; part < 8; part++) pass(poll / 16);
    if (i >= SETTLED) {
      const {
        time,
        standardDeviation,
        frequency: rate,
        frequencyDeviation,
      } = estimate(estimator!, mono(0), OSCILLATOR);
      const truth = -frequency / (1 + frequency); // UTC against our oscillator
      looks.push({ time: between(utc(0), time) / standardDeviation, rate: (rate - truth) / frequencyDeviation });
    }
    for (let part = 0; part < 8; part++) pass(poll / 16);
  }
  return looks;
};

describe('normalised residuals', () => {
  it.each(COURSES)('$name', (course) => {
    const all = [1, 2, 3, 4].flatMap((seed) => residuals(course, seed));
    const [time, rate] = [rms(all.map((one) => one.time)), rms(all.map((one) => one.rate))];
    expect(time).toBeGreaterThan(0.5);
    expect(time).toBeLessThan(2);
    expect(rate).toBeGreaterThan(0.3); // a stable clock is never quite taken for one
    expect(rate).toBeLessThan(2);
  });
});

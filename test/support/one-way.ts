/** Exchanges as hypotheses see them, of an oscillator and a path whose truth is known. */
import type { OneWay } from '../../ntp-gateway/discipline/hypothesis.ts';
import { type Dice, randomFrom } from './dice.ts';

/** ns, s, and ns/s per √s. */
export type Watch = {
  readonly seed: number;
  readonly count: number;
  /** Of the exchange in question, above a floor of 5 ms each way. */
  readonly there: (dice: Dice, i: number) => number;
  readonly back?: (dice: Dice, i: number) => number;
  readonly gap?: number;
  readonly wander?: number;
  /** What is added to the rate before the exchange in question, ns/s. */
  readonly rateStep?: (i: number) => number;
};
export type Seen = { readonly delays: OneWay; readonly offset: number; readonly rate: number };

export const FLOOR = 5e6;
/** Of the random walk, between two exchanges. */
const STEPS = 16;

export const exchanges = (watch: Watch): Seen[] => {
  const { seed, count, there, back = there, gap = 16, wander = 0, rateStep = () => 0 } = watch;
  const dice = randomFrom(seed);
  let [offset, rate] = [0, 0];
  return Array.from({ length: count }, (_, i) => {
    for (let step = 0; i > 0 && step < STEPS; step++) {
      offset += (rate * gap) / STEPS;
      rate += wander * Math.sqrt(gap / STEPS) * dice.normal();
    }
    rate += rateStep(i);
    const delays = { there: FLOOR + there(dice, i) + offset, back: FLOOR + back(dice, i) - offset, resolution: 100 };
    return { delays, offset, rate };
  });
};

export const rms = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

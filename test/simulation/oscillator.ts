/** An oscillator that errs: by a fixed ratio, by a random walk, with the temperature, and by steps. */
import type { Nanos } from '#contract/time.ts';
import { nanos } from '#contract/time.ts';
import type { Dice } from '../support/dice.ts';

/** Frequencies are ratios, as in the core: 1e-6 is one ppm, positive means that it is slow. */
export type OscillatorOptions = {
  readonly frequency?: number;
  /** The standard deviation of the frequency's random walk per √s. */
  readonly wander?: number;
  /** A room that warms and cools. */
  readonly sine?: { readonly amplitude: number; readonly period: Nanos };
  /** What is added to the frequency once it has run for so long. */
  readonly steps?: readonly { readonly at: Nanos; readonly by: number }[];
};

export type Oscillator = {
  /** How much it has lost after it has run for `ran` of true time, ns; to be asked in the order of time. */
  readonly lost: (ran: Nanos) => Nanos;
  /** As it was when last asked. */
  readonly frequency: () => number;
};

const SECOND = 1e9;

/** Its frequency is constant within each second, so the loss is exact: a line from second to second. */
export const makeOscillator = (options: OscillatorOptions, dice: Dice): Oscillator => {
  const { frequency = 0, wander = 0, sine = { amplitude: 0, period: SECOND }, steps = [] } = options;
  const at = (ran: number): number =>
    frequency +
    sine.amplitude * Math.sin((2 * Math.PI * ran) / sine.period) +
    steps.reduce((sum, step) => (ran >= step.at ? sum + step.by : sum), 0);
  let walked = 0;
  let segment = { from: 0, lost: 0, frequency: at(0) };
  return {
    lost: (ran) => {
      while (ran >= segment.from + SECOND) {
        if (wander > 0) walked += wander * dice.normal();
        const from = segment.from + SECOND;
        segment = { from, lost: segment.lost + segment.frequency * SECOND, frequency: at(from) + walked };
      }
      return nanos(segment.lost + segment.frequency * (ran - segment.from));
    },
    frequency: () => segment.frequency,
  };
};

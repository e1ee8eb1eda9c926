import { between, type MonoNanos } from '#contract/time.ts';
import type { Ports } from '../ports.ts';

/** `setTimeout` holds no more than 2^31 − 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

export const timerOn =
  (mono: () => MonoNanos): Ports['timer'] =>
  (at, fire) => {
    const wait = Math.ceil(between(mono(), at) / 1e6);
    const timer = setTimeout(fire, Math.min(Math.max(0, wait), LONGEST_MS));
    return () => clearTimeout(timer);
  };

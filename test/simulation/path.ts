/** The network between the gateway and one server. Delays are drawn anew for each packet, so packets overtake each other. */
import { milliseconds, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';
import type { Dice } from '../support/dice.ts';
import { exponential, type Noise, type When } from './noise.ts';

/** How long a packet travels that sets out now: nothing where it is lost, more than one where it is duplicated. */
export type Way = (dice: Dice, now: UnixNanos) => readonly Nanos[];
export type Path = { readonly there: Way; readonly back: Way };

export type PathOptions = {
  /** The least time on each way. */
  readonly there?: Nanos;
  readonly back?: Nanos;
  /** What comes on top of it, on each way. */
  readonly noise?: Noise | { readonly there: Noise; readonly back: Noise };
  /** Probabilities, for each packet on each way. */
  readonly loss?: number;
  readonly duplication?: number;
  readonly isUp?: When;
};

export const makePath = (options: PathOptions): Path => {
  const { there = milliseconds(5), back = milliseconds(5), noise = exponential(milliseconds(0.2)) } = options;
  const { loss = 0, duplication = 0, isUp = () => true } = options;
  const way =
    (base: Nanos, added: Noise): Way =>
    (dice, now) => {
      if (!isUp(now) || dice.fraction() < loss) return [];
      const copies = dice.fraction() < duplication ? 2 : 1;
      return Array.from({ length: copies }, () => nanos(Math.max(0, base + added(dice, now))));
    };
  const added = typeof noise === 'function' ? { there: noise, back: noise } : noise;
  return { there: way(there, added.there), back: way(back, added.back) };
};

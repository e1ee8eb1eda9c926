/** The platform's machines: clocks that keep to what is assumed of them, and use all of it. */
import type { Dice } from '../../support/dice.ts';
import { type ClockError, wanderingClock } from '../../support/wandering-clock.ts';

/** The share of the drift that all machines have in common: the platform goes astray as a whole. */
const COMMON = 0.1;
/** All of them are so far ahead of true time, give or take the second number: nothing is assumed about that. */
const AHEAD_MS = 2_700;
const AHEAD_REACH_MS = 150;

/**
 * @param spreadMs - no two of its clocks are ever farther apart.
 * @param drift - as in the settings: how far true time may run apart from a clock, per second of that clock.
 */
export const makePlatform = (spreadMs: number, drift: number, dice: Dice) => {
  const rate = drift / (1 + drift); // per second of true time
  const common = wanderingClock(AHEAD_MS, AHEAD_REACH_MS, rate * COMMON, dice.fraction());
  const half = spreadMs / 2;
  return {
    /** A third of them go from one end of the spread to the other, as fast as they may. */
    machine: (): ClockError => {
      const isWorst = dice.fraction() < 1 / 3;
      const reach = isWorst ? half : half * dice.fraction();
      const aside = (half - reach) * (2 * dice.fraction() - 1);
      const pace = rate * (1 - COMMON) * (isWorst ? 1 : dice.fraction());
      const own = wanderingClock(aside, reach, pace, dice.fraction());
      return (ms) => common(ms) + own(ms);
    },
  };
};
export type Platform = ReturnType<typeof makePlatform>;

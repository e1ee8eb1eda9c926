import { describe, expect, it } from 'vitest';
import { type Guess, guessAgain, guessAt } from '../../client/guess.ts';
import { type Dice, randomFrom } from '../support/dice.ts';

/** True time where the monotonic clock reads 0. */
const TRUTH = Date.UTC(2026, 10, 30);

type World = {
  readonly there: (dice: Dice) => number;
  readonly back: (dice: Dice) => number;
  /** True time − the monotonic clock as that reads `mono`, besides `TRUTH`. */
  readonly apart?: (mono: number) => number;
  /** What the edge reads of an instant. */
  readonly read?: (time: number) => number;
};

/** What has been learnt of questions that were asked at these readings. */
const guessOf = (sent: readonly number[], { there, back, apart = () => 0, read = (time) => time }: World, seed = 1) => {
  const dice = randomFrom(seed, 'guess');
  let guess: Guess | undefined;
  for (const at of sent) {
    const told = at + there(dice);
    const time = read(TRUTH + told + apart(told));
    guess = guessAgain(guess, { sent: at, time, received: told + back(dice) });
  }
  return guess!;
};
const burst = (count: number, from = 0): readonly number[] => Array.from({ length: count }, (_, i) => from + 100.3 * i);
/** As often as a clock asks: more and more seldom. */
const halfAnHour = [...burst(16), ...[1, 3, 7, 15, 31].flatMap((s) => burst(4, s * 1_000 + 1_600))].concat(
  Array.from({ length: 28 }, (_, i) => burst(4, (i + 1) * 64_000)).flat(),
);
const jitter = (least: number, mean: number) => (dice: Dice) => least + mean * dice.exponential();

/** In ms, as the monotonic clock reads `mono`; the median of three seeds. */
const errorAt = (mono: number, sent: readonly number[], world: World): number => {
  const errors = Array.from({ length: 3 }, (_, seed) => {
    const truth = TRUTH + (world.apart?.(mono) ?? 0);
    return Math.abs(guessAt(guessOf(sent, world, seed), mono) - truth);
  });
  return errors.sort((a, b) => a - b)[1]!;
};

describe('the best guess', () => {
  it('is the middle between one question and its answer', () => {
    const guess = guessAgain(undefined, { sent: 10, time: TRUTH, received: 30 });
    expect(guessAt(guess, 20)).toBeCloseTo(TRUTH - 20, 2);
  });

  it('goes by the quickest question and the quickest answer, of whichever exchanges', () => {
    const oneByOne = (...delays: number[]) => {
      return () => delays.shift()!;
    };
    const guess = guessOf([0, 200, 400], { there: oneByOne(10, 90, 70), back: oneByOne(45, 10, 60) });
    expect(guessAt(guess, 500)).toBeCloseTo(TRUTH, 1);
  });

  it('takes the jitter of one burst for no rate', () => {
    const guess = guessOf(burst(16), { there: jitter(5, 40), back: jitter(5, 2) });
    expect(Math.abs(guess.rate)).toBeLessThan(0.1e-6);
  });

  it.each([-150, -20, 0, 60, 400])('finds out how fast this clock runs: %d ppm', (ppm) => {
    const world = { there: jitter(8, 5), back: jitter(8, 5), apart: (mono: number) => mono * ppm * 1e-6 };
    expect(Math.abs(guessOf(halfAnHour, world).rate - ppm * 1e-6)).toBeLessThan(6e-6);
    // A minute after the last question. Without the rate it would be off by 3.6 ms for 60 ppm, and by what it had kept from before.
    expect(errorAt(29 * 64_000, halfAnHour, world)).toBeLessThan(1);
  });

  it('lets go of what was before the clock was slewed', () => {
    const slewed = 20 * 64_000;
    const world = { there: jitter(8, 5), back: jitter(8, 5), apart: (mono: number) => (mono < slewed ? 0 : -60) };
    expect(errorAt(29 * 64_000, halfAnHour, world)).toBeLessThan(1);
  });

  it('is nearer than the step of the edge’s clock, where the network is quicker than that', () => {
    const read = (time: number): number => Math.floor(time) + 0.5;
    const world = { there: jitter(0.2, 0.1), back: jitter(0.2, 0.1), apart: (mono: number) => mono * 20e-6, read };
    expect(errorAt(2_000, burst(16), world)).toBeLessThan(0.1);
    expect(errorAt(29 * 64_000, halfAnHour, world)).toBeLessThan(0.5);
  });

  it('keeps so much and no more', () => {
    expect(guessOf(halfAnHour, { there: jitter(8, 5), back: jitter(8, 5) }).sightings).toHaveLength(64);
  });
});

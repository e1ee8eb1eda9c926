/** The cache of one location: quick, and with no promise to keep anything, or to show what was written last. */
import { ok, refuse } from '#contract/result.ts';
import type { Bytes } from '#contract/web-platform.ts';
import type { LocationCache } from '../../../worker/location-cache.ts';
import type { Dice } from '../../support/dice.ts';
import type { Course } from './course.ts';

const FORGETS = 0.05;
const FAILS = 0.01;
/** A location has many machines, and each may have a copy of its own. */
const COPIES = 3;

/** @param maxAgeMs - as long as a copy is kept. */
export const makeCache = (course: Course, maxAgeMs: number, dice: Dice): LocationCache => {
  const copies: { readonly bytes: Bytes; readonly untilMs: number }[] = [];
  const reach = async (): Promise<void> => {
    await course.wait(0.5 + dice.exponential());
    if (dice.fraction() < FAILS) throw new Error('the cache fails');
  };
  const any = (): number => Math.floor(COPIES * dice.fraction());
  return {
    read: async () => {
      await reach();
      const copy = copies[any()];
      return copy && course.passedMs() < copy.untilMs && dice.fraction() >= FORGETS ? ok(copy.bytes) : refuse('miss');
    },
    write: async (bytes) => {
      await reach();
      copies[any()] = { bytes, untilMs: course.passedMs() + maxAgeMs };
    },
  };
};

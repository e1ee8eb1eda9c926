/** The Durable Object as isolates reach it: far away, with a clock that runs late, now and then moved elsewhere. */
import { between, type UnixNanos } from '#contract/time.ts';
import type { Settings } from '../../../worker/env.ts';
import type { Keeper } from '../../../worker/keeper.ts';
import type { Dice } from '../../support/dice.ts';
import { createMemoryObject } from '../../support/memory-object.ts';
import type { Course } from './course.ts';
import type { Location, WorldMap } from './map.ts';
import type { Platform } from './platform.ts';

const MOVE_EVERY_H = 3;
/** Calls fail for so long while it moves. */
const MOVE_S = 2;

/** How late the clock of an object is this time: now and then by all that is allowed. */
export const latenessOf = ({ rules }: Settings, dice: Dice): number => {
  const late = dice.fraction();
  return (rules.objectLag / 1e6) * (late < 0.1 ? 1 : late * late);
};

export const makeObject = (course: Course, settings: Settings, map: WorldMap, platform: Platform, dice: Dice) => {
  const anywhere = (): Location => map.locations[Math.floor(dice.fraction() * map.locations.length)]!;
  let life = { location: anywhere(), error: platform.machine() };
  let awayUntil: UnixNanos | undefined;
  const memory = createMemoryObject(settings, () => course.read(life.error, latenessOf(settings, dice)));
  const calls = { keep: 0, knowledge: 0, failed: 0 };
  let moves = 0;

  const move = (): void => {
    moves++;
    life = { location: anywhere(), error: platform.machine() };
    memory.restart();
    awayUntil = course.later(MOVE_S * 1_000);
  };
  const plan = (): void => {
    course.after(MOVE_EVERY_H * 3_600_000 * dice.exponential(), () => {
      move();
      plan();
    });
  };
  plan();

  const call = <Reply>(from: Location, isSmooth: boolean, act: () => Reply | Promise<Reply>): Promise<Reply> =>
    map.visit(course, from, life.location, isSmooth, () => {
      if (awayUntil === undefined || between(course.now(), awayUntil) <= 0) return act();
      calls.failed++;
      throw new Error('the object is being moved');
    });

  return {
    calls,
    moves: () => moves,
    /** @param isSmooth - no queue on the way, and so never longer than the map has it. */
    keeperFrom: (location: Location, isSmooth: boolean): Keeper => ({
      keep: (jws, sample, _offered, post) => {
        calls.keep++;
        return call(location, isSmooth, () => memory.receive(jws, sample, post));
      },
      knowledge: () => {
        calls.knowledge++;
        return call(location, isSmooth, memory.tell);
      },
      succeed: async () => Promise.reject(new Error('no key changes in a day')),
      log: async () => [],
    }),
  };
};
export type DistantObject = Pick<ReturnType<typeof makeObject>, 'keeperFrom'>;

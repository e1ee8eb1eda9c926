/** The object's copies, one in each region: near to isolates, with clocks of their own that run late as well. */

import type { Settings } from '../../../worker/env.ts';
import type { Knower } from '../../../worker/keeper.ts';
import { createCopy } from '../../../worker/regional-copy.ts';
import type { Dice } from '../../support/dice.ts';
import type { Course } from './course.ts';
import type { Location, WorldMap } from './map.ts';
import { type DistantObject, latenessOf } from './object.ts';
import type { Platform } from './platform.ts';

const REGIONS = 9;
const LIFE_MS = 2 * 3_600_000;

type Copy = { readonly location: Location; know: Knower['knowledge']; diesAtMs: number };

/** @returns the object, behind a copy where it only has to tell what it knows. */
export const makeCopies = (
  course: Course,
  settings: Settings,
  map: WorldMap,
  platform: Platform,
  object: DistantObject,
  dice: Dice,
): DistantObject => {
  let lives = 0;
  const live = (location: Location): Copy => {
    const error = platform.machine();
    const clock = (): number => course.read(error, latenessOf(settings, dice));
    const { knowledge } = object.keeperFrom(location, false);
    const know = createCopy(
      () => `copy-${lives++}`,
      settings,
      clock,
      () => course.work(knowledge()),
    );
    return { location, know, diesAtMs: course.passedMs() + LIFE_MS * dice.exponential() };
  };
  const copies = map.locations.slice(0, REGIONS).map(live);
  const near = (location: Location): Copy => {
    const distance = (copy: Copy): number => map.leastWays(location, copy.location).there;
    const copy = copies.reduce((best, next) => (distance(next) < distance(best) ? next : best));
    return course.passedMs() < copy.diesAtMs ? copy : Object.assign(copy, live(copy.location));
  };
  return {
    keeperFrom: (location, isSmooth) => ({
      ...object.keeperFrom(location, isSmooth),
      knowledge: () => {
        const copy = near(location);
        // It asks for all of those who have come to it at once.
        return map.visit(course, location, copy.location, isSmooth, () => course.waitFor(copy.know()));
      },
    }),
  };
};

/** Thousands of isolates: born where and when they are asked, evicted after a while, each on a machine with its own clock. */
import type { UnixNanos } from '#contract/time.ts';
import type { RequestScope } from '../../../worker/asking.ts';
import type { Settings } from '../../../worker/env.ts';
import { createIsolate, type Isolate } from '../../../worker/isolate.ts';
import type { LocationCache } from '../../../worker/location-cache.ts';
import type { CacheOutcome } from '../../../worker/sharing.ts';
import { objectCalls } from '../../support/cost.ts';
import type { Dice } from '../../support/dice.ts';
import { makeCache } from './cache.ts';
import type { Course } from './course.ts';
import type { Location, WorldMap } from './map.ts';
import type { DistantObject } from './object.ts';
import type { Platform } from './platform.ts';
import type { Pulls } from './pulls.ts';

const LIFE_MS = 3_600_000;
/** How far off a clock is that breaks what is assumed, either way. */
const BROKEN_MS = 200;

export type Inhabitant = {
  readonly isolate: Isolate;
  readonly scope: RequestScope;
  readonly isBroken: boolean;
  readonly diesAtMs: number;
  /** True time as its clock was last read. */
  readonly readAt: () => UnixNanos;
};

/** Room for one isolate at a location. */
type Slot = {
  readonly location: Location;
  /** Its share of all requests. */
  readonly weight: number;
  readonly brokenMs: number;
  readonly cache: LocationCache;
  inhabitant?: Inhabitant;
};

type PopulationOptions = {
  /** For so many isolates there is room. */
  readonly room: number;
  /** In so many of these, at busy locations, machines are far off: ahead and behind by turns. */
  readonly broken: readonly Location[];
  readonly settings: Settings;
};

export const makePopulation = (
  { room, broken, settings }: PopulationOptions,
  course: Course,
  map: WorldMap,
  object: DistantObject,
  platform: Platform,
  pulls: Pulls,
  dice: Dice,
) => {
  const root = map.locations.reduce((sum, { weight }) => sum + Math.sqrt(weight), 0);
  const slots = map.locations.map((location): readonly Slot[] => {
    const count = Math.max(1, Math.round((room * Math.sqrt(location.weight)) / root));
    const total = Array.from({ length: count }, (_, n) => 1 / (n + 1)).reduce((sum, share) => sum + share, 0);
    const cache = makeCache(course, settings.refreshMs, dice);
    return Array.from({ length: count }, (_, n) => ({
      location,
      cache,
      // The first is asked most: some isolates are never idle, and some hardly live.
      weight: location.weight / (n + 1) / total,
      brokenMs: n === 0 && broken.includes(location) ? BROKEN_MS * (-1) ** broken.indexOf(location) : 0,
    }));
  });
  const all = slots.flat();
  const upTo = all.map(({ weight }) => weight);
  for (let n = 1; n < upTo.length; n++) upTo[n]! += upTo[n - 1]!;
  let born = 0;

  const bear = ({ location, brokenMs, cache }: Slot): Inhabitant => {
    const clock = platform.machine();
    let readAt = course.now();
    const read = (): number => {
      readAt = course.now();
      return course.read((ms) => clock(ms) + brokenMs);
    };
    const isBroken = brokenMs !== 0;
    const keeper = object.keeperFrom(location, isBroken);
    return {
      isolate: createIsolate(`isolate-${born++}`, settings, read, pulls.askFrom(location, isBroken)),
      scope: {
        keeper: () => keeper,
        cache: () => cache,
        background: (call) => void course.work(call),
      },
      isBroken,
      diesAtMs: course.passedMs() + LIFE_MS * dice.exponential(),
      readAt: () => readAt,
    };
  };
  const cacheOutcomes = new Map<CacheOutcome, number>();
  const bury = ({ isolate }: Inhabitant): void => {
    for (const [outcome, count] of isolate.health().cache)
      cacheOutcomes.set(outcome, (cacheOutcomes.get(outcome) ?? 0) + count);
  };
  const inhabit = (slot: Slot): Inhabitant => {
    const { inhabitant } = slot;
    if (inhabitant && course.passedMs() < inhabitant.diesAtMs) return inhabitant;
    if (inhabitant) bury(inhabitant);
    slot.inhabitant = bear(slot);
    return slot.inhabitant;
  };

  return {
    /** Whoever hears the next request of all that are made. */
    next: (): Inhabitant => inhabit(all[firstAbove(upTo, dice.fraction() * upTo.at(-1)!)]!),
    at: (location: Location): Inhabitant => {
      const here = slots[map.locations.indexOf(location)]!;
      return inhabit(here[Math.floor(here.length * dice.fraction())]!);
    },
    born: () => born,
    /** Calls of the object, each second, by the formula of docs/scale.md: where each isolate asks for itself, and asks others when it can. */
    reckonedCalls: (visitsPerSecond: number) => {
      const callsEvery = (refreshMs: number): number =>
        all.reduce((sum, { weight }) => {
          const alone = { locations: 1, isolates: 1, gateways: 0, intervalS: 1, cpuMs: 0, lifeS: LIFE_MS / 1_000 };
          return sum + objectCalls({ ...alone, requests: visitsPerSecond * weight, refreshS: refreshMs / 1_000 }).each;
        }, 0);
      return { each: callsEvery(settings.refreshMs), exchanges: callsEvery(4 * settings.refreshMs) };
    },
    /** What came of looks into locations' caches, of those isolates that are no more. */
    cacheOutcomes: cacheOutcomes as ReadonlyMap<CacheOutcome, number>,
    alive: () => all.filter(({ inhabitant }) => inhabitant && course.passedMs() < inhabitant.diesAtMs).length,
  };
};
export type Population = ReturnType<typeof makePopulation>;

/** The first that is greater than `value`, in a list that rises. */
const firstAbove = (rising: readonly number[], value: number): number => {
  let [low, high] = [0, rising.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
};

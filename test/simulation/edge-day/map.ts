/** Where things are, and how long what is sent takes: locations on a globe, of which a few hear most of the requests. */
import type { Dice } from '../../support/dice.ts';
import type { Course } from './course.ts';

export type Location = {
  readonly name: string;
  /** Its share of all requests, 0 to 1. */
  readonly weight: number;
  readonly position: Position;
  /** How much longer than the straight way each way is. */
  readonly detour: { readonly there: number; readonly back: number };
};
/** On the unit sphere. */
type Position = readonly [number, number, number];

/** One-way delays without queues: at the same place, and at the other end of the world. */
const NEAREST_MS = 1;
const FARTHEST_MS = 150;
const STALLS = 1e-3;

export const makeMap = (count: number, dice: Dice) => {
  const total = Array.from({ length: count }, (_, rank) => 1 / (rank + 1)).reduce((sum, share) => sum + share, 0);
  const locations = Array.from({ length: count }, (_, rank): Location => {
    const z = 2 * dice.fraction() - 1;
    const angle = 2 * Math.PI * dice.fraction();
    const radius = Math.sqrt(1 - z * z);
    return {
      name: `L${rank}`,
      weight: 1 / (rank + 1) / total, // Zipf's law
      position: [radius * Math.cos(angle), radius * Math.sin(angle), z],
      detour: { there: 0.7 + 0.8 * dice.fraction(), back: 0.7 + 0.8 * dice.fraction() },
    };
  });

  const least = (here: Location, there: Location, detour: number): number => {
    const cosine = here.position.reduce((sum, x, axis) => sum + x * (there.position[axis] ?? 0), 0);
    const distance = Math.acos(Math.max(-1, Math.min(1, cosine))) / Math.PI;
    return Math.min(FARTHEST_MS, NEAREST_MS + (FARTHEST_MS - NEAREST_MS) * distance * detour);
  };
  const jittered = (ms: number): number => {
    const stall = dice.fraction() < STALLS ? 500 + 1_000 * dice.fraction() : 0;
    return ms + (0.5 + 0.03 * ms) * dice.exponential() + stall;
  };
  /** ms from a location to another and back, without queues and stalls. */
  const leastWays = (here: Location, there: Location) => ({
    there: least(here, there, here.detour.there),
    back: least(here, there, here.detour.back),
  });
  return {
    locations,
    leastWays,
    /** A call from one to another. @param isSmooth - without queues and stalls. */
    visit: async <Reply>(
      course: Course,
      here: Location,
      there: Location,
      isSmooth: boolean,
      act: () => Reply | Promise<Reply>,
    ): Promise<Reply> => {
      const ways = leastWays(here, there);
      const travel = (ms: number) => course.wait(isSmooth ? ms : jittered(ms));
      await travel(ways.there);
      const reply = await act();
      await travel(ways.back);
      return reply;
    },
  };
};
export type WorldMap = ReturnType<typeof makeMap>;

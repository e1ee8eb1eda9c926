/** Gateways as isolates ask them themselves: as far away as they are, and not always there. */
import type { Verified } from '#contract/jws.ts';
import type { PulledTime } from '#contract/pulled-time.ts';
import { ok, refuse } from '#contract/result.ts';
import { type AskGateway, LONGEST_WAIT_MS } from '../../../worker/pull.ts';
import type { Course } from './course.ts';
import type { Location, WorldMap } from './map.ts';

type Reachable = { readonly location: Location; readonly tell: () => PulledTime | undefined };

export const makePulls = (course: Course, map: WorldMap) => {
  const gateways = new Map<string, Reachable>();
  const counts = { told: 0, failed: 0 };
  return {
    counts,
    /** @param tell - what it signs at this moment; undefined for nothing. */
    reach: (gateway: string, reachable: Reachable): void => void gateways.set(gateway, reachable),
    /** @param isSmooth - no queue on the way, and so never longer than the map has it. */
    askFrom:
      (here: Location, isSmooth: boolean): AskGateway =>
      async (gateway) => {
        const { location, tell } = gateways.get(gateway)!;
        const since = course.passedMs();
        const told = await map.visit(course, here, location, isSmooth, tell);
        if (!told || course.passedMs() - since > LONGEST_WAIT_MS) {
          counts.failed++;
          return refuse('unreachable');
        }
        counts.told++;
        return ok(told as Verified<PulledTime>);
      },
  };
};
export type Pulls = ReturnType<typeof makePulls>;

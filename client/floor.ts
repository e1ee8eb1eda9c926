/** The newest verified time, as a page's localStorage keeps it: all tabs of an origin share it. */
import { RELEASED } from '#contract/released.ts';
import { attempt } from './attempt.ts';
import type { World } from './clock.ts';

const RELEASED_MS = Number(RELEASED / 1_000_000n);

/** @param store - where there is none, or it may not be used, the floor is the day of the release. */
export const floorIn = (store: Pick<Storage, 'getItem' | 'setItem'> | undefined, name: string): World['floor'] => {
  const load = (): number => {
    const kept = Number(attempt(() => store?.getItem(name)));
    return Number.isFinite(kept) ? Math.max(kept, RELEASED_MS) : RELEASED_MS;
  };
  // Another tab may have got further.
  return { load, save: (unixMs) => attempt(() => unixMs > load() && store?.setItem(name, `${unixMs}`)) };
};

/** Isolates of one location hand on what the object told. What goes wrong is counted, and the object is asked instead. */
import type { Bytes } from '#contract/web-platform.ts';
import type { LocationCache } from './location-cache.ts';
import { openTold, sealTold, type Told } from './told.ts';

/** What came of a look into the cache. */
export const CACHE_OUTCOMES = [
  'hit',
  'miss',
  /** The platform's fault, in reading or in writing. */
  'failed',
  'too-large',
  'bad-signature',
  'malformed',
  /** Told too long ago, before what is known here, or by another life of the object. */
  'stale',
  /** It names a key whose private half is not known here. */
  'unknown-edge-key',
] as const;
export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];

/** Learns what is told there, unless something stands against it. */
export type Take = (told: Told) => Extract<CacheOutcome, 'hit' | 'stale' | 'unknown-edge-key'>;

export const createSharing = () => {
  const outcomes = new Map<CacheOutcome, number>();
  const count = (outcome: CacheOutcome): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);

  return {
    /** How often, by word. */
    outcomes: outcomes as ReadonlyMap<CacheOutcome, number>,
    /** @returns whether something was learnt. */
    read: async (cache: LocationCache, secret: Bytes, take: Take): Promise<boolean> => {
      try {
        const bytes = await cache.read();
        const told = bytes.ok ? await openTold(bytes.value, secret) : bytes;
        const outcome = told.ok ? take(told.value) : told.reason;
        count(outcome);
        return outcome === 'hit';
      } catch {
        count('failed');
        return false;
      }
    },
    write: async (cache: LocationCache, told: Told, secret: Bytes): Promise<void> => {
      try {
        await cache.write(await sealTold(told, secret));
      } catch {
        count('failed');
      }
    },
  };
};

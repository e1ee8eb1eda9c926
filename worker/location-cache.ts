/** The platform's cache at one location (Cache API). On workers.dev it keeps nothing, and every look is a miss. */
import { ok, type Result, refuse } from '#contract/result.ts';
import type { Bytes } from '#contract/web-platform.ts';
import { readBounded } from './bounded-body.ts';

/** Some 10 kB a gateway. */
export const MOST_CACHED_BYTES = 256 * 1024;

/** Both throw as the platform does. */
export type LocationCache = {
  readonly read: () => Promise<Result<Bytes, 'miss' | 'too-large'>>;
  readonly write: (bytes: Bytes) => Promise<void>;
};

/** The number goes up when what is written changes its form. */
const PATH = '/.noonmark/told/1';

/** @param origin - of the request: the platform wants entries to lie under a name of the Worker's own. */
export const openLocationCache = (cache: Cache, origin: string, maxAgeMs: number): LocationCache => {
  const key = new URL(PATH, origin);
  return {
    read: async () => {
      const response = await cache.match(key);
      if (!response) return refuse('miss');
      const bytes = await readBounded(response, MOST_CACHED_BYTES);
      return bytes ? ok(bytes) : refuse('too-large');
    },
    write: async (bytes) => {
      if (bytes.length > MOST_CACHED_BYTES) return;
      const headers = { 'Cache-Control': `max-age=${Math.ceil(maxAgeMs / 1000)}` };
      await cache.put(key, new Response(bytes, { headers }));
    },
  };
};

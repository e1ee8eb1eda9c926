/** A location's cache that keeps all that was ever written, so that it can show what is old. */
import { ok, refuse } from '#contract/result.ts';
import type { Bytes } from '#contract/web-platform.ts';
import type { LocationCache } from '../../worker/location-cache.ts';

export const createMemoryCache = () => {
  const written: Bytes[] = [];
  let behind = 0;
  const cache: LocationCache = {
    read: async () => {
      const bytes = written.at(-1 - behind);
      return bytes ? ok(bytes) : refuse('miss');
    },
    write: async (bytes) => void written.push(bytes),
  };
  return {
    cache,
    written,
    /** @param copies - so many before the newest. */
    fallBehind: (copies: number): void => {
      behind = copies;
    },
  };
};

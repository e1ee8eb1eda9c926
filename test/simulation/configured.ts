/** What stands in a configuration of the simulation, and what is seen of its gateway each second. */
import { expect } from 'vitest';
import { contains, width } from '#contract/interval.ts';
import type { SourceConfig } from '../../ntp-gateway/config.ts';
import type { World } from './world.ts';

export const source = (host: string, options: Partial<SourceConfig> = {}): SourceConfig => ({
  name: host,
  kind: 'address',
  host,
  port: 123,
  maxSources: 1,
  minPoll: 6,
  maxPoll: 10,
  burst: false,
  interleaved: false,
  ...options,
});

/** At each look: what is claimed is true. Counts the looks without a claim, and keeps the widest ±, ns. */
export const watchClaims = (world: World) => {
  const seen = { silent: 0, most: 0 };
  const look = (): void => {
    const claim = world.claim();
    if (!claim) seen.silent++;
    else expect(contains(claim, world.now())).toBe(true);
    if (claim) seen.most = Math.max(seen.most, width(claim) / 2);
  };
  return { seen, look };
};

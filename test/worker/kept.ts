import type { Kept } from '../../worker/kept.ts';

/** What is kept of a gateway with nothing to remark on: by itself, on time, and heard once. */
export const keptOf = (kept: Pick<Kept, 'gateway' | 'receivedUnixMs' | 'newest' | 'bounds'> & Partial<Kept>): Kept => ({
  epoch: 1,
  sequence: 1,
  sha256: '',
  synchronized: true,
  leap: 'none',
  stratum: 2,
  taiOffsetSeconds: 37,
  lineage: [kept.gateway],
  readingsRefused: 0,
  ...kept,
});

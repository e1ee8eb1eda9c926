/**
 * Servers that serve their own clock because nobody tells them the time. On a network cut off from all others, those of
 * one stratum agree on one of them whom the rest follow, so that at least all clocks there are alike: RFC 5905 §11.2 has no
 * word for it; ntpd and chronyd call it orphan mode. What comes of it is not UTC, and is marked so.
 */
import type { Contributor } from './synchronize.ts';

export type OrphanConfig = {
  readonly local?: { readonly stratum: number; readonly orphan?: boolean };
  /** By which servers that follow us name us, RFC 5905 §7.3. */
  readonly ownReferenceIds: readonly number[];
};

export type SortedOrphans = {
  /** Those that can vote on UTC. */
  readonly served: readonly Contributor[];
  readonly orphans: readonly Contributor[];
  /** Those of the orphans whom we follow if nobody knows UTC: the lowest address leads, as with chronyd. */
  readonly seniors: readonly Contributor[];
};

/** Orphans are known by their stratum: that of our own [local], or more. Those above it follow one of them. */
export const sortOrphans = (
  contributors: readonly Contributor[],
  { local, ownReferenceIds }: OrphanConfig,
): SortedOrphans => {
  if (!local?.orphan) return { served: contributors, orphans: [], seniors: [] };
  const stratumOf = ({ estimator }: Contributor): number => estimator?.newest.stratum ?? 0;
  const served = contributors.filter((one) => stratumOf(one) < local.stratum);
  const orphans = contributors.filter((one) => stratumOf(one) >= local.stratum);
  const own = Math.min(...ownReferenceIds);
  const leaders = orphans.filter((one) => stratumOf(one) === local.stratum && one.reachable && one.referenceId < own);
  const seniors = leaders.length > 0 ? [leaders.reduce((a, b) => (a.referenceId < b.referenceId ? a : b))] : [];
  return { served, orphans, seniors };
};

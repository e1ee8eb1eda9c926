import { describe, expect, it } from 'vitest';
import { sortOrphans } from '../../../ntp-gateway/discipline/orphan.ts';
import type { Contributor } from '../../../ntp-gateway/discipline/synchronize.ts';

const OWN = [50, 70];
const LOCAL = { stratum: 10, orphan: true };
/** A source that says that it is of `stratum`, as far as the rule looks at it. */
const source = (id: string, stratum: number | undefined, referenceId = 1, reachable = true): Contributor =>
  ({
    id,
    referenceId,
    path: id,
    reachable,
    pending: false,
    options: {},
    ...(stratum !== undefined && { estimator: { newest: { stratum } } }),
  }) as Contributor;
const ids = (sources: readonly Contributor[]): string => sources.map(({ id }) => id).join(' ');

describe('orphans', () => {
  it('are those of the local stratum or more; who has yet to speak is not one', () => {
    const all = [source('utc', 9), source('new', undefined), source('local', 10), source('follower', 11)];
    const { served, orphans } = sortOrphans(all, { local: LOCAL, ownReferenceIds: OWN });
    expect([ids(served), ids(orphans)]).toEqual(['utc new', 'local follower']);
  });

  it.each([
    { name: 'the lowest address leads', sources: [source('a', 10, 20), source('b', 10, 10)], leader: 'b' },
    { name: 'where ours is the lowest, nobody does', sources: [source('a', 10, 51)], leader: '' },
    { name: 'not one that follows another', sources: [source('a', 11, 10)], leader: '' },
    { name: 'not one that is silent', sources: [source('a', 10, 10, false), source('b', 10, 20)], leader: 'b' },
  ])('$name', ({ sources, leader }) => {
    expect(ids(sortOrphans(sources, { local: LOCAL, ownReferenceIds: OWN }).seniors)).toBe(leader);
  });

  it('are servers as any other where the operator has not asked for it', () => {
    const all = [source('a', 10, 10)];
    const nothing = { served: all, orphans: [], seniors: [] };
    expect(sortOrphans(all, { local: { stratum: 10, orphan: false }, ownReferenceIds: OWN })).toEqual(nothing);
    expect(sortOrphans(all, { ownReferenceIds: OWN })).toEqual(nothing);
  });
});

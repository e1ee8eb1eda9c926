import { describe, expect, it } from 'vitest';
import { guardLeap } from '#contract/leap.ts';
import { unixNanos } from '#contract/time.ts';

const MS = 1_000_000n;
const around = (time: string) => {
  const ms = BigInt(Date.parse(time));
  return { earliest: unixNanos((ms - 1n) * MS), latest: unixNanos((ms + 2n) * MS) };
};

describe('around a leap second', () => {
  it.each([
    { name: 'insert, 3 s before', time: '2026-12-31T23:59:57Z', notice: 'insert', early: 0n, late: 0n },
    { name: 'insert, 2 s before', time: '2026-12-31T23:59:58Z', notice: 'insert', early: 1000n, late: 0n },
    {
      name: 'insert, after it, still announced',
      time: '2027-01-01T00:10:00Z',
      notice: 'insert',
      early: 1000n,
      late: 0n,
    },
    { name: 'insert, a day after', time: '2027-01-02T00:00:00Z', notice: 'insert', early: 0n, late: 0n },
    { name: 'delete, June', time: '2027-06-30T23:59:59Z', notice: 'delete', early: 0n, late: 1000n },
    { name: 'in a month that has none', time: '2027-03-31T23:59:59Z', notice: 'insert', early: 0n, late: 0n },
    { name: 'none announced', time: '2026-12-31T23:59:59Z', notice: 'none', early: 0n, late: 0n },
  ] as const)('$name', ({ time, notice, early, late }) => {
    const interval = around(time);
    const guarded = guardLeap({ ...interval, label: 'kept' }, notice);
    expect(interval.earliest - guarded.earliest).toBe(early * MS);
    expect(guarded.latest - interval.latest).toBe(late * MS);
    expect(guarded.label).toBe('kept');
  });
});

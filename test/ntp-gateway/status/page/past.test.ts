import { describe, expect, it } from 'vitest';
import type { HistoryAnswer } from '../../../../ntp-gateway/status/history.ts';
import { knownUntil, NOTHING, withMore } from '../../../../ntp-gateway/status/page/past.ts';

const answer = (now: number, at: readonly number[], lanes: HistoryAnswer['lanes']): HistoryAnswer => ({
  everySeconds: 2,
  now,
  unixSeconds: now + 1_000_000,
  at: [...at],
  lanes,
});
const first = withMore(NOTHING, answer(14, [10, 12, 14], { a: { x: [1, 2, 3] } }));

describe('what the page remembers', () => {
  it('grows by what is new', () => {
    expect(knownUntil(NOTHING)).toBeUndefined();
    expect(knownUntil(first)).toBe(14);
    const next = withMore(first, answer(16, [16], { a: { x: [4] }, b: { y: [9] } }));
    expect(next).toEqual({
      at: [10, 12, 14, 16],
      zero: 1_000_000,
      lanes: { a: { x: [1, 2, 3, 4] }, b: { y: [null, null, null, 9] } },
    });
  });

  it('has a hole where rows are missing', () => {
    const next = withMore(first, answer(60, [60], { a: { x: [4] } }));
    expect(next.at).toEqual([10, 12, 14, 16, 60]);
    expect(next.lanes).toEqual({ a: { x: [1, 2, 3, null, 4] } });
  });

  it('forgets what is an hour old, and who has said nothing since', () => {
    const later = withMore(first, answer(3_611, [3_611], { b: { x: [1] } }));
    expect(later.at).toEqual([12, 14, 16, 3_611]);
    const latest = withMore(later, answer(7_212, [7_212], { b: { x: [2] } }));
    expect(latest).toMatchObject({ at: [3_613, 7_212], lanes: { b: { x: [null, 2] } } });
    expect(Object.keys(latest.lanes)).toEqual(['b']);
  });

  it('forgets all where the host was started anew, and is then told all', () => {
    const anew = withMore(first, answer(5, [], {}));
    expect(anew.at).toEqual([]);
    expect(knownUntil(anew)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { alternate, median, table } from './figures.ts';

describe('what a benchmark finds', () => {
  it('is the middle one of what was measured', () => {
    expect(median([10, 9, 100])).toBe(10);
    expect(median([1, 3])).toBe(3);
    expect(() => median([])).toThrow(RangeError);
  });

  it('is measured in turn', async () => {
    const order: string[] = [];
    const measure = (name: string) => async () => order.push(name);
    const found = await alternate(2, { ours: measure('ours'), theirs: measure('theirs') });
    expect(order).toEqual(['ours', 'theirs', 'ours', 'theirs']);
    expect(found).toEqual({ ours: [1, 3], theirs: [2, 4] });
  });

  it('is printed with its ratio, to three digits', () => {
    const figures = [
      { name: 'NTP', unit: 'requests/s', ours: 94_876, peer: { name: 'chronyd', value: 222_123 }, aim: '≥ 0.4' },
      { name: 'NTP', unit: 'ms', ours: 2, peer: { name: 'chronyd', value: 1 }, ratio: 1.875 },
      { name: 'start', unit: 's', ours: 3.0654 },
    ];
    expect(table(figures).split('\n')).toEqual([
      '                 ours    peer             ratio  aim',
      'NTP, requests/s  94,900  222,000 chronyd  0.43   ≥ 0.4',
      'NTP, ms          2       1 chronyd        1.88',
      'start, s         3.07',
    ]);
  });
});

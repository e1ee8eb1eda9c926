/** A whole day of the edge: thousands of isolates, and true time in every interval. */
import { describe, expect, it } from 'vitest';
import { milliseconds, seconds } from '#contract/time.ts';
import { runDay } from '../edge-day/day.ts';
import { accusations } from '../edge-day/report.ts';

const EDGE = { seed: 1, locations: 300, room: 20_000 } as const;

describe('the edge', { timeout: 900_000 }, () => {
  it('holds true time in every answer of a day', async () => {
    const day = await runDay({ ...EDGE, name: 'a day', hours: 24, visitsPerSecond: 1.5, broken: 5 });
    expect(day.faults).toEqual([]);
    expect(day.asks).toBeGreaterThan(700_000);
    expect(day.availability).toBeGreaterThan(0.999);
    expect([day.born, day.moves, day.calls.failed].every((count) => count > 2)).toBe(true);
    expect(day.asksOfBroken).toBeGreaterThan(1_000);
    expect(day.cacheOutcomes.get('hit')).toBeGreaterThan(1_000);
    // Retries while there is no time come on top.
    expect(day.calls.knowledge).toBeGreaterThan(0.9 * day.reckoned.least);
    expect(day.calls.knowledge).toBeLessThan(1.1 * day.reckoned.most);
    expect(day.contradictions).toBe(0);
    expect(accusations(day, 'gw-1', 'gw-2', 'gw-3')).toEqual([]);
    expect(day.words.get('gw-2')?.has('silent')).toBe(true); // for an hour
  });

  it('does so where isolates ask a copy of the object in their region, which is asked less for it', async () => {
    const day = await runDay({ ...EDGE, name: 'copies', hours: 2, visitsPerSecond: 1, broken: 5, regional: true });
    expect(day.faults).toEqual([]);
    expect(day.availability).toBeGreaterThan(0.995);
    expect(day.calls.knowledge).toBeLessThan(day.reckoned.least / 2);
    expect(day.contradictions).toBe(0);
    expect(accusations(day, 'gw-1', 'gw-2', 'gw-3')).toEqual([]);
  });

  it('does so where nothing is assumed of its clocks, and knows the time better where isolates ask gateways themselves', async () => {
    const variables = { EDGE_SPREAD_MS: 'measured', MAX_UNCERTAINTY_MS: 400 };
    const options = { ...EDGE, hours: 2, visitsPerSecond: 1, spreadMs: 1_000, variables };
    const plain = await runDay({ ...options, name: 'measured' });
    const pulling = await runDay({ ...options, name: 'measured, with pulls', pulls: true });
    for (const day of [plain, pulling]) {
      expect(day.faults).toEqual([]);
      expect(day.availability).toBeGreaterThan(0.98);
      expect(day.contradictions).toBe(0);
      expect(accusations(day, 'gw-1', 'gw-2', 'gw-3')).toEqual([]);
    }
    expect(pulling.availability).toBeGreaterThan(plain.availability);
    expect(pulling.median).toBeLessThan(0.8 * plain.median);
  });

  it('does so where one of three gateways is off by 50 ms, also to those who ask it themselves', async () => {
    const options = { ...EDGE, lie: milliseconds(50), broken: 5, variables: { QUORUM: 2 }, pulls: true };
    const day = await runDay({ ...options, name: 'a liar, 50 ms, with pulls', hours: 1, visitsPerSecond: 1 });
    expect(day.faults).toEqual([]);
    expect(day.availability).toBeGreaterThan(0.995);
    expect(accusations(day, 'gw-1', 'gw-2')).toEqual([]);
    expect(accusations(day, 'gw-3')).toContain('outvoted');
  });

  it.each([
    { lie: 'an hour', by: seconds(3_600) },
    { lie: '50 ms', by: milliseconds(50) },
    { lie: '50 ms the other way', by: milliseconds(-50) },
  ])('does so where one of three gateways is off by $lie, and names it', async ({ lie, by }) => {
    const options = { ...EDGE, lie: by, broken: 5, variables: { QUORUM: 2 } };
    const day = await runDay({ ...options, name: `a liar, ${lie}`, hours: 1, visitsPerSecond: 1 });
    expect(day.faults).toEqual([]);
    expect(day.availability).toBeGreaterThan(0.995);
    expect(accusations(day, 'gw-1', 'gw-2')).toEqual([]);
    expect(accusations(day, 'gw-3')).toContain('outvoted');
  });
});

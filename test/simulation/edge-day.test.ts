/** Half an hour of what `npm run test:simulation` does for a day, at a smaller edge. */
import { expect, it } from 'vitest';
import { runDay } from './edge-day/day.ts';
import { accusations } from './edge-day/report.ts';

it('an edge of many isolates holds true time in every answer', async () => {
  const day = await runDay({ seed: 2, locations: 100, room: 1_000, hours: 0.5, visitsPerSecond: 1, broken: 2 });
  expect(day.faults).toEqual([]);
  expect(day.asks).toBeGreaterThan(9_000);
  expect(day.availability).toBeGreaterThan(0.99);
  expect(day.asksOfBroken).toBeGreaterThan(50);
  expect(day.contradictions).toBe(0);
  expect(accusations(day, 'gw-1', 'gw-2', 'gw-3')).toEqual([]);
});

it('where clocks stand farther apart than is assumed, it is seen that intervals do not', async () => {
  const variables = { EDGE_SPREAD_MS: 20 };
  const day = await runDay({
    seed: 1,
    locations: 50,
    room: 200,
    hours: 0.05,
    visitsPerSecond: 2,
    spreadMs: 80,
    variables,
  });
  expect(day.faults).not.toEqual([]);
});

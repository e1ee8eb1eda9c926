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

it.each([
  { name: 'beside what is assumed of clocks', broken: 2, variables: {} },
  {
    name: 'with nothing assumed of them',
    spreadMs: 1_000,
    variables: { EDGE_SPREAD_MS: 'measured', MAX_UNCERTAINTY_MS: 400 },
  },
])('so does one whose isolates ask the gateways themselves, $name', async (options) => {
  const day = await runDay({
    ...options,
    seed: 3,
    locations: 100,
    room: 1_000,
    hours: 0.4,
    visitsPerSecond: 1,
    pulls: true,
  });
  expect(day.faults).toEqual([]);
  expect(day.availability).toBeGreaterThan(0.99);
  expect(day.pulls.told).toBeGreaterThan(2_000);
  expect(day.pulls.failed).toBeGreaterThan(0);
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

import { expect, it } from 'vitest';
import { CLOCK_MONOTONIC_RAW, openClock } from '#native/clocks.ts';
import { hostClocks, readMonotonic } from '../../../client/cli/host-clocks.ts';

it.skipIf(process.platform !== 'linux')('commands count by the oscillator, which no daemon slews', () => {
  const raw = openClock(CLOCK_MONOTONIC_RAW)!;
  const before = Number(raw()) / 1e6;
  const { from, wall, to } = hostClocks.look();
  const after = Number(raw()) / 1e6;
  expect([before, from, to, after].toSorted((a, b) => a - b)).toEqual([before, from, to, after]);
  expect(wall).toBeLessThanOrEqual(Date.now());
  expect(readMonotonic()).toBeGreaterThanOrEqual(after);
});

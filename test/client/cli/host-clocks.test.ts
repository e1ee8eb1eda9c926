import { expect, it } from 'vitest';
import { CLOCK_MONOTONIC_RAW, openClock } from '#native/clocks.ts';
import { hostClocks, readMonotonic } from '../../../client/cli/host-clocks.ts';
import { learn, lookAgain, skewAt, type WallClock } from '../../../client/estimate.ts';

it.skipIf(process.platform !== 'linux')('commands count by the oscillator, which no daemon slews', () => {
  const raw = openClock(CLOCK_MONOTONIC_RAW)!;
  const before = Number(raw()) / 1e6;
  const wallBefore = Date.now();
  const { from, wall, to } = hostClocks.look();
  const after = Number(raw()) / 1e6;
  expect([before, from, to, after].toSorted((a, b) => a - b)).toEqual([before, from, to, after]);
  expect(wall).toBeGreaterThanOrEqual(wallBefore);
  expect(wall).toBeLessThan(Date.now() + 1);
  expect(readMonotonic()).toBeGreaterThanOrEqual(after);
});

it.skipIf(process.platform !== 'linux')('know how far off the host is, also while its clock is slewed by 0.5 %', () => {
  let known: WallClock | undefined;
  const slewed = (ms: number): number =>
    Math.floor(1e12 / hostClocks.step + (ms * 1.005) / hostClocks.step) * hostClocks.step;
  for (let mono = 0; mono < 2_000; mono += 7.3) {
    known = lookAgain(known, { from: mono, wall: slewed(mono), to: mono }, hostClocks).wall;
    const told = {
      earliest: 1e12 + mono,
      time: 1e12 + mono,
      latest: 1e12 + mono,
      leap: 'none',
      isSynchronized: true,
    } as const;
    const estimate = learn(undefined, { sent: mono, received: mono, told }, hostClocks)!;
    const { earliest, latest } = skewAt(estimate, known, mono);
    expect(earliest).toBeLessThanOrEqual(-mono * 0.005 + 0.01);
    expect(latest).toBeGreaterThanOrEqual(-mono * 0.005 - 0.01);
  }
});

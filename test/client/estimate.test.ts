import { expect, it } from 'vitest';
import { learn, type Round, readingAt } from '../../client/estimate.ts';

const NOW = Date.UTC(2026, 10, 30);
const DEVICE = { blur: 0, step: 1 };
const told = { earliest: NOW - 2, time: NOW, latest: NOW + 2, leap: 'none', isSynchronized: true } as const;
const readingOf = (round: Omit<Round, 'told'>) =>
  readingAt(learn(undefined, { ...round, told }, DEVICE)!, round.received, DEVICE);

it('what the platform says of the wire moves the guess, and no bound', () => {
  const without = readingOf({ sent: 0, received: 100 });
  expect(without.time).toBeCloseTo(NOW + 50, 1);
  const nearer = readingOf({ sent: 0, likely: { sent: 60, received: 80 }, received: 100 });
  expect(nearer).toEqual({ ...without, time: nearer.time });
  expect(nearer.time).toBeCloseTo(NOW + 30, 1);
  // Who ends TLS sent the head of his answer before he asked.
  const early = readingOf({ sent: 0, likely: { sent: 0, received: 0 }, received: 100 });
  expect(early).toEqual({ ...without, time: early.time });
  expect(early.time).toBeLessThanOrEqual(early.latest);
});

import { expect, it } from 'vitest';
import { createBackOff } from '../../worker/back-off.ts';

it('lets what is wanted all the time be tried after 1, 2, 4 … 30 s', () => {
  const mayTry = createBackOff(1_000, 30_000);
  const tried = Array.from({ length: 200 }, (_, second) => second).filter((second) => mayTry(second * 1_000));
  expect(tried).toEqual([0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181]);
});

it('begins anew after a while, also where the clock was set back', () => {
  const mayTry = createBackOff(1_000, 30_000);
  for (let second = 0; second < 100; second++) mayTry(second * 1_000);
  for (const ms of [161_000, 162_000, 100_000, 101_000]) expect(mayTry(ms)).toBe(true);
});

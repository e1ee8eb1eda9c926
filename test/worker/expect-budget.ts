import { expect } from 'vitest';
import { PARTS, type Part } from '#contract/error-budget.ts';
import type { TimeAnswer } from '#contract/time-answer.ts';

const micros = (ms: number): number => Math.round(ms * 1_000);

/** Its parts sum to the width to the µs, and `rounding` hides no mistake: each part loses less than 1 µs, and so does each end. */
export const expectBudget = ({ budget, earliestUnixMs, latestUnixMs }: TimeAnswer): void => {
  const parts = budget?.parts ?? [];
  const lengths = parts.map(({ part, ms }): [string, number] => [part, micros(ms)]);
  expect(lengths.map(([part]) => part)).toEqual(Object.keys(PARTS));
  const width = micros(latestUnixMs) - micros(earliestUnixMs);
  expect([micros(budget?.widthMs ?? Number.NaN), lengths.reduce((sum, [, length]) => sum + length, 0)]).toEqual([
    width,
    width,
  ]);
  expect(lengths.filter(([part, length]) => part !== 'agreement' && length < 0)).toEqual([]);
  expect(lengths.at(-1)?.[1]).toBeLessThanOrEqual(parts.length + 1);
};

const EXCHANGES: readonly string[] = ['gatewayExchange', 'objectExchange'] satisfies Part[];

/** The ± that the settings and clocks make, in ms: how long exchanges took is for the machine that ran them to say. */
export const uncertaintyBesides = ({ budget }: TimeAnswer): number =>
  budget!.parts.filter(({ part }) => !EXCHANGES.includes(part)).reduce((sum, { ms }) => sum + ms, 0) / 2;

/** Every scenario that can be shortened to some hours; `npm run test:simulation` runs all of them in full. */
import { describe, expect, it } from 'vitest';
import { SCENARIOS } from './scenarios/all.ts';
import { testScenarios } from './test-scenarios.ts';

const HOURS = 10 * 3_600;
/** Minutes are too few for most ratios: those that have an aim of their own must be 1 already, and the others wait. */
const short = SCENARIOS.filter(({ quick }) => quick <= HOURS);
const shortened = short.map(({ quick, bounds = {}, alone = false, ...scenario }) => {
  const hasAim = bounds.rmsRatio !== undefined && bounds.rmsRatio <= 1;
  const ratios = { rmsRatio: 1, widthRatio: Infinity };
  return { ...scenario, quick, length: quick, alone: alone || !hasAim, bounds: { ...bounds, ...ratios } };
});

describe('in short', () => {
  testScenarios(shortened, [1]);
});

it('scenarios have a name of their own, and nothing happens after their end', () => {
  expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
  for (const { length, quick, warmUp, happenings = [] } of SCENARIOS) {
    expect(quick).toBeLessThanOrEqual(length);
    expect(warmUp).toBeLessThan(quick);
    for (const { at } of happenings) expect(at).toBeLessThan(length);
  }
});

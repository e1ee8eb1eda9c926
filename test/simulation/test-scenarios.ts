/** Scenarios as tests: each with every seed, and where it is fair to, beside the chrony-like contestant. */
import { expect, it } from 'vitest';
import { makeChrony } from './baselines/chrony.ts';
import { missesOf, type Outcome, runScenario } from './run-scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** The same whenever it runs: whatever else a seed may show, `npm run bench:accuracy` looks for. */
const FULL = [1, 2, 3];

export const testScenarios = (scenarios: readonly Scenario[], seeds: readonly number[] = FULL): void => {
  it.each(scenarios)('$name', async (scenario) => {
    const outcomes: Outcome[] = [];
    for (const seed of seeds) outcomes.push(await runScenario(scenario, seed, [makeChrony()]));
    expect(missesOf(scenario, outcomes, 'chrony-like')).toEqual([]);
  });
};

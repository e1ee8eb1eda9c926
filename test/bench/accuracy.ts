/**
 * `npm run bench:accuracy`: our clock beside the contestants in every scenario of the simulation, with the same replies at
 * the same moments. `-- --seeds 10 --scenario lan --markdown`; a scenario is named by a part of its name.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missesOf } from '../simulation/run-scenario.ts';
import { SCENARIOS } from '../simulation/scenarios/all.ts';
import type { Done, Job } from './accuracy-run.ts';
import { accuracyTable } from './accuracy-table.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    scenario: { type: 'string', default: '' },
    markdown: { type: 'boolean', default: false },
  },
});
const seeds = Number(values.seeds);
const wanted = SCENARIOS.filter(({ name }) => name.includes(values.scenario));
if (!Number.isInteger(seeds) || seeds < 1 || wanted.length === 0) {
  console.error(
    `bench: --seeds is a whole number, --scenario part of: ${SCENARIOS.map(({ name }) => name).join('; ')}`,
  );
  process.exit(2);
}

const jobs: Job[] = wanted.flatMap((scenario) =>
  Array.from({ length: seeds }, (_, i) => ({ scenario: SCENARIOS.indexOf(scenario), seed: i + 1 })),
);
const total = jobs.length;
const done: Done[] = [];

/** Takes the next job until there is none. */
const work = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'accuracy-run.ts'), { serialization: 'advanced' });
    const next = (): void => {
      const job = jobs.shift();
      if (job) child.send(job);
      else child.disconnect();
    };
    child.on('message', (one: Done) => {
      done.push(one);
      const scenario = SCENARIOS[one.scenario]!;
      const misses = missesOf(scenario, [one.outcome], 'chrony-like');
      console.error(
        `${done.length}/${total} ${scenario.name}, seed ${one.seed}${misses.map((miss) => `; ${miss}`).join('')}`,
      );
      next();
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a run ended with ${code}`))));
    next();
  });

process.once('SIGINT', () => process.exit(130));
await Promise.all(Array.from({ length: Math.min(total, availableParallelism()) }, work));
const outcomes = wanted.map((scenario) => ({
  scenario,
  outcomes: done.filter((one) => SCENARIOS[one.scenario] === scenario).map(({ outcome }) => outcome),
}));
console.log(accuracyTable(outcomes, values.markdown));

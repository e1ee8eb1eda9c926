/** The process that runs scenarios for `accuracy.ts`, one at a time: a job comes in, its outcome goes back. */
import { makeChrony } from '../simulation/baselines/chrony.ts';
import { makeNtpdRs } from '../simulation/baselines/ntpd-rs.ts';
import { makeRfc5905 } from '../simulation/baselines/rfc5905.ts';
import { type Outcome, runScenario } from '../simulation/run-scenario.ts';
import { SCENARIOS } from '../simulation/scenarios/all.ts';

export type Job = { readonly scenario: number; readonly seed: number };
export type Done = Job & { readonly outcome: Outcome };

process.on('message', async (job: Job) => {
  const contestants = [makeChrony(), makeNtpdRs(), makeRfc5905()];
  const outcome = await runScenario(SCENARIOS[job.scenario]!, job.seed, contestants);
  process.send!({ ...job, outcome } satisfies Done);
});
process.once('disconnect', () => process.exit());

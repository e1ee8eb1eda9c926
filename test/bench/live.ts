/**
 * `npm run bench:live`: our gateway and chronyd -x beside each other on this machine, asking the same server over the same
 * three paths, as often. That server is a chronyd whose clock is 5 s ahead and gains 50 ppm, so who is right got it from
 * there; the paths are delayed and jitter, one of them more one way than the other. Takes ten minutes and a quiet machine.
 * `-- --seconds 30` is for a look, `--runs 3` gives the middle of three, with dice of `--seed` and the next ones.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fetchPeers } from '../setup/peers.ts';
import { runChild, startChild } from '../support/child.ts';
import { startChronyd } from '../support/chronyd.ts';
import { startGateway } from '../support/gateway.ts';
import { NODE } from '../support/root.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Figure, median, table } from './figures.ts';
import { judge, quantile, type Truth, truthFrom, type Verdict } from './live/judge.ts';
import type { LivePath } from './live/path.ts';
import type { Exchange, Round } from './live/probe.ts';
import { machine } from './machine.ts';

const PATHS: readonly LivePath[] = [
  { address: '127.1.0.1', upMs: 4, downMs: 4, jitterMs: 1 },
  { address: '127.2.0.1', upMs: 7, downMs: 7, jitterMs: 1 },
  { address: '127.3.0.1', upMs: 5, downMs: 6, jitterMs: 1 },
];
const DRIFT = 50e-6;
const POLL = { minPoll: 0, maxPoll: 1 };
const WARM_UP_S = 60;

const [PATH, PROBE] = [join(import.meta.dirname, 'live/path.ts'), join(import.meta.dirname, 'live/probe.ts')];

type Run = { readonly ours: Verdict; readonly theirs: Verdict };

const runOnce = async (seconds: number, seed: number): Promise<Run> => {
  await using upstream = await startChronyd({ shiftSeconds: 5, rate: 1 + DRIFT, stratum: 1 });
  await using started = new AsyncDisposableStack();
  const sources: { address: string; port: number }[] = [];
  for (const path of PATHS) {
    const relay = started.use(await startChild(NODE, [PATH, `${upstream.port}`, JSON.stringify(path), `${seed}`]));
    const port = await waitFor('a path', () => Number(relay.said.stdout) || undefined);
    sources.push({ address: path.address, port });
  }
  const start = Date.now();
  const servers = sources.map(({ address, port }) => `${address} port ${port} iburst minpoll 0 maxpoll 1`);
  const [ours, theirs] = await Promise.all([
    startGateway({ sources: sources.map((source) => ({ ...source, ...POLL })) }),
    startChronyd({ servers, config: ['makestep 1 3'] }),
  ]);
  started.use(ours);
  started.use(theirs);
  return await probe(start, seconds, upstream.port, ours.ntpPort, theirs.port);
};

const probe = async (start: number, seconds: number, ...ports: readonly number[]): Promise<Run> => {
  const args = [PROBE, start, seconds, ...ports].map(String);
  const { code, stdout, stderr } = await runChild(NODE, args, { withinMs: 1_000 * (seconds + 30) });
  if (code !== 0) throw new Error(stderr);
  const rounds = JSON.parse(stdout) as readonly Round[];
  const of = (server: number): readonly (Exchange | null)[] => rounds.map((round) => round[server] ?? null);
  const truth = truthFrom(
    of(0).filter((exchange) => exchange !== null),
    DRIFT,
  );
  console.error(`truth is known to ± ${micros(truth.uncertainty)}`);
  const from = 1e9 * Math.min(WARM_UP_S, seconds / 2);
  return { ours: judgeAloud('ours', of(1), truth, from), theirs: judgeAloud('chronyd', of(2), truth, from) };
};

const micros = (ns: number): string => `${(ns / 1e3).toFixed(1)} µs`;

const judgeAloud = (name: string, looks: readonly (Exchange | null)[], truth: Truth, from: number): Verdict => {
  const verdict = judge(looks, truth, from);
  const slack = looks.flatMap((look) => (look ? [(look.most - look.least) / 2] : [])).sort((a, b) => a - b);
  const silent = looks.filter((look) => !look?.synchronized).length;
  console.error(
    `${name}: ${looks.length} looks, ${silent} without time, good to ± ${micros(quantile(slack, 0.5))} (p50), ` +
      `± ${micros(quantile(slack, 0.99))} (p99); off by ${micros(verdict.rms)} RMS, ${micros(verdict.p99)} p99, ` +
      `${micros(verdict.mean)} on average`,
  );
  return verdict;
};

const figuresOf = (runs: readonly Run[]): readonly Figure[] => {
  const compare = (name: string, unit: string, read: (verdict: Verdict) => number, aim?: string): Figure => ({
    name,
    unit,
    ours: median(runs.map(({ ours }) => read(ours))),
    peer: { name: 'chronyd', value: median(runs.map(({ theirs }) => read(theirs))) },
    ...(aim && { aim }),
  });
  return [
    compare('off by, RMS', 'µs', ({ rms }) => rms / 1e3, '≤ 1'),
    compare('off by, p50', 'µs', ({ p50 }) => p50 / 1e3),
    compare('off by, p99', 'µs', ({ p99 }) => p99 / 1e3, '≤ 1'),
    compare('off by, most', 'µs', ({ max }) => max / 1e3),
    compare('root distance holds the truth', '% of replies', ({ coverage }) => 100 * coverage, '≥ 1'),
    compare('root distance, mean', 'µs', ({ halfWidth }) => halfWidth / 1e3),
    compare('start to less than 1 ms off', 's', ({ toMillisecond }) => toMillisecond / 1e9),
  ];
};

process.once('SIGINT', () => process.exit(130)); // by which all that was started is ended
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    runs: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
});
for (const missing of await fetchPeers()) console.error(`missing: ${missing}`);
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
const runs: Run[] = [];
while (runs.length < Number(values.runs)) runs.push(await runOnce(seconds, seed + runs.length));
console.log(`${await machine()}\n\n${table(figuresOf(runs))}`);

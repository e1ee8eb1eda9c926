/**
 * `npm run bench`, or `npm run bench -- edge` for one of them: ours beside its peer, measured in the same run. Absolute
 * figures belong to this machine and this hour; the ratios are what can be compared.
 */
import { fetchPeers } from '../setup/peers.ts';
import { isPinned } from './cores.ts';
import { benchEdge } from './edge.ts';
import { benchEstimator } from './estimator.ts';
import { type Figure, table } from './figures.ts';
import { machine } from './machine.ts';
import { benchStart } from './start.ts';

const BENCHMARKS: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  start: benchStart,
  estimator: benchEstimator,
  edge: benchEdge,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) {
  console.error(`bench: no ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exit(2);
}
process.once('SIGINT', () => process.exit(130)); // by which all that was started is ended
for (const missing of await fetchPeers()) console.error(`missing: ${missing}`);

const figures: Figure[] = [];
for (const [name, bench] of Object.entries(BENCHMARKS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`measuring: ${name}`);
  try {
    figures.push(...(await bench()));
  } catch (error) {
    console.error(`${name} could not be measured: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
console.log(`${await machine(isPinned ? 'one answers, one asks' : undefined)}\n\n${table(figures)}`);

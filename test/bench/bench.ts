/**
 * `npm run bench`, or `npm run bench -- edge` for one of them: ours beside its peer, measured in the same run. Absolute
 * figures belong to this machine and this hour; the ratios are what can be compared.
 */
import { fetchPeers } from '../setup/peers.ts';
import { benchEdge } from './edge/load.ts';
import { benchEstimator } from './estimator.ts';
import { benchGatewayStart } from './gateway-start.ts';
import { benchPages } from './pages.ts';
import { type Benchmarks, choose, runBenchmarks } from './run-benchmarks.ts';
import { benchStart } from './start.ts';

const BENCHMARKS: Benchmarks = {
  start: benchStart,
  gateway: benchGatewayStart,
  estimator: benchEstimator,
  pages: benchPages,
  edge: () => benchEdge({ seconds: 1.5, rounds: 7 }, ['time']),
};

const chosen = choose(BENCHMARKS, process.argv.slice(2));
for (const missing of await fetchPeers()) console.error(`missing: ${missing}`);
await runBenchmarks(chosen);

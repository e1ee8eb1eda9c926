/**
 * `npm run bench:skew`: how far off a device's clock is, as our client finds it out, the npm package timesync, and whoever reads a
 * `Date` header: over the same simulated paths, and over a real relay to the edge in workerd. `-- --only simulated` runs
 * that, `--trials` says how often each asks over each real path.
 */
import { parseArgs } from 'node:util';
import { fetchPeers } from '../setup/peers.ts';
import { choose, runBenchmarks } from './run-benchmarks.ts';
import { benchReal } from './skew/real.ts';
import { benchSimulated } from './skew/simulated.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, trials: { type: 'string', default: '20' } } });
const benchmarks = { simulated: benchSimulated, real: () => benchReal(Number(values.trials)) };
const chosen = choose(benchmarks, values.only?.split(',') ?? []);
for (const missing of await fetchPeers()) console.error(`missing: ${missing}`);
await runBenchmarks(chosen);

/**
 * `npm run bench:edge`: the edge beside a bare hono route, in one workerd; with two cores one answers and one asks. Takes three
 * minutes and a quiet machine. `-- --only time,signed` runs those rows, `--seconds` and `--rounds` say how long each is
 * asked and how often.
 */
import { parseArgs } from 'node:util';
import { fetchPeers } from '../setup/peers.ts';
import { benchEdge, ROW_NAMES, type RowName } from './edge/load.ts';
import { choose, runBenchmarks } from './run-benchmarks.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '21' },
  },
});
const length = { seconds: Number(values.seconds), rounds: Number(values.rounds) };

const rows = Object.fromEntries(ROW_NAMES.map((name) => [name, () => benchEdge(length, [name])]));
const chosen = Object.keys(choose(rows, values.only?.split(',') ?? [])) as RowName[];
for (const missing of await fetchPeers()) console.error(`missing: ${missing}`);
await runBenchmarks({ edge: () => benchEdge(length, chosen) });

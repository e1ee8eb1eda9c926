/**
 * `npm run bench:server`: our NTP server beside chronyd, both with an access list and a rate limit, asked in turn by many
 * clients; with two cores one answers and one asks. Takes a quarter of an hour and a quiet machine. `-- --only ipv4,stamps`
 * runs those rows, `--seconds` and `--rounds` say how long each contestant is asked and how often, `--minutes 10` watches
 * memory for longer, `--fuzz 100000` sends fewer datagrams.
 */
import { parseArgs } from 'node:util';
import { fetchPeers } from '../setup/peers.ts';
import { enterOwnNetwork } from './own-network.ts';
import { type Benchmarks, choose, runBenchmarks } from './run-benchmarks.ts';
import { benchFlood } from './server/flood.ts';
import { benchFuzz } from './server/fuzz.ts';
import {
  benchHeadroom,
  benchInterleaved,
  benchIPv4,
  benchIPv6,
  benchLatency,
  benchMemory,
  benchThreads,
} from './server/load.ts';
import { benchStamps } from './server/stamps.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '9' },
    minutes: { type: 'string', default: '1' },
    fuzz: { type: 'string', default: '10000000' },
  },
});
const length = { seconds: Number(values.seconds), rounds: Number(values.rounds) };

const BENCHMARKS: Benchmarks = {
  headroom: () => benchHeadroom(length),
  ipv4: () => benchIPv4(length),
  ipv6: () => benchIPv6(length),
  interleaved: () => benchInterleaved(length),
  latency: () => benchLatency(length),
  threads: () => benchThreads(length),
  stamps: () => benchStamps(20 * length.seconds),
  memory: () => benchMemory(Number(values.minutes)),
  flood: () => benchFlood(10),
  fuzz: () => benchFuzz(Number(values.fuzz)),
};

const chosen = choose(BENCHMARKS, values.only?.split(',') ?? []);
for (const missing of await fetchPeers()) console.error(`missing: ${missing}`);
enterOwnNetwork();
await runBenchmarks(chosen);

/**
 * `npm run bench:nts`: what authenticated time costs, our server beside chronyd, both asked as by `npm run bench:server`.
 * Takes a quarter of an hour and a quiet machine. `-- --only nts,parts` runs those rows, `--seconds` and `--rounds` say how long
 * each contestant is asked and how often, `--fuzz 100000` sends fewer datagrams.
 */
import { parseArgs } from 'node:util';
import { fetchPeers } from '../setup/peers.ts';
import { benchNtsFuzz } from './nts/fuzz.ts';
import { benchKeyExchangeMemory, benchKeyExchanges } from './nts/key-exchanges.ts';
import { benchCmac, benchGcmSiv, benchLatency, benchOpenssl, benchPlain, benchSha1, benchSiv } from './nts/load.ts';
import { benchParts } from './nts/parts.ts';
import { enterOwnNetwork } from './own-network.ts';
import { type Benchmarks, choose, runBenchmarks } from './run-benchmarks.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '9' },
    fuzz: { type: 'string', default: '1000000' },
  },
});
const length = { seconds: Number(values.seconds), rounds: Number(values.rounds) };

const BENCHMARKS: Benchmarks = {
  plain: () => benchPlain(length),
  nts: () => benchSiv(length),
  openssl: () => benchOpenssl(length),
  gcm: () => benchGcmSiv(length),
  cmac: () => benchCmac(length),
  sha1: () => benchSha1(length),
  latency: () => benchLatency(length),
  parts: () => benchParts(length),
  exchanges: () => benchKeyExchanges(length),
  memory: benchKeyExchangeMemory,
  fuzz: () => benchNtsFuzz(Number(values.fuzz)),
};

const chosen = choose(BENCHMARKS, values.only?.split(',') ?? []);
for (const missing of await fetchPeers()) console.error(`missing: ${missing}`);
enterOwnNetwork();
await runBenchmarks(chosen);

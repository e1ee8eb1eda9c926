/**
 * `npm run bench:server`: our NTP server beside chronyd, both with an access list and a rate limit, asked in turn by many
 * clients; with two cores one answers and one asks. Takes a quarter of an hour and a quiet machine. `-- --only ipv4,stamps`
 * runs those rows, `--seconds` and `--rounds` say how long each contestant is asked and how often, `--minutes 10` watches
 * memory for longer, `--fuzz 100000` sends fewer datagrams.
 */
import { parseArgs } from 'node:util';
import { fetchPeers } from '../setup/peers.ts';
import { isPinned } from './cores.ts';
import { type Figure, table } from './figures.ts';
import { machine } from './machine.ts';
import { enterOwnNetwork } from './own-network.ts';
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

const BENCHMARKS: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
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

const wanted = values.only?.split(',') ?? Object.keys(BENCHMARKS);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) {
  console.error(`bench: no ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exit(2);
}
for (const missing of await fetchPeers()) console.error(`missing: ${missing}`);
enterOwnNetwork();
process.once('SIGINT', () => process.exit(130)); // by which all that was started is ended

const figures: Figure[] = [];
for (const name of wanted) {
  console.error(`measuring: ${name}`);
  try {
    figures.push(...(await BENCHMARKS[name]!()));
  } catch (error) {
    console.error(`${name} could not be measured: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
console.log(`${await machine(isPinned ? 'one answers, one asks' : undefined)}\n\n${table(figures)}`);

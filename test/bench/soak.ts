/**
 * `npm run bench:soak`: the package of the gateway for half an hour, serving 2000 requests a second and an edge, while each minute something
 * else befalls it. Once a second it is asked by NTP and by way of the edge, against the clock of this host, which all upstreams
 * tell: no second may be missed, none told wrong, and memory stays flat. Its page is open and its metrics are scraped meanwhile. `-- --minutes 5` is for a look, `--rate` for another load.
 */
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fetchPeers } from '../setup/peers.ts';
import { startChild } from '../support/child.ts';
import { untilPublished } from '../support/gateway.ts';
import { residentMiB } from '../support/resident.ts';
import { NODE } from '../support/root.ts';
import { cpuSeconds } from './cores.ts';
import { type Figure, table } from './figures.ts';
import { machine } from './machine.ts';
import { FAULTS } from './soak/faults.ts';
import type { SoakLoad } from './soak/load.ts';
import { type Look, lookByHttps, lookByNtp } from './soak/looks.ts';
import { startWorld, type World } from './soak/world.ts';

const MINUTE_MS = 60_000;
const LOAD = join(import.meta.dirname, 'soak/load.ts');

/** What somebody has open in a browser all the while, and what a monitor asks for: each so many seconds. */
const PAGES = { '/history': 2, '/status': 2, '/sources': 2, '/clients': 6, '/metrics': 15 };

type Second = { readonly ntp: Look; readonly https: Look | undefined; readonly residentMiB: number };
type Soak = { readonly seconds: readonly Second[]; readonly load: SoakLoad; readonly cpuShare: number };

const soak = async (world: World, minutes: number, rate: string): Promise<Soak> => {
  const { gateway, edge } = world;
  const args = ['--port', `${gateway.ntpPort}`, '--rate', rate, '--seconds', `${60 * minutes}`];
  await using load = await startChild(NODE, [LOAD, ...args]);
  const [start, cpuBefore] = [performance.now(), cpuSeconds(gateway.child.pid)];
  const end = start + minutes * MINUTE_MS;
  let isEdgeGone = false;

  const befall = async (): Promise<void> => {
    let minute = 0;
    for await (const _ of setInterval(MINUTE_MS)) {
      if (performance.now() > end - MINUTE_MS) return; // the last one is quiet
      const fault = FAULTS[minute++ % FAULTS.length]!;
      console.error(`minute ${minute}: ${fault.name}`);
      isEdgeGone = fault.isOfEdge === true;
      await fault.befall(world);
      isEdgeGone = false;
    }
  };
  const looking: Promise<Second>[] = [];
  const look = async (): Promise<Second> => {
    const wasGone = isEdgeGone;
    const [ntp, https] = await Promise.all([lookByNtp(gateway.ntpPort), wasGone ? undefined : lookByHttps(edge.url)]);
    return { ntp, https: isEdgeGone ? undefined : https, residentMiB: residentMiB(gateway.child.pid) };
  };
  const readPages = async (second: number): Promise<void> => {
    for (const [path, every] of Object.entries(PAGES)) {
      if (second % every === 0) await (await fetch(`${world.pages}${path}`)).text();
    }
  };
  const watch = async (): Promise<void> => {
    for await (const _ of setInterval(1_000)) {
      if (performance.now() > end) return;
      await readPages(looking.push(look()));
    }
  };
  await Promise.all([befall(), watch(), load.ended]);
  const cpuShare = (cpuSeconds(gateway.child.pid) - cpuBefore) / ((performance.now() - start) / 1e3);
  return { seconds: await Promise.all(looking), load: JSON.parse(load.said.stdout), cpuShare };
};

/** MiB an hour, by least squares. */
const growth = (seconds: readonly Second[]): number => {
  const middle = (seconds.length - 1) / 2;
  const mean = seconds.reduce((sum, one) => sum + one.residentMiB, 0) / seconds.length;
  const [up, across] = [0, 1].map((power) =>
    seconds.reduce((sum, one, i) => sum + (i - middle) * (power ? i - middle : one.residentMiB - mean), 0),
  );
  return (3_600 * up!) / across!;
};

const figuresOf = ({ seconds, load, cpuShare }: Soak): readonly Figure[] => {
  const rowsOf = (name: string, looks: readonly Look[]): readonly Figure[] => [
    { name: `${name}: seconds without an answer`, unit: `of ${looks.length}`, ours: count(looks, 'isThere'), aim: '0' },
    { name: `${name}: told wrong`, unit: `of ${looks.length}`, ours: count(looks, 'isTrue'), aim: '0' },
    { name: `${name}: widest bound`, unit: '± ms', ours: Math.max(...looks.map(({ boundMs }) => boundMs)) },
  ];
  const later = seconds.slice(Math.floor(seconds.length / 2));
  return [
    ...rowsOf(
      'NTP',
      seconds.map(({ ntp }) => ntp),
    ),
    ...rowsOf(
      'HTTPS',
      seconds.flatMap(({ https }) => https ?? []),
    ),
    { name: 'requests answered', unit: '%', ours: (100 * load.answered) / load.sent, aim: '100' },
    { name: 'processor', unit: '% of a core', ours: 100 * cpuShare },
    { name: 'resident, most', unit: 'MiB', ours: Math.max(...seconds.map((one) => one.residentMiB)), aim: '< 114.4' },
    { name: 'resident, growth in the second half', unit: 'MiB/h', ours: growth(later), aim: 'flat' },
  ];
};

const count = (looks: readonly Look[], what: 'isThere' | 'isTrue'): number => looks.filter((one) => !one[what]).length;

process.once('SIGINT', () => process.exit(130)); // by which all that was started is ended
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, rate: { type: 'string', default: '2000' } },
});
for (const missing of await fetchPeers()) console.error(`missing: ${missing}`);
await using world = await startWorld();
await untilPublished(world.gateway);
const found = await soak(world, Number(values.minutes), values.rate);
console.log(`${await machine()}\n\n${table(figuresOf(found))}`);

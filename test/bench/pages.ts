/** What it costs to be watched: the pages and the metrics of a gateway with more sources and edges than most have. */
import { after, seconds } from '#contract/time.ts';
import { exposition } from '../../ntp-gateway/io/exposition.ts';
import { json } from '../../ntp-gateway/io/pages.ts';
import { processMetrics } from '../../ntp-gateway/io/process-metrics.ts';
import { newClientMemory, openClientTable, RECORDS, touch } from '../../ntp-gateway/protocol/client-table.ts';
import { clientsOf } from '../../ntp-gateway/status/clients.ts';
import { EVERY_SECONDS, historyOf, newHistory, note } from '../../ntp-gateway/status/history.ts';
import { metricsOf } from '../../ntp-gateway/status/metrics.ts';
import { sourcesOf } from '../../ntp-gateway/status/sources.ts';
import { statusOf } from '../../ntp-gateway/status/status.ts';
import { makeServer } from '../simulation/server.ts';
import { makeWorld } from '../simulation/world.ts';
import { clientAddress } from '../support/client-address.ts';
import type { Figure } from './figures.ts';

const [SOURCES, EDGES, THREADS] = [64, 5, 2];
const RUNS = 200;
/** As Prometheus asks. */
const OPEN_METRICS = { accept: 'application/openmetrics-text;version=1.0.0' };
/** How often each is done while the page is open in a browser, and how often Prometheus asks. */
const [PAGE_SECONDS, CLIENTS_SECONDS, SCRAPE_SECONDS] = [EVERY_SECONDS, 6, 15];

export const benchPages = async (): Promise<readonly Figure[]> => {
  const world = await makeWorld({
    seed: 1,
    servers: Object.fromEntries(Array.from({ length: SOURCES }, (_, i) => [`192.0.2.${i}`, makeServer()])),
    config: {
      publish: Array.from({ length: EDGES }, (_, i) => ({ origin: `https://${i}.example`, interval: seconds(16) })),
    },
  });
  await world.pass(seconds(60));
  const core = world.gateway().core();
  const now = world.ports.mono();
  const status = () => statusOf(core, SERVED, now);
  const sources = () => sourcesOf(core, now);
  const scrape = await timeOf(async () => {
    await exposition([...metricsOf(status(), sources(), '0'), ...processMetrics()], OPEN_METRICS);
  });
  const history = newHistory();
  let look = core.lastLook!;
  const page = await timeOf(async () => {
    look = { ...look, now: after(look.now, seconds(EVERY_SECONDS)) };
    const since = history.last?.at;
    note(history, { ...core, lastLook: look }, status(), sources()); // which is done also while nobody looks
    json(status());
    json(sources());
    json(historyOf(history, core, since));
  });
  const tables = Array.from({ length: THREADS }, fullTable);
  const clients = await timeOf(async () => {
    json(clientsOf(tables, now));
  });
  const share = (page / PAGE_SECONDS + clients / CLIENTS_SECONDS + scrape / SCRAPE_SECONDS) / 1e3;
  const name = `${SOURCES} sources, ${EDGES} edges`;
  return [
    { name: `a scrape of the metrics, ${name}`, unit: 'ms', ours: scrape },
    { name: `what the page asks each ${PAGE_SECONDS} s, ${name}`, unit: 'ms', ours: page },
    { name: `and each ${CLIENTS_SECONDS} s: who asks, ${THREADS * RECORDS} clients`, unit: 'ms', ours: clients },
    { name: `both, and a scrape each ${SCRAPE_SECONDS} s`, unit: '% of a core', ours: share * 100, aim: '< 1' },
  ];
};

/** As under a flood of addresses. */
const fullTable = (): SharedArrayBuffer => {
  const memory = newClientMemory();
  const table = openClientTable(memory);
  for (let i = 0; i < 4 * RECORDS; i++)
    touch(table, clientAddress(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`), i, 0x23);
  return memory;
};

const SERVED = { served: 1e6, interleaved: 1e5, authenticated: 1e4, kissed: 1e3, dropped: { denied: 1e3 } };

/** ms of all threads, garbage collection among them. */
const timeOf = async (act: () => Promise<void>): Promise<number> => {
  await act();
  const begin = process.cpuUsage();
  for (let run = 0; run < RUNS; run++) await act();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / RUNS / 1e3;
};

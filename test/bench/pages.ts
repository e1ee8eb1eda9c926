/** What it costs to be watched: the pages and the metrics of a gateway with more sources and edges than most have. */
import { seconds } from '#contract/time.ts';
import { exposition } from '../../ntp-gateway/io/exposition.ts';
import { json } from '../../ntp-gateway/io/pages.ts';
import { processMetrics } from '../../ntp-gateway/io/process-metrics.ts';
import { metricsOf } from '../../ntp-gateway/status/metrics.ts';
import { sourcesOf } from '../../ntp-gateway/status/sources.ts';
import { statusOf } from '../../ntp-gateway/status/status.ts';
import { makeServer } from '../simulation/server.ts';
import { makeWorld } from '../simulation/world.ts';
import { type Figure, median } from './figures.ts';

const [SOURCES, EDGES] = [64, 5];
const RUNS = 200;
/** As Prometheus asks. */
const OPEN_METRICS = { accept: 'application/openmetrics-text;version=1.0.0' };
/** How often the page asks, and how often Prometheus. */
const [PAGE_SECONDS, SCRAPE_SECONDS] = [1, 15];

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
  const page = await timeOf(async () => {
    json(status());
    json(sources());
  });
  const share = (scrape / SCRAPE_SECONDS + page / PAGE_SECONDS) / 1e3;
  const name = `${SOURCES} sources, ${EDGES} edges`;
  return [
    { name: `a scrape of the metrics, ${name}`, unit: 'ms', ours: scrape },
    { name: `status and sources as JSON, ${name}`, unit: 'ms', ours: page },
    { name: 'a scrape each 15 s and the page each second', unit: '% of a core', ours: share * 100, aim: '< 1' },
  ];
};

const SERVED = { served: 1e6, interleaved: 1e5, authenticated: 1e4, kissed: 1e3, dropped: { denied: 1e3 } };

/** ms, the median. */
const timeOf = async (act: () => Promise<void>): Promise<number> => {
  const times: number[] = [];
  while (times.length < RUNS) {
    const begin = performance.now();
    await act();
    times.push(performance.now() - begin);
  }
  return median(times);
};

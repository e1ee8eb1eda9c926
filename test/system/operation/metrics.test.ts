/** A gateway that runs, scraped by Prometheus as docs/monitoring.md has it, and by whoever else asks. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Child, startChild } from '../../support/child.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import { startGateway, untilSynchronized } from '../../support/gateway.ts';
import { readOpenMetrics } from '../../support/open-metrics.ts';
import { findPrometheus, required } from '../../support/peers.ts';
import { checkQueries, hasPromtool, promtool } from '../../support/promtool.ts';
import { ROOT } from '../../support/root.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Of docs/monitoring.md, with another gateway in place of the one there, and each second. */
const configuration = (target: string): string => {
  const [, block = ''] = /```yaml prometheus\.yml\n([\s\S]*?)```/.exec(read('docs/monitoring.md')) ?? [];
  const here = block.replace('192.0.2.10:9123', target).replace('scrape_interval: 15s', 'scrape_interval: 1s');
  return `global:\n  evaluation_interval: 1s\n${here}`;
};

describe.skipIf(!hasChronyd)('metrics of a gateway that runs', () => {
  const keep = stopAfterAll();
  let statusPort: number;
  const scrape = (accept: string) => fetch(`http://127.0.0.1:${statusPort}/metrics`, { headers: { accept } });
  beforeAll(async () => {
    statusPort = await freeTcpPort();
    const upstream = await keep(startChronyd());
    await untilSynchronized(await keep(startGateway({ sources: [upstream], status: `127.0.0.1:${statusPort}` })));
  });

  it('are OpenMetrics to who asks for it', async () => {
    const response = await scrape('application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5');
    expect(response.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    const families = readOpenMetrics(await response.text());
    const value = (family: string, sample = family): number | undefined =>
      families.get(family)?.samples.get(`${sample}{}`);
    expect(value('noonmark_synchronized')).toBe(1);
    expect(value('noonmark_clock_bound_seconds')).toBeGreaterThan(0);
    expect(value('noonmark_clock_bound_seconds')).toBeLessThan(1.5);
    expect(value('process_cpu_seconds', 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(value('process_start_time_seconds')).toBeLessThan(Date.now() / 1e3);
    expect(value('nodejs_eventloop_active_seconds', 'nodejs_eventloop_active_seconds_total')).toBeGreaterThan(0);
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect([...families.get('noonmark_build_info')!.samples]).toEqual([
      [`noonmark_build_info{version="${version}"}`, 1],
    ]);
  });

  it.skipIf(!hasPromtool)('are such as Prometheus wants them', async () => {
    const response = await scrape('*/*');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await promtool(['check', 'metrics'], await response.text())).toEqual({ code: 0, said: '' });
  });

  it.skipIf(!hasPromtool)('are scraped by Prometheus, and no rule has anything to say', async () => {
    const folder = makeTempDir();
    const file = join(folder, 'prometheus.yml');
    writeFileSync(file, configuration(`127.0.0.1:${statusPort}`));
    copyFileSync(join(ROOT, 'docs/alerts.yml'), join(folder, 'alerts.yml'));
    expect(await promtool(['check', 'config', file])).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });

    const port = await freeTcpPort();
    const prometheus = await keep(
      startChild(required(findPrometheus()), [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ]),
    );
    const ask = askerOf(port, prometheus);
    await waitFor('a scrape', async () => {
      const { activeTargets } = await ask<{ activeTargets: readonly Target[] }>('targets');
      return activeTargets.some(({ health, labels }) => health === 'up' && labels.job === 'noonmark');
    });
    const query = encodeURIComponent('noonmark_clock_bound_seconds < 1.5 and noonmark_synchronized == 1');
    await waitFor('what it says', async () => {
      const { result } = await ask<{ result: readonly object[] }>(`query?query=${query}`);
      return result.length === 1;
    });
    const rules = await waitFor('all rules', async () => {
      const rules = await rulesOf(ask);
      return rules.length > 10 && rules.every(({ health }) => health === 'ok') && rules;
    });
    expect(rules.filter(({ state }) => state === 'firing')).toEqual([]);
  });
});

type Target = { readonly health: string; readonly labels: { readonly job?: string } };
type Ask = <Data>(path: string) => Promise<Data>;

/** Asks its HTTP API; waits for it while it starts. */
const askerOf =
  (port: number, prometheus: Child): Ask =>
  async <Data>(path: string): Promise<Data> => {
    const response = await waitFor('Prometheus', () =>
      fetch(`http://127.0.0.1:${port}/api/v1/${path}`).then(
        (response) => response.ok && response,
        () => undefined,
      ),
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${prometheus.said.stderr}`);
    });
    return ((await response.json()) as { data: Data }).data;
  };

type Rule = { readonly name: string; readonly health: string; readonly state: string; readonly lastError?: string };
const rulesOf = async (ask: Ask): Promise<readonly Rule[]> => {
  const { groups } = await ask<{ groups: readonly { readonly rules: readonly Rule[] }[] }>('rules');
  return groups.flatMap(({ rules }) => rules);
};

describe('the dashboard', () => {
  const dashboard = JSON.parse(read('docs/grafana.json')) as Dashboard;
  const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it('asks what source of data there is, and of which gateways', () => {
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
      ['instance', 'query'],
    ]);
    for (const { type, datasource } of dashboard.panels)
      if (type !== 'row') expect(datasource).toEqual({ type: 'prometheus', uid: `\${datasource}` });
    expect(queries.filter((query) => !query.includes('{job=~"$job",instance=~"$instance"'))).toEqual([]);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it('tells several gateways apart', () => {
    const isSummed = (expr: string): boolean => /^(max|sum by \((?!instance))/.test(expr);
    const targets = dashboard.panels.flatMap(({ type, targets = [] }) => (type === 'timeseries' ? targets : []));
    const nameless = targets.filter(
      ({ expr, legendFormat = '' }) => !isSummed(expr) && !legendFormat.includes('{{instance}}'),
    );
    expect(nameless.map(({ expr }) => expr)).toEqual([]);
  });

  it.skipIf(!hasPromtool)('has queries that Prometheus understands', async () => {
    const meant = queries.map((query) => query.replaceAll('$__rate_interval', '1m'));
    expect(meant.length).toBeGreaterThan(20);
    expect(await checkQueries(meant)).toEqual({
      code: 0,
      said: expect.stringContaining(`${meant.length} rules found`),
    });
  });
});

type Dashboard = {
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly datasource?: object;
    readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
};

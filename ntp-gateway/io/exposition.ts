/** Metrics as text: OpenMetrics for who asks for it, as Prometheus does, and what came before it for all others. */
import type { Family } from '../status/metrics/family.ts';
import type { Asked, Page } from './pages.ts';

export const exposition = async (families: readonly Family[], { accept }: Pick<Asked, 'accept'>): Promise<Page> => {
  // Not before somebody asks: it brings along more than the gateway needs to run.
  const { Counter, Gauge, Registry } = await import('prom-client');
  const type = accept.includes('application/openmetrics-text')
    ? Registry.OPENMETRICS_CONTENT_TYPE
    : Registry.PROMETHEUS_CONTENT_TYPE;
  const registry = new Registry<typeof type>();
  registry.setContentType(type);
  for (const { name, type, help, labels: labelNames, samples } of families) {
    if (samples.length === 0) continue;
    const metric = new (type === 'counter' ? Counter : Gauge)({ name, help, labelNames, registers: [registry] });
    for (const { labels, value } of samples) {
      metric.inc(Object.fromEntries(labelNames.map((label, i) => [label, labels[i] ?? ''])), value);
    }
  }
  return { type, body: await registry.metrics() };
};

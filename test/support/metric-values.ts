/** Metrics by name and labels, as a query has them. */
import type { Family } from '../../ntp-gateway/status/metrics/family.ts';
import { metricsOf } from '../../ntp-gateway/status/metrics.ts';
import { sourcesOf } from '../../ntp-gateway/status/sources.ts';
import { statusOf } from '../../ntp-gateway/status/status.ts';
import type { World } from '../simulation/world.ts';

export const valuesOf = (families: readonly Family[]): ReadonlyMap<string, number> =>
  new Map(
    families.flatMap(({ name, labels, samples }) =>
      samples.map(({ labels: values, value }) => {
        const pairs = labels.map((label, i) => `${label}="${values[i]}"`);
        return [pairs.length > 0 ? `${name}{${pairs.join(',')}}` : name, value] as const;
      }),
    ),
  );

/** What a simulated gateway is scraped for now. */
export const scrape = ({ gateway, ports }: World): Readonly<Record<string, number>> => {
  const [core, now] = [gateway().core(), ports.mono()];
  return Object.fromEntries(valuesOf(metricsOf(statusOf(core, undefined, now), sourcesOf(core, now), '0')));
};

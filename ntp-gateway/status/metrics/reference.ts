/** The metrics' reference, docs/metrics.md: what they say of themselves. */
import { monoNanos } from '#contract/time.ts';
import { type CoreConfig, newCore } from '../../core/state.ts';
import { metricsOf } from '../metrics.ts';
import { type Status, statusOf } from '../status.ts';
import type { Family } from './family.ts';

/** Nobody to ask, nobody to serve. */
const CONFIG: CoreConfig = {
  id: 'gw-1',
  stateDir: '',
  maxDrift: 5e-4,
  minSources: 1,
  sources: [],
  server: { listen: [], threads: 1, allow: [], deny: [], smear: false },
  publish: [],
  precision: -20,
  ownReferenceIds: [],
};

/** Of a gateway that has just started. */
export const emptyStatus = (): Status => {
  const start = monoNanos(0n);
  const [core] = newCore(CONFIG, 1, start);
  return statusOf(core, undefined, start);
};

/** @param others - families that are not made of the status. */
export const metricsReference = (others: readonly Family[]): string => {
  const families = [...metricsOf(emptyStatus(), [], ''), ...others];
  const rows = families.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return [HEAD, ...rows, ''].join('\n');
};

const HEAD = `# Every metric

Made by \`npm run docs\` of what \`/metrics\` says of itself; [monitoring.md](monitoring.md) says how it is scraped, and what to be paged for. Units are
base units. What is not known is not there: without a clock, no bound. \`source\` is as in \`noonmark-gateway sources\`, \`edge\` an origin of \`[[publish]]\`,
\`word\` and \`state\` are [the words](status.md#the-words) that the pages and the log have: nothing that a client, a server or an edge sends becomes a label. Of a name in the
configuration the address that is asked stands in \`source\`, so a pool has as many at a time as it has servers, and others when those are replaced.

| name | type | labels | |
| --- | --- | --- | --- |`;

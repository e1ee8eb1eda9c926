/** The references in docs/ are what `npm run docs` makes of the schema and of the routes as they are now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configurationReference } from '../ntp-gateway/config/reference.ts';
import { processMetrics } from '../ntp-gateway/io/process-metrics.ts';
import { metricsReference } from '../ntp-gateway/status/metrics/reference.ts';
import { openApi } from '../worker/openapi/document.ts';
import { OPERATIONS } from '../worker/openapi/operations.ts';
import { httpReference } from '../worker/openapi/reference.ts';
import { ROOT } from './support/root.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };
const hint = 'out of date: npm run docs';

it('docs/configuration.md is of the schema', () => {
  const made = configurationReference();
  expect(read('docs/configuration.md') === made, hint).toBe(true);
  expect(made).toContain('\n## source: an edge\n');
  expect(made).toContain('\n## server.rate_limit\n');
  expect(made).toContain('| `interval` | a length of time from "1s" to "1h" | `"16s"` |');
  expect(made).not.toMatch(/\| +\|/); // of each key it is said what it may be
});

it('docs/metrics.md is of what /metrics says', () => {
  const made = metricsReference(processMetrics());
  expect(read('docs/metrics.md') === made, hint).toBe(true);
  expect(made).toContain('\n| `noonmark_clock_bound_seconds` | gauge |  | The most by which');
  expect(made).toContain('\n| `noonmark_publish_total` | counter | `edge`, `word` | ');
});

it('docs/http-reference.md is of the routes', () => {
  const made = httpReference(openApi(version));
  expect(read('docs/http-reference.md') === made, hint).toBe(true);
  for (const route of Object.keys(OPERATIONS)) expect(made).toContain(`\n## ${route}\n`);
});

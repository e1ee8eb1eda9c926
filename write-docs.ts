/** `npm run docs`: the references that are made from what the programs go by themselves. A test holds the files to them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationReference } from './ntp-gateway/config/reference.ts';
import { processMetrics } from './ntp-gateway/io/process-metrics.ts';
import { metricsReference } from './ntp-gateway/status/metrics/reference.ts';
import { openApi } from './worker/openapi/document.ts';
import { httpReference } from './worker/openapi/reference.ts';

const root = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

writeFileSync(join(root, 'docs/configuration.md'), configurationReference());
writeFileSync(join(root, 'docs/metrics.md'), metricsReference(processMetrics()));
writeFileSync(join(root, 'docs/http-reference.md'), httpReference(openApi(version)));

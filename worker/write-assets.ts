/** `node worker/write-assets.ts DIRECTORY`: what wrangler's `[assets]` takes, and `_headers` for it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAssets } from './assets.ts';
import { HEADERS } from './headers.ts';

const [directory = '.'] = process.argv.slice(2);
const assets = await makeAssets();
mkdirSync(directory, { recursive: true });
for (const { file, body } of Object.values(assets)) writeFileSync(join(directory, file), body);

/** What a file is, the platform tells by its name. It joins what several rules say of one header: no two say the same one. */
const rules = [
  ['/*', HEADERS] as const,
  ...Object.entries(assets).map(([path, { policy }]) => [path, { 'Content-Security-Policy': policy }] as const),
];
const lines = rules.flatMap(([path, headers]) => [
  path,
  ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`),
]);
writeFileSync(join(directory, '_headers'), `${lines.join('\n')}\n`);

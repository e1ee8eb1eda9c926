/** docs/gateway.md names every key that may stand in a configuration, and what it shows is one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { faultText, parseConfig } from '../../../ntp-gateway/config/parse.ts';
import { configurationReference } from '../../../ntp-gateway/config/reference.ts';
import { readmeBlock } from '../../support/readme-block.ts';
import { ROOT } from '../../support/root.ts';

const PAGE = 'docs/gateway.md';

/** Of the reference that is made from the schema: in its tables, and the tables themselves. */
const keysIn = (reference: string): string[] => [
  ...[...reference.matchAll(/^\| `(\w+)` \|/gm)].map(([, key = '']) => key),
  ...[...reference.matchAll(/^## (?:\w+\.)?(\w+)/gm)].map(([, table = '']) => table),
];

it('names every key', () => {
  const keys = new Set(keysIn(configurationReference()));
  expect(keys).toContain('gateway_key'); // or it looks in the wrong places
  expect(keys).toContain('secret_file');
  expect(keys).toContain('rate_limit');
  const page = readFileSync(join(ROOT, PAGE), 'utf8');
  const isNamed = (key: string) => new RegExp(`^(.*[{,] )?${key} = |^\\[+(\\w+\\.)?${key}\\]`, 'm').test(page);
  expect([...keys].filter((key) => !isNamed(key))).toEqual([]);
});

it.each(['every-key', 'pull'])('shows a configuration without a fault: %s', (block) => {
  const parsed = parseConfig(readmeBlock(PAGE, block), PAGE);
  expect(parsed.ok ? [] : parsed.faults.map(faultText)).toEqual([]);
});

/** docs/gateway.md names every key that may stand in a configuration, and what it shows is one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { faultText, parseConfig } from '../../../ntp-gateway/config/parse.ts';
import { schema } from '../../../ntp-gateway/config/schema.ts';
import { readmeBlock } from '../../support/readme-block.ts';
import { ROOT } from '../../support/root.ts';

const PAGE = 'docs/gateway.md';

/** As valibot builds it: of all its kinds, those that hold others. */
type Schema = {
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly pipe?: readonly Schema[];
  readonly item?: Schema;
  readonly wrapped?: Schema;
  readonly value?: Schema;
  readonly getter?: (entry: unknown) => Schema;
};

/** By which kinds of source differ. */
const SOURCES = [{ address: '' }, { https: '' }, { sock: '' }];

const keysIn = ({ entries = {}, pipe = [], item, wrapped, value, getter }: Schema): string[] => [
  ...Object.entries(entries).flatMap(([name, entry]) => [name, ...keysIn(entry)]),
  ...[...pipe, item, wrapped, value, ...SOURCES.map((entry) => getter?.(entry))].flatMap((inner) =>
    typeof inner === 'object' ? keysIn(inner) : [],
  ),
];

it('names every key', () => {
  const keys = new Set(keysIn(schema as unknown as Schema));
  expect(keys).toContain('gateway_key'); // or it looks in the wrong places
  expect(keys).toContain('secret_file');
  const page = readFileSync(join(ROOT, PAGE), 'utf8');
  const isNamed = (key: string) => new RegExp(`^(.*[{,] )?${key} = |^\\[+(\\w+\\.)?${key}\\]`, 'm').test(page);
  expect([...keys].filter((key) => !isNamed(key))).toEqual([]);
});

it.each(['every-key', 'pull'])('shows a configuration without a fault: %s', (block) => {
  const parsed = parseConfig(readmeBlock(PAGE, block), PAGE);
  expect(parsed.ok ? [] : parsed.faults.map(faultText)).toEqual([]);
});

/** The configuration's reference, docs/configuration.md: out of the schema itself, in the words that its faults have. */
import { schema } from './schema.ts';

/** As valibot builds it: of all its kinds, what is looked at here. */
type Schema = {
  readonly type?: string;
  readonly message?: string;
  readonly default?: unknown;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly pipe?: readonly Schema[];
  readonly item?: Schema;
  readonly wrapped?: Schema;
  readonly value?: Schema;
  readonly getter?: (entry: unknown) => Schema;
};

/** By which key kinds of source differ, and what they are called. */
const SOURCES = {
  address: 'a server, or a pool of them',
  https: 'an edge',
  sock: 'a clock of this host',
};

type Row = { readonly key: string; readonly may: string; readonly byDefault: string };
type Table = { readonly heading: string; readonly rows: readonly Row[]; readonly below: readonly Table[] };

const entriesOf = ({ entries, pipe = [], wrapped }: Schema): Schema['entries'] =>
  entries ?? [...pipe, wrapped].map((inner) => inner && entriesOf(inner)).find(Boolean);

/** The first that is said of it: what it has to be. */
const messageOf = ({ message, pipe = [], wrapped }: Schema): string | undefined =>
  message ?? [...pipe, wrapped].map((inner) => inner && messageOf(inner)).find(Boolean);

/** The tables of a list, or of a table by number; none where it holds values. */
const elementsOf = (path: string, { pipe, wrapped, item, value, getter }: Schema): readonly Table[] => {
  if (getter) return Object.entries(SOURCES).map(([key, kind]) => tableOf(path, getter({ [key]: '' }), `: ${kind}`));
  if (item && entriesOf(item)) return [tableOf(path, item)];
  if (value && entriesOf(value)) return [tableOf(path, value)];
  return (pipe ?? [wrapped, item]).flatMap((inner) => (inner ? elementsOf(path, inner) : []));
};

const tableOf = (path: string, of: Schema, kind = ''): Table => {
  const rows: Row[] = [];
  const below: Table[] = [];
  for (const [key, entry] of Object.entries(entriesOf(of) ?? {})) {
    const deeper = path ? `${path}.${key}` : key;
    const elements = elementsOf(deeper, entry);
    if (elements.length > 0) below.push(...elements);
    else if (entriesOf(entry)) below.push(tableOf(deeper, entry));
    else rows.push({ key, may: (messageOf(entry) ?? '').replace(/^must be /, ''), byDefault: defaultOf(entry) });
  }
  return { heading: `${path}${kind}`, rows, below };
};

const defaultOf = ({ type, default: value }: Schema): string => {
  if (type !== 'optional') return 'has to be written';
  return value === undefined ? 'none' : `\`${JSON.stringify(value)}\``;
};

const textOf = ({ heading, rows, below }: Table): string => {
  const lines = rows.map(({ key, may, byDefault }) => `| \`${key}\` | ${may} | ${byDefault} |`);
  const own = [`## ${heading}`, ['| key | may be | default |', '| --- | --- | --- |', ...lines].join('\n')];
  return [...(lines.length > 0 ? own : []), ...below.map(textOf)].join('\n\n');
};

const HEAD = `# Every key of the configuration

Made by \`npm run docs\` from the schema that \`noonmark-gateway check\` goes by. What each key is for stands in [gateway.md](gateway.md#every-key),
beside an example of it. Where the default is none, a key may be left out, unless \`check\` finds it needed beside another.`;

/** Markdown. */
export const configurationReference = (): string => `${HEAD}\n\n${textOf(tableOf('', schema as unknown as Schema))}\n`;

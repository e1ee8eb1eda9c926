/** Which way imports run, and which files know neither time nor dice. ARCHITECTURE.md says why; this says where it is not so. */
import { posix } from 'node:path';

/** Inside the gateway a place imports itself and those before it. `config` is all that reads what the operator wrote. */
const ORDER = [
  'contract',
  'config',
  'wire',
  'protocol',
  'discipline',
  'publish',
  'source',
  'membership',
  'core',
  'record',
  'change',
  'ports',
  'status',
  'gateway',
  'main',
];
const before = (place: string): string[] => ORDER.slice(0, ORDER.indexOf(place) + 1);

/** The places that a place may import values from. */
const VALUES: Record<string, readonly string[]> = {
  ...Object.fromEntries(ORDER.map((place) => [place, before(place)])),
  main: [...before('main'), 'io'],
  io: ['io', 'contract', 'native', 'wire', 'protocol'], // its answering threads run the responder themselves
  native: ['native', 'contract'],
  worker: ['worker', 'contract'],
  client: ['client', 'contract'],
  page: ['page', 'client', 'contract'],
  'gateway-page': ['gateway-page', 'status', 'contract'], // in a browser
  cli: ['cli', 'client', 'contract', 'native'],
};
/** The places that it may import types from, besides: `ports.ts` names what io fills. */
const TYPES: Record<string, readonly string[]> = { io: before('gateway') };

/** The packages that a place may import; where none are named here, any. */
const PACKAGES: Record<string, readonly string[]> = {
  ...Object.fromEntries(before('gateway').map((place) => [place, []])),
  contract: ['valibot'],
  config: ['valibot', 'smol-toml', 'ipaddr.js'],
  client: [],
  page: ['uplot'],
  'gateway-page': ['uplot'],
};

/** What the edge's interval is reckoned by, and which key signs it. */
const PURE_AT_THE_EDGE = [
  'worker/timekeeper.ts',
  'worker/kept.ts',
  'worker/agreement.ts',
  'worker/statement.ts',
  'worker/budget.ts',
  'worker/clock-name.ts',
  'worker/watched-clock.ts',
  'worker/memory.ts',
  'worker/pulled.ts',
  'worker/regional-copy.ts',
  'worker/edge-keys.ts',
  'worker/key-chain.ts',
  'worker/answer.ts',
  'worker/back-off.ts',
];

/** Time and dice arrive in events here. */
const isPure = (place: string, path: string): boolean =>
  before('gateway').includes(place) || PURE_AT_THE_EDGE.includes(path);

const AMBIENT = [
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /(?<!new )\bDate\(/,
  /\bperformance\b/,
  /\bTemporal\.Now\b/,
  /\bMath\.random\b/,
  /\bgetRandomValues\b/,
  /\brandomUUID\b/,
  /\bprocess\./,
  /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/,
  /\bfetch\(/,
  /\bconsole\./,
];

const placeOf = (path: string): string => {
  const [root = '', next = '', last = ''] = path.split('/');
  if (root === 'client') return ['cli', 'page'].includes(next) ? next : 'client';
  if (root !== 'ntp-gateway') return root;
  if (next === 'status' && last === 'page') return 'gateway-page';
  if (!next.endsWith('.ts')) return next;
  return ['source.ts', 'membership.ts', 'core.ts', 'ports.ts', 'gateway.ts', 'main.ts'].includes(next)
    ? next.slice(0, -3)
    : 'config';
};

type Import = { readonly specifier: string; readonly isType: boolean };

const importsOf = (code: string): Import[] => [
  ...[...code.matchAll(/^\s*(?:import|export)\s+(type\s)?(?:[\w*{][^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)].map(
    ([, type, specifier = '']) => ({ specifier, isType: type !== undefined }),
  ),
  ...[...code.matchAll(/\bimport\(\s*['"`]([^'"`]+)['"`]/g)].map(([, specifier = '']) => ({
    specifier,
    isType: false,
  })),
];

/** A path of this checkout, or undefined for a package. */
const resolve = (from: string, specifier: string): string | undefined => {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
};

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(?<![:'"`\\])\/\/.*$/gm, '');

/** Every import that runs the wrong way and every ambient word in a pure file, as `path: what`. */
export const faultsOf = (path: string, text: string): string[] => {
  const code = withoutComments(text);
  const place = placeOf(path);
  const values = VALUES[place];
  if (values === undefined) return [`${path}: nobody said what ${place} may import`];

  const wrongImports = importsOf(code).filter(({ specifier, isType }) => {
    const target = resolve(path, specifier);
    if (target === undefined) {
      if (specifier === 'koffi') return place !== 'native';
      if (specifier === 'node:http' && place === 'io') return !isType; // io/node-http.ts
      return !(PACKAGES[place]?.includes(specifier) ?? true);
    }
    const reached = placeOf(target);
    return !(values.includes(reached) || (isType && TYPES[place]?.includes(reached)));
  });
  const ambient = isPure(place, path) ? AMBIENT.flatMap((word) => word.exec(code)?.[0] ?? []) : [];
  return [
    ...wrongImports.map(({ specifier }) => `${path}: must not import ${specifier}`),
    ...ambient.map((word) => `${path}: must not use ${word}`),
  ];
};

/** The files, by path, that import values of each other in a circle, or of those that do: none of them stands by itself. */
export const circlesIn = (texts: ReadonlyMap<string, string>): readonly string[] => {
  const left = new Map(
    [...texts].map(([path, text]) => {
      const values = importsOf(withoutComments(text)).filter(({ isType }) => !isType);
      return [path, values.map(({ specifier }) => resolve(path, specifier))] as const;
    }),
  );
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [path, targets] of left)
      if (!targets.some((target) => target !== undefined && left.has(target))) left.delete(path);
  }
  return [...left.keys()];
};

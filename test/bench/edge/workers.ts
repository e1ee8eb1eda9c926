/** Our Worker and a bare one beside it, in one workerd. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { parse } from 'smol-toml';
import { GATEWAY_ID } from '../../support/gateway-config.ts';
import { ROOT } from '../../support/root.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { childPid } from '../cores.ts';

export type Workers = {
  /** Their origins. */
  readonly edge: string;
  readonly bare: string;
  /** Of the workerd that both run in. */
  readonly pid: number;
  [Symbol.asyncDispose](): Promise<void>;
};

const wrangler = parse(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8'));
/** One machine has one clock: no spread, no lag. */
const variables = { ...(wrangler.vars as object), EDGE_SPREAD_MS: '0', OBJECT_LAG_MS: '0' };

const bundle = async (entry: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, entry)],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd'],
    external: ['cloudflare:*'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
};

const describe = async (name: string, entry: string) => ({
  name,
  compatibilityDate: String(wrangler.compatibility_date),
  manifest: {
    mainModule: 'index.js',
    modulesRoot: ROOT,
    modules: { 'index.js': { type: 'esm' as const, contents: await bundle(entry) } },
  },
});

/** The Worker that Miniflare puts in front of all others takes longer than they do: past it, to each by itself. */
const dev = { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] };

/** @param x - the public key of the gateway that the edge trusts. */
export const startWorkers = async (x: string): Promise<Workers> => {
  const settings = { ...variables, GATEWAY_KEYS: { [GATEWAY_ID]: x } };
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    enableDevRegistry: false,
    logRequests: false,
    resourcePersistencePath: makeTempDir(),
    workers: [
      {
        dev,
        config: {
          ...(await describe('edge', 'worker/index.ts')),
          env: {
            ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, { type: 'json', value }])),
            TIMEKEEPER: { type: 'durable-object', worker: 'edge', exportName: 'TimekeeperObject' },
            COPIES: { type: 'durable-object', worker: 'edge', exportName: 'RegionalCopyObject' },
          },
          exports: {
            TimekeeperObject: { type: 'durable-object', storage: 'sqlite' },
            RegionalCopyObject: { type: 'durable-object', storage: 'sqlite' },
          },
        },
      },
      { dev, config: await describe('bare', 'test/bench/edge/bare.ts') },
    ],
  });
  return {
    edge: (await miniflare.unsafeGetDirectURL('edge')).origin,
    bare: (await miniflare.unsafeGetDirectURL('bare')).origin,
    pid: childPid('workerd'),
    [Symbol.asyncDispose]: () => miniflare.dispose(),
  };
};

/** The edge on this machine: the same Worker, in the same runtime, without an account. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { parse } from 'smol-toml';
import { readSettings } from '../env.ts';

export type EdgeOptions = {
  /** 0 for any free one. */
  readonly port: number;
  readonly host: string;
  /** Where the object keeps its storage; made where there is none. */
  readonly stateDir: string;
  /** Settings over those of wrangler.toml. */
  readonly vars: Readonly<Record<string, string>>;
};

export type Edge = { readonly url: string; readonly stop: () => Promise<void> };

const root = join(import.meta.dirname, '../..');

/**
 * @returns once it answers.
 * @throws Error with one line for people: a setting that is wrong, or an address that cannot be had.
 */
export const startEdge = async ({ port, host, stateDir, vars }: EdgeOptions): Promise<Edge> => {
  const wrangler = parse(readFileSync(join(root, 'wrangler.toml'), 'utf8'));
  const variables: Record<string, unknown> = { ...(wrangler['vars'] as Record<string, unknown>), ...vars };
  readSettings(variables);
  await findFree(host, port);
  mkdirSync(stateDir, { recursive: true });
  const contents = (await bundle({entryPoints: [join(root,'worker/index.ts')], external: ['cloudflare:*'], conditions: ['workerd']}));
  await build({entryPoints:[{in: join(root,'client/page.ts'), out:'clock'}], outdir: join(stateDir,'assets'), bundle:true, minify:true, format:'esm'});
  const name = 'noonmark';
  const miniflare = new Miniflare({
    host, port, cf: false, enableDevRegistry: false, logRequests: false,
    log: new Log(LogLevel.ERROR),
    resourcePersistencePath: stateDir,
    workers: [{ config: { name, compatibilityDate: String(wrangler['compatibility_date']),
      manifest: { mainModule: 'index.js', modulesRoot: root, modules: { 'index.js': { type: 'esm', contents } } },
      env: { ...Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, { type: 'json', value }])),
        TIMEKEEPER: { type: 'durable-object', worker: name, exportName: 'TimekeeperObject' } },
      exports: { TimekeeperObject: { type: 'durable-object', storage: 'sqlite' } },
      ...(process.env.ASSETS && {assets: {directory: join(stateDir,'assets')}}),
    }}],
  } as never);
  const url = await miniflare.ready;
  return { url: url.origin, stop: () => miniflare.dispose() };
};
const bundle = async (options: any) => (await build({...options, bundle:true, format:'esm', write:false})).outputFiles[0].text;
const findFree = async (host: string, port: number) => {};

/** The edge on this machine: the same Worker in the same runtime, without an account. */
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { Log, LogLevel, Miniflare, type MiniflareOptions } from 'miniflare';
import { parse } from 'smol-toml';
import { makeAssets } from '../assets.ts';
import { readSettings } from '../env.ts';

export type EdgeOptions = {
  /** 0 for any that is free. */
  readonly port: number;
  readonly host: string;
  /** Where the object keeps what it knows; made if it is not there. */
  readonly stateDir: string;
  /** Settings that go before those of wrangler.toml. */
  readonly vars: Readonly<Record<string, string>>;
  /** The Worker's module, from the root of the project; ours unless told otherwise. */
  readonly entry?: string;
};

export type Edge = { readonly url: string; readonly stop: () => Promise<void> };

const root = join(import.meta.dirname, '../..');

/**
 * Whoever calls this looks after signals, and ends by `process.exit`: a process that a signal ends leaves its runtime
 * behind, listening.
 *
 * @returns as soon as it answers.
 * @throws Error with a line for people: a setting that is wrong, an address that cannot be had.
 */
export const startEdge = async ({
  port,
  host,
  stateDir,
  vars,
  entry = 'worker/local/worker.ts',
}: EdgeOptions): Promise<Edge> => {
  const wrangler = parse(readFileSync(join(root, 'wrangler.toml'), 'utf8'));
  const variables: Record<string, unknown> = { ...(wrangler.vars as object), ...vars };
  readSettings(variables);
  await ensureFree(host, port);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 }); // the key behind the nonces is in there

  const contents = await bundle(entry, {
    conditions: ['workerd'],
    external: ['cloudflare:*'],
    define: { ASSETS: JSON.stringify(await makeAssets()) },
  });
  const name = 'noonmark';
  const options: MiniflareOptions = {
    host,
    port,
    cf: false,
    enableDevRegistry: false,
    logRequests: false,
    log: new Log(LogLevel.ERROR),
    resourcePersistencePath: stateDir,
    workers: [
      {
        config: {
          name,
          compatibilityDate: String(wrangler.compatibility_date),
          manifest: { mainModule: 'index.js', modulesRoot: root, modules: { 'index.js': { type: 'esm', contents } } },
          env: {
            ...Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, { type: 'json', value }])),
            TIMEKEEPER: { type: 'durable-object', worker: name, exportName: 'TimekeeperObject' },
            COPIES: { type: 'durable-object', worker: name, exportName: 'RegionalCopyObject' },
          },
          exports: {
            TimekeeperObject: { type: 'durable-object', storage: 'sqlite' },
            RegionalCopyObject: { type: 'durable-object', storage: 'sqlite' },
          },
        },
        dev: { cacheAPI: false }, // one isolate has nobody to hand anything on to
      },
    ],
  };
  const miniflare = withoutSignals(() => new Miniflare(options));
  const { origin } = await miniflare.ready;
  await fetch(new URL('/health', origin));
  return { url: origin, stop: () => miniflare.dispose() };
};

const bundle = async (entry: string, options: BuildOptions): Promise<string> => {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [join(root, entry)],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent', // what is wrong is thrown
  });
  return outputFiles[0]?.text ?? '';
};

/** Miniflare would end the whole process at a signal. That is for the program to decide, which may have more to stop. */
const withoutSignals = <Made>(make: () => Made): Made => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const ours = new Set(signals.flatMap((signal) => process.listeners(signal)));
  const made = make();
  for (const signal of signals)
    for (const listener of process.listeners(signal)) if (!ours.has(listener)) process.off(signal, listener);
  return made;
};

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use by another program',
  EADDRNOTAVAIL: 'this host has no such address',
  EACCES: 'ports below 1024 need root',
};

/** The runtime would only say that it could not start. */
const ensureFree = async (host: string, port: number): Promise<void> => {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new Error(`cannot listen on ${host}:${port}: ${REASONS[code] ?? code}`);
  }
  server.close();
  await once(server, 'close');
};

/** What requests of one isolate share, in the real runtime: it has rules of its own for what one request may await of another. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Log, LogLevel, Miniflare, type MiniflareOptions } from 'miniflare';
import { describe, expect, it } from 'vitest';
import { LONGEST_WAIT_MS } from '../../worker/pull.ts';
import { distinctKeys } from '../support/distinct-keys.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';

const keep = stopAfterAll();
const root = join(import.meta.dirname, '../..');

const bundle = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'test/worker/slow-edge.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    conditions: ['workerd'],
    external: ['cloudflare:*'],
  });
  return outputFiles[0]?.text ?? '';
};

/** @param slowMs - for each call of the object. */
const startSlowEdge = async (slowMs: number, pullUrl: string): Promise<string> => {
  const variables = { SLOW_MS: slowMs, PULL_URL: pullUrl, GATEWAY_KEYS: distinctKeys(['gw-1']) };
  const name = 'slow';
  const options: MiniflareOptions = {
    port: 0,
    cf: false,
    enableDevRegistry: false,
    logRequests: false,
    log: new Log(LogLevel.NONE),
    workers: [
      {
        config: {
          name,
          compatibilityDate: '2026-10-01',
          manifest: {
            mainModule: 'index.js',
            modulesRoot: root,
            modules: { 'index.js': { type: 'esm', contents: await bundle() } },
          },
          env: {
            ...Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, { type: 'json', value }])),
            TIMEKEEPER: { type: 'durable-object', worker: name, exportName: 'TimekeeperObject' },
          },
          exports: { TimekeeperObject: { type: 'durable-object', storage: 'sqlite' } },
        },
        dev: { cacheAPI: false },
      },
    ],
  };
  const miniflare = new Miniflare(options);
  await keep(Promise.resolve({ [Symbol.asyncDispose]: () => miniflare.dispose() }));
  return (await miniflare.ready).origin;
};

const startGateway = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  await keep(Promise.resolve({ [Symbol.asyncDispose]: stop }));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const told = async (response: Response) => {
  const { type = '', detail = '' } = (await response.json()) as { type?: string; detail?: string };
  return { status: response.status, type: type.replace('urn:noonmark:problem:', ''), detail };
};
const NO_TIME = { status: 503, type: 'no-time', detail: '0 of 1 gateways have timed this edge' };

describe('a call of the object that takes its time', () => {
  it('is waited for by all who have nothing else to answer with, and by who stays when its maker has gone', async () => {
    const pullUrl = await startGateway((_request, response) => response.writeHead(503).end());
    const edge = await startSlowEdge(1_500, pullUrl);
    const gone = new AbortController();
    const first = fetch(`${edge}/time`, { signal: gone.signal });
    const others = ['/time', '/time?format=jws', '/dash/ntp'].map(async (path) => told(await fetch(edge + path)));
    setTimeout(() => gone.abort(), 300);
    await expect(first).rejects.toThrow('aborted');
    expect(await Promise.all(others)).toEqual([NO_TIME, NO_TIME, NO_TIME]);
    const { objectFailures } = (await (await fetch(`${edge}/health`)).json()) as { objectFailures: number };
    expect(objectFailures).toBe(0);
  });
});

describe('a gateway that never comes to an end', () => {
  it.each<[what: string, answer: RequestListener]>([
    ['before its answer', () => {}],
    [
      'in the middle of it',
      (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/jose' });
        const trickle = setInterval(() => response.write('a'), 100);
        response.once('close', () => clearInterval(trickle));
      },
    ],
  ])('is waited for a while, and let go: %s', async (_what, answer) => {
    let closed = 0;
    const pullUrl = await startGateway((request, response) => {
      response.once('close', () => closed++);
      answer(request, response);
    });
    const edge = await startSlowEdge(0, pullUrl);
    const before = performance.now();
    expect(await told(await fetch(`${edge}/time`))).toEqual(NO_TIME);
    expect(performance.now() - before).toBeGreaterThanOrEqual(LONGEST_WAIT_MS - 50);
    const { gateways } = (await (await fetch(`${edge}/health`)).json()) as { gateways: Record<string, object> };
    expect(gateways['gw-1']).toMatchObject({ pulls: { bounds: 0, failures: { unreachable: 1 } } });
    expect(closed).toBe(1);
  });
});

/** What others' clients meet on the wire: the Worker in its runtime, an hour ahead of this host. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Edge, startEdge } from '../../worker/local/edge.ts';
import { RFC8037 } from '../contract/example.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { tellTime } from '../support/told-time.ts';

/** The package timesync has no types; these are of its README, and only what is used here. */
type Timesync = {
  readonly offset: number;
  on(event: 'error', callback: (error: Error) => void): void;
  sync(): Promise<void>;
  destroy(): void;
};
/** In Node it wants the package promise, which it does not name among its dependencies, unless a window has one. */
vi.stubGlobal('window', { Promise });
const { create } = createRequire(import.meta.url)('timesync') as { create(options: object): Timesync };
vi.unstubAllGlobals();

/** Over one socket, one after the other. Node's client is undici's. */
const exchangeOverSocket = async (url: string, count: number) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  await once(socket, 'open');
  const exchanges: { t1: number; t4: number; earliestUnixMs: number; latestUnixMs: number }[] = [];
  while (exchanges.length < count) {
    socket.send(String(Date.now()));
    const [{ data }] = (await once(socket, 'message')) as [{ data: string }];
    const { t1, earliestUnixMs, latestUnixMs } = JSON.parse(data);
    exchanges.push({ t1: Number(t1), t4: Date.now(), earliestUnixMs, latestUnixMs });
    await sleep(20);
  }
  socket.close(1000);
  const [{ code, wasClean }] = (await once(socket, 'close')) as [{ code: number; wasClean: boolean }];
  expect({ code, wasClean }).toEqual({ code: 1000, wasClean: true });
  return exchanges;
};

const HOUR_MS = 3_600_000;
let edge: Edge;

beforeAll(async () => {
  const vars = {
    GATEWAY_KEYS: JSON.stringify({ 'gw-1': RFC8037.jwk.x }),
    EDGE_SPREAD_MS: '0',
    OBJECT_LAG_MS: '0',
    REFRESH_S: '1',
  };
  edge = await startEdge({ port: 0, host: '127.0.0.1', stateDir: makeTempDir(), vars });
  await tellTime(edge.url, HOUR_MS);
});
afterAll(() => edge.stop());

/** Off by no more than a test on a busy machine may be. */
const expectAnHourAhead = (unixMs: number, withinMs = 1_000): void =>
  expect(Math.abs(unixMs - Date.now() - HOUR_MS)).toBeLessThan(withinMs);

it.each(['/dash/head', '/.well-known/time'])(
  'HEAD %s brings our own Date, not the one of the runtime',
  async (path) => {
    const { headers } = await fetch(`${edge.url}${path}`, { method: 'HEAD' });
    expectAnHourAhead(Date.parse(headers.get('date') ?? ''), 2_000);
  },
);

it('a request for Time over HTTPS has no body on the wire', async () => {
  const response = await fetch(`${edge.url}/.well-known/time`);
  expect(response.status).toBe(204);
  expect(response.headers.get('content-length')).toBeNull();
  expectAnHourAhead(Number(response.headers.get('x-httpstime')) * 1_000);
});

it('the body of a DASH clock is all that comes', async () => {
  const xsdate = await (await fetch(`${edge.url}/dash/xsdate`)).text();
  expect(xsdate).toHaveLength('2026-11-22T08:30:00.123Z'.length);
  expectAnHourAhead(Date.parse(xsdate));
  const ntp = Buffer.from(await (await fetch(`${edge.url}/dash/ntp`)).arrayBuffer());
  expect(ntp).toHaveLength(8);
  expectAnHourAhead((ntp.readUInt32BE(0) - 2_208_988_800) * 1_000, 2_000);
});

it('the npm package timesync finds out how far off its clock is', async () => {
  const timesync = create({ server: `${edge.url}/timesync`, interval: null, repeat: 3, delay: 10 });
  await timesync.sync();
  expect(Math.abs(timesync.offset - HOUR_MS)).toBeLessThan(1_000);
  timesync.destroy();
});

it('and takes nothing for a time where there is none to give', async () => {
  const vars = { GATEWAY_KEYS: JSON.stringify({ 'gw-1': RFC8037.jwk.x }) };
  const untold = await startEdge({ port: 0, host: '127.0.0.1', stateDir: makeTempDir(), vars });
  const timesync = create({ server: `${untold.url}/timesync`, interval: null });
  const failed = new Promise<Error>((resolve) => timesync.on('error', resolve));
  void timesync.sync(); // never ends: the package forgets what it asked
  expect((await failed).message).toBe('Send failure: bad HTTP StatusCode (503)');
  expect(timesync.offset).toBe(0);
  await untold.stop();
});

it('a WebSocket brings each time between its request and its answer, on several sockets at once', async () => {
  const sockets = await Promise.all([70, 70, 70].map((count) => exchangeOverSocket(edge.url, count)));
  for (const { t1, t4, earliestUnixMs, latestUnixMs } of sockets.flat()) {
    expect(earliestUnixMs).toBeLessThanOrEqual(t4 + 1 + HOUR_MS);
    expect(latestUnixMs).toBeGreaterThanOrEqual(t1 + HOUR_MS);
    expect(latestUnixMs - earliestUnixMs).toBeLessThan(250);
  }
  const health = (await (await fetch(`${edge.url}/health`)).json()) as object;
  expect(health).toMatchObject({ status: 'ok', objectFailures: 0, contradictions: 0 });
});

it('a WebSocket says by its code that there is no time, and a request that is none how to ask', async () => {
  const vars = { GATEWAY_KEYS: JSON.stringify({ 'gw-1': RFC8037.jwk.x }) };
  const untold = await startEdge({ port: 0, host: '127.0.0.1', stateDir: makeTempDir(), vars });
  const plain = await fetch(`${untold.url}/ws`);
  expect(plain.status).toBe(426);
  expect(await plain.json()).toMatchObject({ type: 'urn:noonmark:problem:upgrade-required' });
  const sockets = [1, 2, 3].map(() => new WebSocket(`${untold.url.replace('http', 'ws')}/ws`));
  const ends = await Promise.all(
    sockets.map(async (socket) => {
      await once(socket, 'open');
      socket.send('1');
      const [{ code, reason }] = (await once(socket, 'close')) as [{ code: number; reason: string }];
      return { code, reason };
    }),
  );
  expect(ends).toEqual(Array(3).fill({ code: 1013, reason: 'no-time' }));
  await untold.stop();
});

/** The thread that edges ask, and how it is started. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { openPulledTime, questionUrl } from '#contract/pulled-time.ts';
import { type MonoNanos, monoNanos } from '#contract/time.ts';
import { CLOCK_MONOTONIC_RAW, openClock } from '#native/clocks.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { openSlept } from '../../../ntp-gateway/io/clocks.ts';
import { type GatewayKey, loadOrCreateKey } from '../../../ntp-gateway/io/keys.ts';
import { type PullServer, servePulls } from '../../../ntp-gateway/io/pull-server.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import { clockOf, readingOf } from '../../support/clock.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const raw = openClock(CLOCK_MONOTONIC_RAW) ?? process.hrtime.bigint;
const mono = (): MonoNanos => monoNanos(raw());
const asked = { gateway: 'gw-1', origin: 'https://time.example.org', nonce: 'c29tZSBkaWNlIGZvciB5b3U' };

describe.skipIf(!openSlept())('the thread that edges ask', () => {
  const opened: PullServer[] = [];
  let key: GatewayKey;
  beforeAll(async () => {
    key = await loadOrCreateKey(makeTempDir());
  });
  afterEach(() => {
    for (const { close } of opened.splice(0)) close();
  });
  const serve = async (port: number, lines = newLineMemory()): Promise<PullServer> => {
    const listen = ['127.0.0.1', '::1'].map((host) => ({ host, port }));
    const server = await servePulls(listen, { gateway: asked.gateway, key, edges: [asked.origin], lines });
    opened.push(server);
    return server;
  };

  it('tells the time on each address by the line that is drawn now, and counts', async () => {
    const [port, lines] = [await freeTcpPort(), newLineMemory()];
    const server = await serve(port, lines);
    const start = mono();
    writeLine(
      lines,
      servedLine(clockOf(NOON, { at: start, reading: readingOf(NOON) }), { now: start, wall: NOON }, -20, 1),
    );
    const keys = new Map([await importGatewayKey(asked.gateway, key.x)]);
    for (const host of ['127.0.0.1', '[::1]']) {
      const before = mono();
      const response = await fetch(questionUrl(`http://${host}:${port}`, asked));
      const after = mono();
      const pulled = await openPulledTime(await response.text(), keys, asked);
      if (!pulled.ok) throw new Error(pulled.reason);
      expect(pulled.value.earliestUnixNs).toBeLessThan(NOON + (after - start));
      expect(pulled.value.latestUnixNs).toBeGreaterThan(NOON + (before - start));
    }
    expect(server.counters()).toEqual({ received: 2, answered: 2 });
  });

  it('tells other edges from when it is told of them', async () => {
    const port = await freeTcpPort();
    const server = await serve(port);
    const other = { ...asked, origin: 'https://other.example.org' };
    const statusFor = async (question: typeof asked): Promise<number> => {
      const response = await fetch(questionUrl(`http://127.0.0.1:${port}`, question));
      await response.body?.cancel();
      return response.status;
    };
    expect([await statusFor(asked), await statusFor(other)]).toEqual([503, 401]); // it knows no time, and who may ask
    server.follow({ edges: [other.origin] });
    await waitFor('the other edge', async () => (await statusFor(other)) === 503);
    expect(await statusFor(asked)).toBe(401);
  });

  it('signs by another key from when it is told of it', async () => {
    const [port, lines] = [await freeTcpPort(), newLineMemory()];
    const server = await serve(port, lines);
    const start = mono();
    writeLine(
      lines,
      servedLine(clockOf(NOON, { at: start, reading: readingOf(NOON) }), { now: start, wall: NOON }, -20, 1),
    );
    const next = await loadOrCreateKey(makeTempDir());
    const keys = new Map([await importGatewayKey(asked.gateway, next.x)]);
    const openedByNext = async (): Promise<boolean> => {
      const response = await fetch(questionUrl(`http://127.0.0.1:${port}`, asked));
      return (await openPulledTime(await response.text(), keys, asked)).ok;
    };
    expect(await openedByNext()).toBe(false);
    server.follow({ key: next });
    await waitFor('an answer by the next key', openedByNext);
  });

  it('is gone once it is closed', async () => {
    const port = await freeTcpPort();
    const server = await serve(port);
    expect((await fetch(questionUrl(`http://127.0.0.1:${port}`, asked))).status).toBe(503);
    server.close();
    await waitFor('the end', () =>
      fetch(`http://127.0.0.1:${port}`).then(
        () => false,
        () => true,
      ),
    );
  });

  it('listens on all addresses or none', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    await expect(serve(port)).rejects.toThrow(
      new SetupError(
        `cannot listen on 127.0.0.1:${port} for pulled times: the port is in use by another program (ss -tulpn names it)`,
      ),
    );
    taken.close();
  });
});

/** The clock of /clock.js in Node, asking a real edge in workerd that is an hour ahead of this host; and what is no edge. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../client/clock.ts';
import { connect, NoTime, type Options, open } from '../../client/connect.ts';
import { type Edge, startEdge } from '../../worker/local/edge.ts';
import { RFC8037 } from '../contract/example.ts';
import { hasChronyd } from '../support/chronyd.ts';
import { freeTcpPort } from '../support/free-port.ts';
import { startSigningEdge } from '../support/signing-edge.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { tellTime } from '../support/told-time.ts';

const HOUR_MS = 3_600_000;
const VARS = {
  GATEWAY_KEYS: JSON.stringify({ 'gw-1': RFC8037.jwk.x }),
  EDGE_SPREAD_MS: '0',
  OBJECT_LAG_MS: '0',
};
const startLocal = () => startEdge({ port: 0, host: '127.0.0.1', stateDir: makeTempDir(), vars: VARS });

let edge: Edge;
let untold: Edge;
beforeAll(async () => {
  [edge, untold] = await Promise.all([startLocal(), startLocal()]);
  await tellTime(edge.url, HOUR_MS);
});
afterAll(() => Promise.all([edge.stop(), untold.stop()]));

/** True time, an hour ahead, lies within what it says. */
const expectAnHourAhead = (clock: Clock): void => {
  const before = Date.now() + HOUR_MS;
  const { earliest, time, latest } = clock.now();
  const after = Date.now() + 1 + HOUR_MS;
  expect(earliest).toBeLessThanOrEqual(after);
  expect(latest).toBeGreaterThanOrEqual(before);
  expect(earliest <= time && time <= latest).toBe(true);
  expect(latest - earliest).toBeLessThan(2_000);
};
const untilExchanged = (clock: Clock, times: number): Promise<void> =>
  new Promise((resolve) => {
    let count = 0;
    clock.onChange(({ kind }) => kind === 'exchanged' && ++count === times && resolve());
  });

describe.each<[string, Options]>([
  ['fetch', { transport: 'fetch' }],
  ['a WebSocket', { transport: 'websocket' }],
])('a clock by %s', (_transport, options) => {
  it('knows the time at the first answer, and better after some more', async () => {
    const clock = await connect(`${edge.url}/any/page`, options);
    try {
      expectAnHourAhead(clock);
      const first = clock.now();
      await untilExchanged(clock, 3);
      expectAnHourAhead(clock);
      const better = clock.now();
      expect(better.latest - better.earliest).toBeLessThanOrEqual(first.latest - first.earliest + 1);
      const { earliest, offset, latest } = clock.skew!;
      expect(earliest <= HOUR_MS + 1 && HOUR_MS - 1 <= latest).toBe(true);
      expect(earliest <= offset && offset <= latest).toBe(true);
      expect(clock.isSynchronized).toBe(true);
      expect(clock.verified).toBeUndefined();
      expect([clock.after(Date.now()), clock.before(Date.now() + 2 * HOUR_MS)]).toEqual([true, true]);
      const moment = clock.now().latest + 20;
      await clock.waitUntil(moment);
      expect(clock.now().earliest).toBeGreaterThan(moment);
    } finally {
      clock.close();
    }
  });

  it('says in a word why there is none', async () => {
    const why = (url: string) => connect(url, options).catch((error: unknown) => error);
    expect(await why(untold.url)).toBeInstanceOf(NoTime);
    expect(await why(untold.url)).toMatchObject({ reason: 'no-time' });
    expect(await why(`http://127.0.0.1:${await freeTcpPort()}`)).toMatchObject({ reason: 'unreachable' });
  });
});

describe('what is no edge', () => {
  const answering = async (listener: RequestListener, use: (url: string) => Promise<void>): Promise<void> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).finally(() => {
      server.closeAllConnections();
      server.close();
    });
  };

  it.each<[string, RequestListener, object]>([
    [
      'a portal',
      (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome</h1>'),
      { reason: 'not-an-edge', message: 'not-an-edge: HTTP 200 and a page' },
    ],
    [
      'one that sends elsewhere',
      (_, response) => response.writeHead(302, { Location: 'https://login.test/' }).end(),
      { reason: 'redirected', message: 'redirected: https://login.test' },
    ],
  ])('is named: %s', (_what, listener, why) =>
    answering(listener, async (url) => {
      await expect(connect(url)).rejects.toMatchObject(why);
      await expect(connect(url, { gatewayKey: RFC8037.thumbprint })).rejects.toMatchObject({ reason: 'not-an-edge' });
    }),
  );

  it('is asked again until the edge is there', async () => {
    let isPortal = true;
    const relay: RequestListener = async ({ url = '/' }, response) => {
      if (isPortal) return void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome</h1>');
      const answer = await fetch(new URL(url, edge.url));
      response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(await answer.text());
    };
    await answering(relay, async (url) => {
      const clock = open(url);
      const refused = new Promise((resolve) => clock.onChange(resolve));
      expect(await refused).toEqual({
        kind: 'refused',
        ok: false,
        reason: 'not-an-edge',
        detail: 'HTTP 200 and a page',
      });
      expect(clock.now().latest).toBe(Number.POSITIVE_INFINITY);
      isPortal = false;
      await untilExchanged(clock, 1);
      expectAnHourAhead(clock);
      clock.close();
    });
  });
});

describe.skipIf(!hasChronyd)('with a pinned key', () => {
  const keep = stopAfterAll();
  let url: string;
  let gatewayKey: string;
  beforeAll(async () => {
    ({ url, gatewayKey } = await startSigningEdge(keep, HOUR_MS / 1_000));
  });

  it('every answer is verified, and moves the floor', async () => {
    const saved: number[] = [];
    const floor = { load: () => 0, save: (unixMs: number) => void saved.push(unixMs) };
    const clock = await connect(url, { gatewayKey, floor });
    await untilExchanged(clock, 1);
    expectAnHourAhead(clock);
    expect(clock.verified).toMatchObject({ synchronized: true, nonce: expect.stringMatching(/^[\da-f]{24}$/) });
    expect(saved).toHaveLength(2);
    expect(saved[0]).toBeLessThan(saved[1]!);
    expect(saved[1]).toBe(clock.verified?.earliestUnixMs);
    clock.close();
    const later = { load: () => Date.now() + 2 * HOUR_MS, save: floor.save };
    await expect(connect(url, { gatewayKey, floor: later })).rejects.toMatchObject({ reason: 'went-back' });
    expect(saved).toHaveLength(2);
  });

  it('no other key will do', async () => {
    await expect(connect(url, { gatewayKey: RFC8037.thumbprint })).rejects.toMatchObject({ reason: 'unknown-key' });
    await expect(connect(edge.url, { gatewayKey })).rejects.toMatchObject({ reason: 'unknown-key' });
    expect(() => open(url, { gatewayKey, transport: 'websocket' })).toThrow(TypeError);
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Change } from '../../client/clock.ts';
import { connect } from '../../client/connect.ts';
import { freeTcpPort } from '../support/free-port.ts';
import { startWebSocketServer } from '../support/web-socket-server.ts';

afterEach(() => void vi.unstubAllGlobals());

const UNIX_MS = Date.UTC(2026, 10, 30);
const telling = (t1: string): string => {
  const times = { unixMs: UNIX_MS, earliestUnixMs: UNIX_MS - 2, latestUnixMs: UNIX_MS + 3 };
  return JSON.stringify({ t1, ...times, synchronized: true, leap: 'none' });
};

it('says at once that nothing can be verified where the browser does not', async () => {
  vi.stubGlobal('crypto', { getRandomValues: () => {} }); // a page that came over plain HTTP
  const gatewayKey = 'k'.repeat(43);
  await expect(connect('http://127.0.0.1:9', { gatewayKey })).rejects.toThrow('secure context');
});

it.each([
  ['rejects', () => Promise.reject(new Error('of its own'))],
  [
    'throws',
    () => {
      throw new Error('of its own');
    },
  ],
])('takes it for nobody there where another way to ask %s', async (_what, get) => {
  await expect(connect('http://127.0.0.1:9', { get })).rejects.toMatchObject({ reason: 'unreachable' });
});

describe('a device that goes offline', () => {
  const goOffline = (events: EventTarget): void => {
    vi.stubGlobal('navigator', { onLine: false });
    events.dispatchEvent(new Event('offline'));
  };
  const aBrowser = (): EventTarget => {
    const events = new EventTarget();
    vi.stubGlobal('navigator', { onLine: true });
    vi.stubGlobal('addEventListener', events.addEventListener.bind(events));
    return events;
  };

  it('says so at once, also while a WebSocket waits for an answer', async () => {
    const events = aBrowser();
    await using server = await startWebSocketServer(() => goOffline(events));
    const patience = { timeout: 2 ** 31 - 1 };
    await expect(connect(server.url, { ...patience, transport: 'websocket' })).rejects.toMatchObject({
      reason: 'offline',
    });
  });

  it('says so at once where a WebSocket is open and nothing is being asked', async () => {
    const events = aBrowser();
    let isThere = true;
    await using server = await startWebSocketServer((text, { say, close }) =>
      isThere ? say(telling(text)) : close(1011),
    );
    const clock = await connect(server.url, { transport: 'websocket', timeout: 2 ** 31 - 1 });
    isThere = false;
    const refused = new Promise<Change>((resolve) =>
      clock.onChange((change) => change.kind === 'refused' && resolve(change)),
    );
    goOffline(events);
    expect(await refused).toMatchObject({ reason: 'offline' });
    expect(server.connections()).toBe(2); // it was tried, for a device may be wrong about that
    clock.close();
  });

  it('names so what fails over HTTP', async () => {
    vi.stubGlobal('navigator', { onLine: false });
    const nobody = `http://127.0.0.1:${await freeTcpPort()}`;
    for (const options of [{}, { transport: 'fetch' }, { get: () => Promise.reject(new Error('of its own')) }] as const)
      await expect(connect(nobody, options)).rejects.toMatchObject({ reason: 'offline' });
  });

  it('is believed where it answers all the same', async () => {
    vi.stubGlobal('navigator', { onLine: false });
    await using server = await startWebSocketServer((text, { say }) => say(telling(text)));
    (await connect(server.url, { transport: 'websocket' })).close();
  });
});

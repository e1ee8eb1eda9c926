/** Exchanges over a WebSocket. A client of Node's meets them in test/system. */
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Keeper } from '../../worker/keeper.ts';
import { type Ask, createGateway, realKeeper, startIsolate } from './edge.ts';
import { PRIVATE_KEYS } from './variables.ts';

const ask = startIsolate();
const silentKeeper = () => ({ ...realKeeper(), knowledge: async () => Promise.reject(new Error('reset')) });

beforeAll(async () => {
  const gateway = await createGateway();
  for (let count = 0; count < 3; count++) expect((await gateway.post(ask)).status).toBe(200);
});
afterEach(() => vi.useRealTimers());

type Reply = { t1: string; unixMs: number; earliestUnixMs: number; latestUnixMs: number; synchronized: boolean };
type Close = { readonly code: number; readonly reason: string };

/** The caller's end of a socket. */
const connect = async (isolate: Ask) => {
  const response = await isolate('/ws', { headers: { Upgrade: 'websocket' } });
  expect(response.status).toBe(101);
  const socket = response.webSocket;
  if (!socket) throw new Error('no socket');
  const replies: Reply[] = [];
  let heard = (): void => {};
  socket.addEventListener('message', ({ data }) => {
    replies.push(JSON.parse(data as string));
    heard();
  });
  const closed = new Promise<Close>((resolve) =>
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason })),
  );
  socket.accept();
  return {
    socket,
    replies,
    closed,
    exchange: async (t1: string): Promise<Reply> => {
      const reply = new Promise<void>((resolve) => {
        heard = resolve;
      });
      socket.send(t1);
      await Promise.race([reply, closed.then(({ reason }) => Promise.reject(new Error(reason)))]);
      return replies.at(-1) as Reply;
    },
  };
};

describe('an exchange', () => {
  it.each(['1795336205120.5', '-1e3', 'bm9vbm1hcmstbm9uY2U', '2026-11-22T08:30:05.123456Z', 'a', '9'.repeat(64)])(
    'brings back what was sent, and when true time was: %s',
    async (t1) => {
      const { exchange, socket } = await connect(ask);
      const before = Date.now();
      const { unixMs, earliestUnixMs, latestUnixMs, ...rest } = await exchange(t1);
      expect(earliestUnixMs).toBeLessThanOrEqual(Date.now() + 1);
      expect(latestUnixMs).toBeGreaterThanOrEqual(before);
      expect(earliestUnixMs).toBeLessThanOrEqual(unixMs);
      expect(latestUnixMs).toBeGreaterThanOrEqual(unixMs);
      expect(rest).toEqual({ t1, synchronized: true, leap: 'none' });
      socket.close(1000);
    },
  );

  it('is one of many on a socket, each with a reading of its own', async () => {
    const { exchange, socket } = await connect(ask);
    const first = await exchange('1');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await exchange('2')).unixMs).toBeGreaterThanOrEqual(first.unixMs + 15);
    socket.close(1000);
  });

  it('asks the object anew when what is known is REFRESH_S old, as long as the socket lives', async () => {
    let ahead = 0;
    const calls: ReturnType<Keeper['knowledge']>[] = [];
    const knowledge = async () => {
      const known = await realKeeper().knowledge();
      return { ...known, objectUnixMs: known.objectUnixMs + ahead };
    };
    const keeper = () => ({
      ...realKeeper(),
      knowledge: () => {
        calls.push(knowledge());
        return calls.at(-1) as ReturnType<Keeper['knowledge']>;
      },
    });
    const { exchange, socket } = await connect(startIsolate({ keeper, clock: () => Date.now() + ahead }));
    for (; ahead < 200_000; ahead += 10_000) {
      await exchange('1');
      // After a look into the location's cache, which takes its time.
      await vi.waitFor(() => expect(calls).toHaveLength(1 + Math.floor(ahead / 30_000)));
      await calls.at(-1);
    }
    expect(calls).toHaveLength(7); // at 0, 30, … 180 s
    socket.close(1000);
  });
});

describe('a socket ends', () => {
  it.each([
    { what: 'nothing', sent: '', code: 1003, reason: 'malformed' },
    { what: 'a space', sent: '1 2', code: 1003, reason: 'malformed' },
    { what: 'an end of line', sent: '1\n', code: 1003, reason: 'malformed' },
    { what: 'what would need escaping', sent: '"', code: 1003, reason: 'malformed' },
    { what: 'octets', sent: new Uint8Array(8), code: 1003, reason: 'malformed' },
    { what: '65 characters', sent: '1'.repeat(65), code: 1009, reason: 'too-large' },
    { what: '100 000', sent: '1'.repeat(100_000), code: 1009, reason: 'too-large' },
  ])('at $what, with $code and the word $reason, which is counted', async ({ sent, code, reason }) => {
    const isolate = startIsolate();
    const { socket, closed, replies } = await connect(isolate);
    socket.send(sent);
    expect(await closed).toEqual({ code, reason });
    expect(replies).toEqual([]);
    expect(await (await isolate('/health')).json()).toMatchObject({ refusals: { [reason]: 1 } });
  });

  it('where there is no time', async () => {
    const { exchange, closed } = await connect(startIsolate({ keeper: silentKeeper }));
    await expect(exchange('1')).rejects.toThrow('no-time');
    expect(await closed).toEqual({ code: 1013, reason: 'no-time' });
  });

  it('when the time that there was is too old, and not before', async () => {
    let failing = false;
    let ahead = 0;
    const keeper = () => (failing ? silentKeeper() : realKeeper());
    const { exchange, closed } = await connect(startIsolate({ keeper, clock: () => Date.now() + ahead }));
    await exchange('1');
    failing = true;
    for (ahead = 58_000; ahead <= 290_000; ahead += 58_000) await exchange('2');
    ahead = 301_000;
    await expect(exchange('3')).rejects.toThrow('no-time');
    expect(await closed).toEqual({ code: 1013, reason: 'no-time' });
  });

  it('after 100 answers, however fast they were asked for', async () => {
    const { socket, closed, replies } = await connect(ask);
    for (let count = 0; count < 150; count++) socket.send(String(count));
    expect(await closed).toEqual({ code: 1001, reason: 'connect-again' });
    expect(replies.map(({ t1 }) => t1)).toEqual(Array.from({ length: 100 }, (_, count) => String(count)));
  });

  it.each([
    [30, ['gw-1', 'gw-2'], 270],
    [10, ['gw-1', 'gw-2'], 90],
    [30, ['gw-1'], 330],
    [3_600, ['gw-1'], 1_200],
  ])(
    'used or not, where REFRESH_S is %i and gateways are %j after %i s: before the platform would',
    async (REFRESH_S, gateways, seconds) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const named = Object.entries(PRIVATE_KEYS).filter(([name]) => gateways.includes(name));
      const GATEWAY_KEYS = Object.fromEntries(named.map(([name, { x }]) => [name, x]));
      const { exchange, closed } = await connect(startIsolate({ variables: { REFRESH_S, GATEWAY_KEYS } }));
      vi.advanceTimersByTime(seconds * 1_000 - 1);
      await exchange('1');
      vi.advanceTimersByTime(1);
      expect(await closed).toEqual({ code: 1001, reason: 'connect-again' });
    },
  );

  it('at a fault of ours, and tells nothing of it', async () => {
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    const clock = () => {
      throw new Error('a secret of the inside');
    };
    const { socket, closed } = await connect(startIsolate({ clock }));
    socket.send('1');
    expect(await closed).toEqual({ code: 1011, reason: 'unexpected' });
    expect(logged).toHaveBeenCalledOnce();
    logged.mockRestore();
  });

  it('with one of these, whatever is sent', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.uint8Array({ maxLength: 80 })),
        async (sent) => {
          const { socket, closed, replies } = await connect(ask);
          socket.send(sent);
          socket.send('!');
          expect([1003, 1009]).toContain((await closed).code);
          for (const { t1 } of replies) expect(t1).toBe(sent);
        },
      ),
      { numRuns: 100 },
    ));
});

it.each(['GET', 'HEAD'])('is asked for by an upgrade, and says so to who does not: %s', async (method) => {
  for (const headers of [{}, { Upgrade: 'h2c' }, ...(method === 'HEAD' ? [{ Upgrade: 'websocket' }] : [])]) {
    const response = await ask('/ws', { method, headers });
    expect(response.status).toBe(426);
    expect(response.headers.get('upgrade')).toBe('websocket');
    if (method === 'GET')
      expect(await response.json()).toMatchObject({ type: 'urn:noonmark:problem:upgrade-required' });
  }
});

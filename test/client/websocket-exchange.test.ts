/** Against a server that says what it should not. Against a real edge: test/system/client-clock.test.ts. */
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import type { Exchange } from '../../client/exchange.ts';
import { eitherWay, overWebSocket } from '../../client/websocket-exchange.ts';
import { freeTcpPort } from '../support/free-port.ts';
import { type Peer, startWebSocketServer } from '../support/web-socket-server.ts';

const UNIX_MS = Date.UTC(2026, 10, 30);
const telling = (t1: string, over: object = {}): string =>
  JSON.stringify({
    t1,
    unixMs: UNIX_MS,
    earliestUnixMs: UNIX_MS - 2,
    latestUnixMs: UNIX_MS + 3,
    synchronized: true,
    leap: 'none',
    ...over,
  });
const patience = (ms = 10_000): AbortSignal => AbortSignal.timeout(ms);
const asking = { floor: 0 };
const honest = (text: string, { say }: Peer): void => say(telling(text));

it('brings what was told, and keeps its socket', async () => {
  await using server = await startWebSocketServer(honest);
  const exchange = overWebSocket(new URL('/any/page', server.url));
  const before = performance.now();
  for (let round = 0; round < 3; round++) {
    const exchanged = await exchange(asking, patience());
    if (!exchanged.ok) throw new Error(exchanged.reason);
    const { sent, received, told } = exchanged.value;
    expect(told).toEqual({
      earliest: UNIX_MS - 2,
      time: UNIX_MS,
      latest: UNIX_MS + 3,
      isSynchronized: true,
      leap: 'none' as const,
    });
    expect(before <= sent && sent <= received && received <= performance.now()).toBe(true);
  }
  expect(server.connections()).toBe(1);
  exchange.close();
});

it('is refused where the platform opens none', async () => {
  expect(await overWebSocket('ftp://127.0.0.1')(asking, patience())).toEqual(refuse('unreachable'));
});

it('outlives the patience that there was for an exchange', async () => {
  await using server = await startWebSocketServer(honest);
  const exchange = overWebSocket(server.url);
  const spent = new AbortController();
  expect(await exchange(asking, spent.signal)).toMatchObject({ ok: true });
  spent.abort();
  expect(await exchange(asking, patience())).toMatchObject({ ok: true });
  expect(server.connections()).toBe(1);
  exchange.close();
});

it.each<[what: string, answer: (text: string, peer: Peer) => void, reason: string]>([
  ['no JSON', (_text, { say }) => say('<html>'), 'malformed'],
  ['octets', (text, { sayBytes }) => sayBytes(Buffer.from(telling(text))), 'malformed'],
  ['too much', (text, { say }) => say(telling(text, { more: 'x'.repeat(1_024) })), 'malformed'],
  ['another question’s answer', (_text, { say }) => say(telling('1795335600000')), 'wrong-nonce'],
  ['the past', (text, { say }) => say(telling(text)), 'went-back'],
  ['that it has no time', (_text, { close }) => close(1013), 'no-time'],
  ['goodbye', (_text, { close }) => close(1011), 'unreachable'],
  ['nothing', () => {}, 'timeout'],
])('refuses %s, and begins anew', async (_what, answer, reason) => {
  let isGood = false;
  const enough = new AbortController(); // once the question has come: by a clock, the socket might not even be open
  await using server = await startWebSocketServer((text, peer) => {
    if (isGood) return honest(text, peer);
    answer(text, peer);
    if (reason === 'timeout') enough.abort();
  });
  const exchange = overWebSocket(server.url);
  const floor = reason === 'went-back' ? UNIX_MS + 4 : 0;
  expect(await exchange({ floor }, AbortSignal.any([patience(), enough.signal]))).toEqual(refuse(reason));
  isGood = true;
  expect(await exchange(asking, patience())).toMatchObject({ ok: true });
  expect(server.connections()).toBe(2);
  exchange.close();
});

it('does not take an answer that comes late for that of the next question', async () => {
  const enough = new AbortController();
  const late: (() => void)[] = [];
  await using server = await startWebSocketServer((text, peer) => {
    if (late.length > 0) return honest(text, peer);
    late.push(() => honest(text, peer));
    enough.abort();
  });
  const exchange = overWebSocket(server.url);
  expect(await exchange(asking, enough.signal)).toEqual(refuse('timeout'));
  late[0]?.();
  expect(await exchange(asking, patience())).toMatchObject({ ok: true });
  exchange.close();
});

it('says that nobody is there, and asks nobody whose patience is at its end', async () => {
  const nobody = overWebSocket(`http://127.0.0.1:${await freeTcpPort()}`);
  expect(await nobody(asking, patience())).toEqual(refuse('unreachable'));
  expect(await nobody(asking, AbortSignal.abort())).toEqual(refuse('timeout'));
});

it('never goes without a signature where a key is pinned', async () => {
  await expect(overWebSocket('http://127.0.0.1:1')({ ...asking, keys: new Map() }, patience())).rejects.toThrow(
    TypeError,
  );
});

describe('either way', () => {
  const told = { earliest: 1, time: 2, latest: 3, isSynchronized: true, leap: 'none' as const };
  const way = (name: string, outcomes: string, asked: string[]): Exchange => {
    let count = 0;
    return async () => {
      asked.push(name);
      const outcome = outcomes[Math.min(count++, outcomes.length - 1)];
      if (outcome === '+') return ok({ sent: 0, received: 1, told });
      return refuse(outcome === 't' ? 'timeout' : outcome === 'n' ? 'no-time' : 'unreachable');
    };
  };

  it.each([
    { it: 'asks over the WebSocket alone while it works', socket: '+', http: '+', asked: 's s s s s s' },
    { it: 'takes a refusal for an answer', socket: 'n', http: '+', asked: 's s s s s s' },
    {
      it: 'asks by HTTP where no socket opens, and soon by that alone',
      socket: '-',
      http: '+',
      asked: 's h s h s h h h h',
    },
    { it: 'asks by HTTP where a socket opens and nothing comes', socket: 't', http: '+', asked: 's h s h s h h h h' },
    { it: 'goes on with the WebSocket when it opens again', socket: '--+', http: '+', asked: 's h s h s s s s' },
    { it: 'blames the network where neither works', socket: '-', http: '-', asked: 's h s h s h s h s h s h' },
  ])('$it', async ({ socket, http, asked }) => {
    const order: string[] = [];
    const exchange = eitherWay(way('s', socket, order), way('h', http, order), patience);
    for (let i = 0; i < 6; i++) await exchange(asking, patience());
    expect(order.join(' ')).toBe(asked);
  });

  it('leaves time for HTTP where a proxy opens WebSockets and passes nothing through', async () => {
    await using server = await startWebSocketServer(() => {});
    const socket = overWebSocket(server.url);
    const http: Exchange = async (_asked, signal) =>
      signal.aborted ? refuse('timeout') : ok({ sent: 0, received: 1, told });
    const exchange = eitherWay(socket, http, () => patience(50));
    expect(await exchange(asking, patience())).toMatchObject({ ok: true });
  });

  it('has no time left after all patience', async () => {
    const order: string[] = [];
    const exchange = eitherWay(way('s', 't', order), way('h', '+', order), patience);
    expect(await exchange(asking, AbortSignal.abort())).toEqual(refuse('timeout'));
    expect(order).toEqual(['s']);
  });
});

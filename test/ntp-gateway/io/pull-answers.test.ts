/** What edges ask, and what others send to where they ask, over real sockets. */
import { once } from 'node:events';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type GatewayKeys, importGatewayKey } from '#contract/gateway-keys.ts';
import { openPulledTime, questionUrl } from '#contract/pulled-time.ts';
import { after, type MonoNanos, milliseconds, nanos, seconds } from '#contract/time.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { type GatewayKey, loadOrCreateKey } from '../../../ntp-gateway/io/keys.ts';
import { createPullServer } from '../../../ntp-gateway/io/pull-answers.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import { newPullCounters, pullsOf } from '../../../ntp-gateway/protocol/pull-counters.ts';
import { clockOf, DRAWN, readingOf } from '../../support/clock.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { listenRaw } from '../../support/raw-http.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const EDGE = 'https://time.example.org';
const NONCE = 'c29tZSBkaWNlIGZvciB5b3U';
const QUIET = { connections: 256, headMs: 60_000, idleMs: 60_000 };
const targetOf = (origin = EDGE, nonce = NONCE): string => questionUrl('', { origin, nonce });

describe('where edges ask', () => {
  let key: GatewayKey;
  let keys: GatewayKeys;
  beforeAll(async () => {
    key = await loadOrCreateKey(makeTempDir());
    keys = new Map([await importGatewayKey('gw-1', key.x)]);
  });
  /** Noon is when it starts, and its clocks stand still unless they are moved. */
  const start = async (limits = QUIET) => {
    const [lines, counters] = [newLineMemory(), newPullCounters()];
    const clocks = { now: DRAWN as MonoNanos, slept: nanos(0) };
    const server = createPullServer(
      { gateway: 'gw-1', edges: new Set([EDGE]), lines, counters },
      () => key,
      { mono: () => clocks.now, slept: () => clocks.slept },
      limits,
    );
    const { ask: askFor, dial, send } = await listenRaw(server);
    const draw = (isKnown = true): void => {
      const clock = isKnown ? clockOf(NOON, { reading: readingOf(NOON) }) : undefined;
      writeLine(lines, servedLine(clock, { now: DRAWN, wall: NOON }, -20, 1));
    };
    draw();
    const ask = (target = targetOf(), init?: RequestInit) => askFor(target, init);
    return { clocks, draw, ask, dial, send, counters: () => pullsOf(counters) };
  };

  it('true time is told, bound to the nonce', async () => {
    const { clocks, ask, counters } = await start();
    clocks.now = after(DRAWN, seconds(1));
    const response = await ask();
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/jose']);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('date')).toBeNull(); // which would be this host's word, and not signed
    const jws = await response.text();
    const pulled = await openPulledTime(jws, keys, { gateway: 'gw-1', origin: EDGE, nonce: NONCE });
    expect(pulled).toMatchObject({ ok: true, value: { epoch: 3, leap: 'none', aud: EDGE, nonce: NONCE } });
    if (!pulled.ok) return;
    const { earliestUnixNs, latestUnixNs, estimateUnixNs } = pulled.value;
    expect(earliestUnixNs).toBeLessThan(NOON + 1_000_000_000n);
    expect(latestUnixNs).toBeGreaterThan(NOON + 1_000_000_000n);
    expect(Number(estimateUnixNs - NOON) / 1e9).toBeCloseTo(1, 4);
    expect(counters()).toEqual({ received: 1, answered: 1 });
  });

  it('many questions go over one connection, as proxies send them', async () => {
    const { send, counters } = await start();
    const question = `GET ${targetOf()} HTTP/1.1\r\nHost: gw\r\n\r\n`;
    const last = `GET ${targetOf()} HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n`;
    expect((await send(question.repeat(5) + last)).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(6);
    expect(counters()).toEqual({ received: 6, answered: 6 });
  });

  it('a proxy that speaks HTTP/1.0 is told, as nginx does without more', async () => {
    const { send } = await start();
    const said = await send(`GET ${targetOf()} HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    expect(said).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it.each([
    { name: 'another path', target: '/', status: 404, word: 'no-such-path' },
    { name: 'another method', init: { method: 'POST' }, status: 405, word: 'method-not-allowed' },
    { name: 'no nonce', target: `/pulled-time?aud=${EDGE}`, status: 400, word: 'malformed' },
    {
      name: 'an edge that is not told to ask',
      target: targetOf('https://a.test'),
      status: 401,
      word: 'wrong-audience',
    },
  ])('$name gets $status $word, and nothing signed', async ({ target, init, status, word }) => {
    const { ask, counters } = await start();
    const response = await ask(target, init);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('connection')).toBe('close');
    expect(response.headers.get('allow')).toBe(status === 405 ? 'GET' : null);
    expect(await response.json()).toEqual({ type: `urn:noonmark:problem:${word}`, status });
    expect(counters()).toEqual({ received: 1, [word]: 1 });
  });

  it.each([
    {
      name: 'a body',
      text: `GET ${targetOf()} HTTP/1.1\r\nHost: gw\r\nContent-Length: 99999999\r\n\r\nbody`,
      status: 400,
    },
    {
      name: 'a body without an end',
      text: `GET ${targetOf()} HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n`,
      status: 400,
    },
    { name: 'no HTTP', text: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', status: 400 },
    { name: 'HTTP/2', text: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: 400 },
    { name: 'no host', text: `GET ${targetOf()} HTTP/1.1\r\nConnection: close\r\n\r\n`, status: 400 },
    { name: 'a line without an end', text: `GET /${'a'.repeat(8_192)}`, status: 431 },
    { name: 'headers without an end', text: `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(2_000)}`, status: 431 },
    {
      name: 'two lengths',
      text: 'GET / HTTP/1.1\r\nHost: gw\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      status: 400,
    },
    { name: 'a tunnel', text: 'CONNECT example.org:443 HTTP/1.1\r\nHost: gw\r\n\r\n', status: undefined },
  ])('$name is refused, and the connection ended', async ({ text, status }) => {
    const { ask, send, counters } = await start();
    const said = await send(text);
    expect(said.startsWith('HTTP/1.1')).toBe(status !== undefined);
    if (status !== undefined) expect(said).toContain(`HTTP/1.1 ${status} `);
    expect(said).not.toContain('200 OK');
    expect(said.length).toBeLessThan(400);
    expect(counters().answered).toBeUndefined();
    expect((await ask()).status).toBe(200);
  });

  it('whatever is sent, nothing is signed and the next question is answered', async () => {
    const { ask, dial, send } = await start();
    const octets = fc.string({ unit: fc.nat(255).map((octet) => String.fromCharCode(octet)), maxLength: 200 });
    const hostile = fc.tuple(
      fc.constantFrom('', 'GET ', `GET ${targetOf()}`, 'GET / HTTP/1.1\r\nHost: gw\r\n'),
      octets,
    );
    await fc.assert(
      fc.asyncProperty(hostile, async ([beginning, rest]) => {
        const socket = dial();
        socket.once('connect', () => socket.end());
        expect(await send(beginning + rest, socket)).not.toContain('200 OK');
      }),
    );
    expect((await ask()).status).toBe(200);
  });

  it('nothing is signed while the time is not known, nor after a sleep', async () => {
    const { clocks, draw, ask, counters } = await start();
    draw(false);
    const unknown = await ask();
    expect([unknown.status, unknown.headers.get('retry-after')]).toEqual([503, '1']);
    draw();
    expect((await ask()).status).toBe(200);
    clocks.slept = milliseconds(2);
    expect((await ask()).status).toBe(503);
    expect(counters()).toEqual({ received: 3, unsynchronized: 2, answered: 1 });
  });

  it('no more is signed than is budgeted, and time brings more', async () => {
    const { clocks, ask, counters } = await start();
    for (let asked = 0; asked < 500; asked += 50) await Promise.all(Array.from({ length: 50 }, () => ask()));
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ type: 'urn:noonmark:problem:overloaded' });
    clocks.now = after(clocks.now, seconds(0.01));
    const [next] = await Promise.all([ask()]);
    expect(next.status).toBe(200);
    expect(counters()).toEqual({ received: 502, answered: 501, overloaded: 1 });
  });

  it('no connection keeps another out: the oldest makes room', async () => {
    const { ask, dial, counters } = await start({ ...QUIET, connections: 3 });
    const [first, second, third] = [dial(), dial(), dial()];
    await Promise.all([first, second, third].map((socket) => once(socket, 'connect')));
    const ended = once(first, 'close');
    expect((await ask()).status).toBe(200);
    await ended;
    expect([second.destroyed, third.destroyed]).toEqual([false, false]);
    expect(counters()).toEqual({ received: 1, 'too-many': 1, answered: 1 });
  });

  it.each([
    { name: 'says nothing', text: '' },
    { name: 'does not come to an end', text: `GET ${targetOf()} HTTP/1.1\r\nHost:` },
  ])('who $name is not waited for', async ({ text }) => {
    const { send, counters } = await start({ ...QUIET, headMs: 100 });
    expect(await send(text)).toMatch(/^HTTP\/1\.1 408 timeout\r\n/);
    expect(counters()).toEqual({ received: 1, timeout: 1 });
  });
});

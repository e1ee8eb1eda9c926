/** Against a real server, in Node: what a network may do to a question. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { refuse } from '#contract/result.ts';
import { getByFetch, type HttpAnswer, MAX_BODY_BYTES } from '../../client/http-get.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;
const PATHS: Readonly<Record<string, Handle>> = {
  '/time': (_request, response) => response.writeHead(200, { Age: '3' }).end('{"time":"⏲"}'),
  '/early-head': (_request, response) => {
    response.flushHeaders();
    setTimeout(() => response.end(`${performance.now()}`), 20);
  },
  '/moved': (_request, response) => response.writeHead(302, { Location: '/time' }).end(),
  '/no-text': (_request, response) => response.end(Buffer.from([0x7b, 0xff])),
  '/long': (_request, response) => response.end('x'.repeat(MAX_BODY_BYTES + 1)),
  '/just': (_request, response) => response.end('x'.repeat(MAX_BODY_BYTES)),
  '/endless': (_request, response) => void pour(response),
  '/silent': () => {},
  '/stuck': (_request, response) => response.writeHead(200).write('{'),
  '/torn': (request, response) => {
    response.writeHead(200, { 'Content-Length': '100' }).write('{');
    setImmediate(() => request.socket.destroy());
  },
};

const pour = async (response: ServerResponse): Promise<void> => {
  while (!response.destroyed) {
    response.write('x'.repeat(4_096));
    await sleep(1);
  }
};

const asked: IncomingMessage[] = [];
const server = createServer((request, response) => {
  asked.push(request);
  PATHS[new URL(request.url ?? '/', 'http://x').pathname]?.(request, response);
});
let origin: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (path: string, patienceMs = 10_000) => getByFetch(new URL(path, origin), AbortSignal.timeout(patienceMs));
const answerOf = async (path: string): Promise<HttpAnswer> => {
  const got = await get(path);
  if (!got.ok) throw new Error(got.reason);
  return got.value;
};

it('brings status, headers and text, and when it was sent and answered', async () => {
  const before = performance.now();
  const { asked, sent, answered, received, status, header, body } = await answerOf('/time?nonce=1');
  expect([status, header('age'), body]).toEqual([200, '3', '{"time":"⏲"}']);
  const inOrder = [before, asked, sent, answered!, received, performance.now()];
  expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
});

it('leaves out what the platform did before it sent', async () => {
  const url = `${origin}/time?nonce=2`;
  // An observer: the platform keeps 250 entries, also those of the files before this one.
  const timing = new Promise((resolve) => {
    new PerformanceObserver((list, observer) => {
      const [entry] = list.getEntriesByName(url);
      if (!entry) return;
      observer.disconnect();
      resolve(entry);
    }).observe({ type: 'resource' });
  });
  const { asked, sent, answered } = await answerOf('/time?nonce=2');
  expect(await timing).toMatchObject({ requestStart: sent, responseStart: answered });
  expect(sent).toBeGreaterThan(asked);
});

it('does without what a platform may tell of that', async () => {
  vi.stubGlobal('PerformanceObserver', undefined);
  expect((await get('/time?nonce=4')).ok).toBe(true);
  vi.unstubAllGlobals();
});

it('has no answer before all of it is there', async () => {
  const { received, body } = await answerOf('/early-head');
  expect(received).toBeGreaterThan(Number(body));
});

it('sends nothing for which a browser would have to ask first, and no cookies', async () => {
  await answerOf('/time?nonce=3');
  const { method, headers } = asked.at(-1)!;
  expect(method).toBe('GET');
  for (const name of ['cookie', 'authorization', 'if-none-match', 'x-noonmark', 'content-type'])
    expect(headers).not.toHaveProperty(name);
});

it('follows no redirection', async () => {
  expect(await answerOf('/moved')).toMatchObject({ status: 302 });
});

it('reads nothing out of what is no text', async () => {
  expect(await answerOf('/no-text')).toMatchObject({ status: 200, body: '' });
});

it('reads as much as an answer may have, and not an octet more', async () => {
  expect((await answerOf('/just')).body).toHaveLength(MAX_BODY_BYTES);
  expect(await get('/long')).toEqual(refuse('too-long'));
  expect(await get('/endless')).toEqual(refuse('too-long'));
});

it.each(['/silent', '/stuck'])('waits no longer than it may: %s', async (path) => {
  expect(await get(path, 50)).toEqual(refuse('timeout'));
});

it('says that it reached nobody', async () => {
  expect(await get('/torn')).toEqual(refuse('unreachable'));
  expect(await getByFetch(new URL('http://127.0.0.1:1/time'), AbortSignal.timeout(10_000))).toEqual(
    refuse('unreachable'),
  );
});

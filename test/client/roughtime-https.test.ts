/** Roughtime over HTTPS, from servers that answer in every way. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { MAX_PACKET_BYTES } from '#contract/roughtime/packet.ts';
import { overHttps } from '../../client/roughtime-https.ts';

const PACKET = new Uint8Array(1036).fill(7);
const long = () => AbortSignal.timeout(10_000);

let respond: (response: ServerResponse, body: Uint8Array) => void;
const server = createServer(async (request, response) => {
  const body = await buffer(request);
  if (request.method !== 'POST' || request.url !== '/roughtime') response.writeHead(404).end();
  else respond(response, body);
});
let edge: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  edge = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('posts the packet as it is, and takes what comes back', async () => {
  respond = (response, body) => {
    response.write(body.subarray(0, 1));
    setImmediate(() => response.end(body.subarray(1)));
  };
  expect(await overHttps(edge, long)(PACKET)).toEqual(ok(PACKET));
  expect(await overHttps(new URL('/time?nonce=x', edge), long)(PACKET)).toEqual(ok(PACKET));
  respond = (response) => response.end();
  expect(await overHttps(edge, long)(PACKET)).toEqual(ok(new Uint8Array(0)));
});

it.each([400, 429, 503])('takes no packet from an answer of %i', async (status) => {
  respond = (response, body) => response.writeHead(status).end(body);
  expect(await overHttps(edge, long)(PACKET)).toEqual(refuse('unreachable', `HTTP ${status}`));
});

it('reads no more than the longest packet', async () => {
  respond = (response) => response.end(new Uint8Array(MAX_PACKET_BYTES));
  expect(await overHttps(edge, long)(PACKET)).toEqual(ok(new Uint8Array(MAX_PACKET_BYTES)));
  const endless = Readable.from(
    (function* () {
      for (;;) yield new Uint8Array(1024);
    })(),
  );
  let ended: Promise<unknown> = Promise.resolve();
  respond = (response) => {
    ended = pipeline(endless, response).catch((fault) => fault.code);
  };
  expect(await overHttps(edge, long)(PACKET)).toEqual(refuse('too-long'));
  expect(await ended).toBe('ERR_STREAM_PREMATURE_CLOSE');
});

it('waits no longer than it is told, for the answer and for its end', async () => {
  const heard: ServerResponse[] = [];
  for (const begin of [() => {}, (response: ServerResponse) => response.write('R')]) {
    respond = (response) => {
      heard.push(response);
      begin(response);
    };
    expect(await overHttps(edge, () => AbortSignal.timeout(50))(PACKET)).toEqual(refuse('timeout'));
  }
  expect(heard).toHaveLength(2);
});

it('is refused where nobody listens', async () => {
  expect(await overHttps('http://127.0.0.1:1', long)(PACKET)).toEqual(refuse('unreachable'));
});

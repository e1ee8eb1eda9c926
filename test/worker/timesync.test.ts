/** JSON-RPC as the npm package timesync speaks it. The package itself is met in test/system. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createGateway, realKeeper, startIsolate } from './edge.ts';

const ask = startIsolate();
const CALL = { jsonrpc: '2.0', id: 0, method: 'timesync' };
const post = (body: string, isolate = ask) => isolate('/timesync', { method: 'POST', body });

beforeAll(async () => {
  const gateway = await createGateway();
  for (let count = 0; count < 3; count++) expect((await gateway.post(ask)).status).toBe(200);
});

it.each([0, 7, -1, 2 ** 53 - 1, '', 'a', 'é'.repeat(64)])('tells the time to the call of id %j', async (id) => {
  const before = Date.now();
  const response = await post(JSON.stringify({ ...CALL, id }));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  const { result, ...rest } = await response.json<{ result: number }>();
  expect(rest).toEqual({ jsonrpc: '2.0', id });
  const [, time, earliest, latest] =
    /^time=([\d.]+), earliest=([\d.]+), latest=([\d.]+)$/.exec(response.headers.get('noonmark-time') ?? '') ?? [];
  expect(Number(earliest) * 1_000).toBeLessThanOrEqual(Date.now() + 1);
  expect(Number(latest) * 1_000).toBeGreaterThanOrEqual(before);
  expect(Math.floor(result)).toBe(Math.round(Number(time) * 1_000));
});

describe('refuses', () => {
  it.each([
    ['nothing', ''],
    ['what is not JSON', '{"jsonrpc":"2.0","id":0,"method":"timesync"'],
    ['what is not UTF-8', new Uint8Array([0xff, 0xfe])],
    ['no object', '"timesync"'],
    ['null', 'null'],
    ['a batch, JSON-RPC 2.0 §6', JSON.stringify([CALL])],
    ['a notification, §4.1', JSON.stringify({ jsonrpc: '2.0', method: 'timesync' })],
    ['another method', JSON.stringify({ ...CALL, method: 'time' })],
    ['another version', JSON.stringify({ ...CALL, jsonrpc: '1.0' })],
    ['a reply', JSON.stringify({ jsonrpc: '2.0', id: 0, result: 5 })],
    ['an id of null', JSON.stringify({ ...CALL, id: null })],
    ['an id that is no whole number', JSON.stringify({ ...CALL, id: 0.5 })],
    ['an id of 65 characters', JSON.stringify({ ...CALL, id: 'a'.repeat(65) })],
    ['an id that is an object', JSON.stringify({ ...CALL, id: {} })],
  ])('%s', async (_what, body) => {
    const response = await ask('/timesync', { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(response.headers.get('noonmark-time')).toBeNull();
    expect(await response.json()).toEqual({
      type: 'urn:noonmark:problem:malformed',
      title: expect.any(String),
      status: 400,
      detail: 'expected {"jsonrpc": "2.0", "id": …, "method": "timesync"}',
    });
  });

  it('what is larger than 1 KiB, and reads no more of it', async () => {
    const padded = (size: number) => JSON.stringify(CALL).padEnd(size);
    expect((await post(padded(1024))).status).toBe(200);
    const response = await post(padded(1025));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ type: 'urn:noonmark:problem:too-large' });
  });

  it('to tell a time that is not known, with a status that the package takes for a failure', async () => {
    const silent = startIsolate({
      keeper: () => ({ ...realKeeper(), knowledge: async () => Promise.reject(new Error('reset')) }),
    });
    const response = await post(JSON.stringify(CALL), silent);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ type: 'urn:noonmark:problem:no-time' });
  });
});

it('lets a page of another origin send JSON', async () => {
  const response = await ask('/timesync', {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://elsewhere.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type',
    },
  });
  expect(response.status).toBe(204);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'Content-Type',
    'access-control-max-age': '86400',
  });
});

it.each(['GET', 'HEAD', 'PUT'])('knows no other method: %s', async (method) => {
  const response = await ask('/timesync', { method });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('OPTIONS, POST');
});

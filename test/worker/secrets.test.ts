/** Where the secrets of the edge are, and are not; and that none of them does what another is for. */
import { runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { concatenate } from '#contract/concatenate.ts';
import { type EdgeReading, readingText } from '#contract/edge-reading.ts';
import { makeRequest, serverId } from '#contract/roughtime/request.ts';
import { type Bytes, base64, base64url, fromBase64url, utf8 } from '#contract/web-platform.ts';
import { OPERATIONS } from '../../worker/openapi/operations.ts';
import { onlyGiven, withNonce } from '../../worker/reading-nonce.ts';
import { openTold, sealTold } from '../../worker/told.ts';
import { createGateway, LONG_TERM_KEYS, realKeeper, startIsolate, stub } from './edge.ts';

const written: Bytes[] = [];
const cache = {
  match: async () => undefined,
  put: async (_key: unknown, response: Response) => void written.push(new Uint8Array(await response.arrayBuffer())),
} as unknown as Cache;
const ask = startIsolate({ cache });

type Secrets = { readonly reading: Bytes; readonly cache: Bytes; readonly edge: readonly Bytes[] };
const secretsOf = async (): Promise<Secrets> => {
  const { cacheSecret, edge } = await realKeeper().knowledge();
  const reading = await runInDurableObject(stub(), (_object, { storage }) => storage.kv.get<Bytes>('reading-key')!);
  return { reading, cache: cacheSecret, edge: [...edge.secrets.values()].map((d) => fromBase64url(d)!) };
};
let gateway: Awaited<ReturnType<typeof createGateway>>;
let secrets: Secrets;
beforeAll(async () => {
  gateway = await createGateway();
  for (let count = 0; count < 4; count++) expect((await gateway.post(ask)).status).toBe(200);
  secrets = await secretsOf();
});

const asText = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const spellingsOf = (secret: Bytes): readonly string[] => {
  const spellings = [asText(secret), base64(secret), base64url(secret), hexOf(secret), String(secret)];
  return [...spellings, hexOf(secret).toUpperCase(), JSON.stringify(secret)];
};

it('are of 32 bytes each, and no two the same', () => {
  const all = [secrets.reading, secrets.cache, ...secrets.edge];
  expect(secrets.edge.length).toBeGreaterThan(0);
  expect(all.map(({ length }) => length)).toEqual(all.map(() => 32));
  expect(new Set(all.map(hexOf)).size).toBe(all.length);
});

it('are in nothing that anybody is answered, nor in the location’s cache, nor logged', async () => {
  const logged = (['error', 'warn', 'log', 'info', 'debug'] as const).map((level) =>
    vi.spyOn(console, level).mockReturnValue(),
  );
  const said: string[] = [];
  const hear = async (path: string, init?: RequestInit): Promise<Response> => {
    const response = await ask(path, init);
    said.push(JSON.stringify([...response.headers]));
    if (!response.webSocket) said.push(asText(new Uint8Array(await response.clone().arrayBuffer())));
    return response;
  };
  for (const route of Object.keys(OPERATIONS)) {
    const [method = '', path = ''] = route.split(' ');
    for (const query of ['', '?detail', '?format=jws&detail&nonce=c29tZSBkaWNlIGZvciB5b3U'])
      await hear(`${path}${query}`, { method });
  }
  const body = await gateway.sign();
  expect((await hear('/samples', { method: 'POST', body })).status).toBe(200);
  expect((await hear('/samples', { method: 'POST', body })).status).toBe(409);
  const request = makeRequest(new Uint8Array(32), await serverId(LONG_TERM_KEYS['gw-1'].publicKey));
  expect((await hear('/roughtime', { method: 'POST', body: request })).status).toBe(200);
  expect((await hear('/time?format=jws')).status).toBe(200);
  said.push(...logged.flatMap(({ mock }) => mock.calls.map((call) => call.map(String).join(' '))));
  for (const spy of logged) spy.mockRestore();
  expect(written.length).toBeGreaterThan(0);
  said.push(...written.map(asText));

  const text = said.join('\n');
  for (const secret of [secrets.reading, secrets.cache, ...secrets.edge])
    for (const spelling of spellingsOf(secret)) expect(text.includes(spelling)).toBe(false);
});

it('that of the readings is told to who hands in a sample that is kept, and to no copy or other isolate', async () => {
  const { text } = await runInDurableObject(stub(), async (object) => {
    const told = await (object as unknown as { knowledge(): Promise<object> }).knowledge();
    return { text: JSON.stringify(told, (_key, value) => (value instanceof Map ? [...value] : toJson(value))) };
  });
  expect(text).toContain(base64url(secrets.cache));
  for (const spelling of spellingsOf(secrets.reading)) expect(text.includes(spelling)).toBe(false);
});
const toJson = (value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}` : value instanceof Uint8Array ? base64url(value) : value;

describe('a MAC for one purpose is none for the other, were it by the same secret', () => {
  const reading: Omit<EdgeReading, 'nonce'> = {
    sampleSha256: 'h'.repeat(43),
    isolate: 'i',
    isolateUnixMs: 1,
    departedUnixMs: 2,
    object: 'o',
    objectUnixMs: 3,
    location: 'local',
  };

  it('of a reading, as what the object told', async () => {
    const { nonce } = await withNonce(reading, secrets.cache);
    const bytes = concatenate(fromBase64url(nonce)!, utf8(readingText(reading)));
    expect(await openTold(bytes, secrets.cache)).toMatchObject({ reason: 'malformed' });
    expect(await openTold(bytes, secrets.reading)).toMatchObject({ reason: 'bad-signature' });
  });

  it('of what the object told, as a reading', async () => {
    const sealed = await sealTold(await realKeeper().knowledge(), secrets.reading);
    const forged = { ...reading, nonce: base64url(sealed.slice(0, 32)) };
    expect(await onlyGiven([forged], secrets.reading)).toEqual([]);
    const real = await withNonce(reading, secrets.reading);
    expect(await onlyGiven([real], secrets.reading)).toEqual([real]);
    // The text of the one begins with a brace, that of the other with its name.
    expect(asText(sealed.slice(32, 33))).toBe('{');
    expect(readingText(reading)).toMatch(/^noonmark edge reading \d+\n/);
  });
});

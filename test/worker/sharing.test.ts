import { evictDurableObject } from 'cloudflare:test';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { concatenate } from '#contract/concatenate.ts';
import { ok } from '#contract/result.ts';
import type { TimeAnswer } from '#contract/time-answer.ts';
import { type Bytes, base64url, fromBase64url, utf8 } from '#contract/web-platform.ts';
import type { Knowledge } from '../../worker/keeper.ts';
import { MOST_CACHED_BYTES, openLocationCache } from '../../worker/location-cache.ts';
import { openTold, sealTold } from '../../worker/told.ts';
import { distinctKeys } from '../support/distinct-keys.ts';
import { createGateway, ORIGIN, realKeeper, startIsolate, stub } from './edge.ts';
import { uncertaintyBesides } from './expect-budget.ts';
import { PRIVATE_KEYS } from './variables.ts';

const REFRESH_MS = 30_000;
const KEY = new URL('/.noonmark/told/1', ORIGIN);
const location = openLocationCache(caches.default, ORIGIN, REFRESH_MS);

type Health = {
  gateways: Record<string, { verdict: string; sequence?: number; bounds?: number }>;
  cache: Record<string, number>;
  objectFailures: number;
};

/** All clocks of the edge go ahead together. */
let ahead = 0;
const told = async (): Promise<Knowledge> => {
  const known = await realKeeper().knowledge();
  return { ...known, objectUnixMs: known.objectUnixMs + ahead };
};

/** An isolate, and how often it asked the object. */
const start = (options: Parameters<typeof startIsolate>[0] = {}) => {
  let calls = 0;
  const knowledge = (): Promise<Knowledge> => {
    calls++;
    return told();
  };
  const ask = startIsolate({
    clock: () => Date.now() + ahead,
    keeper: () => ({ ...realKeeper(), knowledge }),
    ...options,
  });
  const health = async (): Promise<Health> => (await ask('/health')).json<Health>();
  return { ask, health, calls: () => calls };
};

/** As the object would sign it. */
const authentic = async (text: string): Promise<Bytes> => {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', (await told()).cacheSecret, hmac, false, ['sign']);
  return concatenate(new Uint8Array(await crypto.subtle.sign(hmac, key, utf8(text))), utf8(text));
};

/** Each byte as a character. */
const asText = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Posts through an isolate whose clock has not gone ahead, and whose cache is another location's. */
const elsewhere = startIsolate({ cache: { match: async () => undefined, put: async () => {} } as unknown as Cache });

/** With a delegated key, and several bounds kept. */
const timed = async (name: keyof typeof PRIVATE_KEYS = 'gw-1') => {
  const gateway = await createGateway(name);
  for (let count = 0; count < 4; count++) expect((await gateway.post(elsewhere)).status).toBe(200);
  return gateway;
};

beforeEach(async () => {
  ahead = 0;
  await caches.default.delete(KEY);
});

describe('an isolate', () => {
  it('learns what another one of its location was told, and does not ask the object', async () => {
    const gateway = await timed();
    const [first, second] = [start(), start()];
    for (const { ask } of [first, second]) expect((await ask('/time')).status).toBe(200);
    await gateway.post(elsewhere);

    ahead += REFRESH_MS + 500;
    await first.ask('/time');
    ahead += 500;
    await second.ask('/time');
    expect([first.calls(), second.calls()]).toEqual([2, 1]);
    const { gateways, cache } = await second.health();
    expect(gateways['gw-1']).toMatchObject({ verdict: 'agrees', sequence: 4, bounds: 4 });
    expect(cache).toEqual({ hit: 1 });
    expect((await first.health()).cache).toEqual({ stale: 1 });

    const before = Date.now() + ahead;
    const answer = await (await second.ask('/time?detail')).json<TimeAnswer>();
    // True time has stood still, for all that this edge's clocks have gone ahead: so they say now, and are right about it.
    expect(answer.earliestUnixMs).toBeLessThanOrEqual(Date.now() + 1 + ahead);
    expect(answer.latestUnixMs).toBeGreaterThanOrEqual(before);
    expect(uncertaintyBesides(answer)).toBeLessThan(70);
  });

  it('is handed on all that was told, but the secrets', async () => {
    await timed();
    const known = await told();
    const { cacheSecret, ...others } = known;
    const { secrets: _, ...edge } = known.edge;
    expect(edge.keys[0]?.delegations[0]?.roughtime).toBeDefined();
    expect(await openTold(await sealTold(known, cacheSecret), cacheSecret)).toEqual(ok({ ...others, edge }));
  });

  it('asks the object itself at its start, and when its exchange is four REFRESH_S old', async () => {
    await timed();
    const variables = { MAX_SAMPLE_AGE_S: 3_600 };
    const [first, second] = [start({ variables }), start({ variables })];
    for (let count = 0; count <= 4; count++) {
      ahead = count * REFRESH_MS;
      await caches.default.delete(KEY); // so that the second always finds what the first was told
      await first.ask('/time');
      ahead += 500;
      await second.ask('/time');
    }
    expect(first.calls()).toBe(5);
    expect(second.calls()).toBe(2);
    expect((await second.health()).cache).toEqual({ hit: 3 });
  });

  it('asks the object where that has begun another life, whose word the cache does not have', async () => {
    await timed();
    const [first, second] = [start(), start()];
    for (const { ask } of [first, second]) await ask('/time');
    await evictDurableObject(stub());
    ahead += REFRESH_MS;
    for (const { ask } of [first, second]) expect((await ask('/time')).status).toBe(200);
    // The first finds the old life's; the second the new one's, whose secret it does not have.
    expect([first.calls(), second.calls()]).toEqual([2, 2]);
    expect((await first.health()).cache).toEqual({ stale: 1 });
    expect((await second.health()).cache).toEqual({ 'bad-signature': 1 });
  });

  it('asks the object where the cache keeps nothing, as on workers.dev', async () => {
    await timed();
    const one = start({ cache: { match: async () => undefined, put: async () => {} } as unknown as Cache });
    for (; ahead <= 2 * REFRESH_MS; ahead += REFRESH_MS) expect((await one.ask('/time')).status).toBe(200);
    expect(one.calls()).toBe(3);
    expect((await one.health()).cache).toEqual({ miss: 2 });
  });

  it('asks the object where the cache fails, in whatever way', async () => {
    await timed();
    const match = async () => Promise.reject(new Error('cache'));
    const put = () => {
      throw new Error('cache');
    };
    const one = start({ cache: { match, put } as unknown as Cache });
    for (; ahead <= REFRESH_MS; ahead += REFRESH_MS) expect((await one.ask('/time')).status).toBe(200);
    expect(one.calls()).toBe(2);
    expect(await one.health()).toMatchObject({ cache: { failed: 3 }, objectFailures: 0 });
  });

  it('writes what it was told with news, and nothing for what anybody may hand in again', async () => {
    const gateway = await timed();
    let writes = 0;
    const put = async () => void writes++;
    const posting = startIsolate({ cache: { match: async () => undefined, put } as unknown as Cache });
    const post = async (body: string) => (await posting('/samples', { method: 'POST', body })).status;
    const body = await gateway.sign();
    expect(await post(body)).toBe(200);
    expect(writes).toBe(1);
    for (const [refused, status] of [
      [body, 409],
      [await gateway.sign({ aud: 'https://other.test' }), 401],
      [await gateway.sign({ lineage: [ORIGIN, 'gw-1'] }), 409],
    ] as const)
      expect(await post(refused)).toBe(status);
    expect(writes).toBe(1);
    const forked = await gateway.sign({ sequence: 5, previousSha256: 'A'.repeat(43) });
    for (let count = 0; count < 3; count++) expect(await post(forked)).toBe(409);
    expect(writes).toBe(2); // it is accused once
  });

  it('counts it as a failure of the object where that tells what nobody can read, such as another release’s', async () => {
    await timed();
    for (const odd of [{}, { ...(await told()), gateways: undefined }, { ...(await told()), edge: undefined }]) {
      const knowledge = async () => odd as unknown as Knowledge;
      const one = start({ keeper: () => ({ ...realKeeper(), knowledge }) });
      expect((await one.ask('/time')).status).toBe(503);
      expect(await one.health()).toMatchObject({ objectFailures: 1 });
    }
  });

  it('judges what it finds by its own settings: a gateway that was taken out has no word any more', async () => {
    const gateway = await timed();
    await timed('gw-2');
    const variables = { GATEWAY_KEYS: { 'gw-1': PRIVATE_KEYS['gw-1'].x }, QUORUM: 1 };
    const exchanged = { GATEWAY_KEYS: { 'gw-1': PRIVATE_KEYS['gw-1'].x, ...distinctKeys(['gw-2']) }, QUORUM: 1 };
    const [first, second, third] = [start(), start({ variables }), start({ variables: exchanged })];
    for (const { ask } of [first, second, third]) await ask('/time');
    await gateway.post(elsewhere);
    ahead += REFRESH_MS;
    for (const { ask } of [first, second, third]) await ask('/time');
    for (const { calls } of [second, third]) expect(calls()).toBe(1);
    expect(Object.keys((await first.health()).gateways)).toEqual(['gw-1', 'gw-2']);
    expect((await second.health()).gateways).toMatchObject({ 'gw-1': { sequence: 4 } });
    expect((await third.health()).gateways).toMatchObject({ 'gw-1': { sequence: 4 }, 'gw-2': { verdict: 'unheard' } });
    const { keys } = await (await second.ask('/keys')).json<{ keys: { delegations: { gateway: string }[] }[] }>();
    expect(keys.flatMap(({ delegations }) => delegations.map(({ gateway }) => gateway))).toEqual(['gw-1']);
  });
});

describe('what is found in the cache is not believed', () => {
  const sealed = async (over: (known: Knowledge) => Partial<Knowledge> = () => ({})): Promise<Bytes> => {
    const known = await told();
    return sealTold({ ...known, ...over(known) }, known.cacheSecret);
  };
  const flipped = async (at: number): Promise<Bytes> => {
    const bytes = await sealed();
    bytes[(at + bytes.length) % bytes.length]! ^= 1;
    return bytes;
  };

  it.each<[word: string, why: string, bytes: () => Promise<Bytes>]>([
    ['bad-signature', 'nothing', async () => new Uint8Array()],
    ['bad-signature', 'noise', async () => crypto.getRandomValues(new Uint8Array(1_000))],
    ['bad-signature', 'an altered MAC', () => flipped(0)],
    ['bad-signature', 'an altered end', () => flipped(-1)],
    ['bad-signature', 'a part', async () => (await sealed()).slice(0, 500)],
    ['bad-signature', 'another life’s', async () => sealTold(await told(), new Uint8Array(32))],
    ['too-large', 'more than any edge has to tell', async () => new Uint8Array(MOST_CACHED_BYTES + 1)],
    ['malformed', 'another release’s', () => authentic('{"object":1}')],
    ['malformed', 'no JSON', () => authentic('')],
    ['stale', 'what a life before was told', () => sealed(() => ({ object: 'before' }))],
    ['stale', 'told too long ago', () => sealed(({ objectUnixMs }) => ({ objectUnixMs: objectUnixMs - REFRESH_MS }))],
    ['stale', 'not yet told', () => sealed(({ objectUnixMs }) => ({ objectUnixMs: objectUnixMs + 2 * REFRESH_MS }))],
    [
      'unknown-edge-key',
      'a key made since',
      () => sealed(({ edge }) => ({ edge: { ...edge, keys: [{ ...edge.keys[0]!, id: 'new' }, ...edge.keys] } })),
    ],
  ])('%s: %s', async (word, _why, bytes) => {
    await timed();
    const one = start();
    await one.ask('/time');
    ahead += REFRESH_MS;
    const headers = { 'Cache-Control': 'max-age=300' };
    await caches.default.put(KEY, new Response(await bytes(), { headers }));
    expect((await one.ask('/time')).status).toBe(200);
    expect(one.calls()).toBe(2);
    expect((await one.health()).cache).toEqual({ [word]: 1 });
  });
});

describe('whatever lies in the cache', () => {
  it('is opened or refused, and never a fault', async () => {
    const { cacheSecret } = await told();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await openTold(Uint8Array.from(bytes), cacheSecret)).toMatchObject({ reason: 'bad-signature' });
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (text) => {
        expect(await openTold(await authentic(text), cacheSecret)).toMatchObject({ reason: 'malformed' });
      }),
    );
  });

  it('is refused if as much as one bit of it is another', async () => {
    await timed();
    const known = await told();
    const bytes = await sealTold(known, known.cacheSecret);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const altered = bytes.slice();
        altered[at]! ^= 1 << bit;
        expect(await openTold(altered, known.cacheSecret)).toMatchObject({ reason: 'bad-signature' });
      }),
    );
  });

  it('is all that the object told, but for its secrets', async () => {
    await timed();
    const one = start();
    await one.ask('/time');
    const { cacheSecret, edge, ...known } = await told();
    const found = await location.read();
    if (!found.ok) throw new Error(found.reason);
    const opened = await openTold(found.value, cacheSecret);
    expect(opened).toEqual({
      ok: true,
      value: { ...known, objectUnixMs: expect.any(Number), edge: { keys: edge.keys, refusals: edge.refusals } },
    });
    expect(edge.keys[0]?.delegations.length).toBeGreaterThan(0);
    expect(edge.secrets.size).toBeGreaterThan(0);
    const secrets = [cacheSecret, ...[...edge.secrets.values()].map((d) => fromBase64url(d)!)];
    const text = asText(found.value);
    for (const secret of secrets)
      for (const spelling of [asText(secret), base64url(secret), String(secret)]) expect(text).not.toContain(spelling);
  });
});

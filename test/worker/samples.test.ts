import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { compactVerify, createLocalJWKSet } from 'jose';
import { describe, expect, it } from 'vitest';
import type { EdgeReading } from '#contract/edge-reading.ts';
import { MAX_SAMPLE_BYTES } from '#contract/signed-sample.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import { sha256 } from '#contract/web-platform.ts';
import type { LogEntry } from '../../worker/keeper.ts';
import { MOST_LOGGED_TOLD, TimekeeperObject } from '../../worker/timekeeper-object.ts';
import { distinctKeys } from '../support/distinct-keys.ts';
import { createGateway, millis, ORIGIN, realKeeper, startIsolate, stub } from './edge.ts';
import { PRIVATE_KEYS } from './variables.ts';

const ask = startIsolate();
const post = (body: BodyInit, init: RequestInit = {}) => ask('/samples', { method: 'POST', body, ...init });
const wordOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const body = await response.json<{ type: string; title: string; status: number }>();
  expect(body.status).toBe(response.status);
  return body.type.replace('urn:noonmark:problem:', '');
};
const logged = async (limit = 20) => (await ask(`/samples?limit=${limit}`)).json<LogEntry[]>();

describe('POST /samples', () => {
  it('answers with our clocks’ reading, tied to that sample', async () => {
    const gateway = await createGateway();
    const jws = await gateway.sign();
    const before = Date.now();
    const response = await post(jws);
    const after = Date.now();
    expect(response.status).toBe(200);
    const reading = await response.json<EdgeReading & { epoch: number; sequence: number }>();
    expect(reading).toMatchObject({
      sampleSha256: await sha256(jws),
      location: 'local',
      epoch: gateway.epoch,
      sequence: 0,
    });
    expect(reading.nonce).toMatch(/^[\w-]{43}$/);
    for (const ms of [reading.isolateUnixMs, reading.objectUnixMs, reading.departedUnixMs]) {
      expect(ms).toBeGreaterThanOrEqual(before);
      expect(ms).toBeLessThanOrEqual(after);
    }
  });

  it('names the data centre', async () => {
    const gateway = await createGateway();
    const response = await post(await gateway.sign(), { cf: { colo: 'FRA' } } as RequestInit);
    expect(await response.json()).toMatchObject({ location: 'FRA' });
  });

  it('takes a reading that it gave, and none that it did not', async () => {
    const gateway = await createGateway();
    const health = async () =>
      (await (await ask('/health')).json<{ gateways: Record<string, { readingsRefused: number }> }>()).gateways[
        'gw-1'
      ]!;
    await gateway.post(ask);
    await gateway.post(ask);
    const before = await health();
    expect(before).toMatchObject({ sequence: 1, bounds: 1 });
    const [taken] = gateway.make().readings;
    if (!taken) throw new Error('no reading');
    const clocks = ['isolateUnixMs', 'departedUnixMs', 'objectUnixMs'] as const;
    const readings = clocks.map((clock) => ({ ...taken, [clock]: taken[clock] + 1 }));
    expect((await post(await gateway.sign({ readings }))).status).toBe(200);
    expect(await health()).toMatchObject({
      sequence: 2,
      bounds: 1,
      readingsRefused: before.readingsRefused + 3, // of this gateway since the edge began, whatever another test has posted
    });
  });

  const hour = 3_600_000;
  const day = 24 * hour;
  const around = (ms: number) => {
    const told = Date.now() + ms;
    return {
      estimateUnixNs: millis(told),
      earliestUnixNs: millis(told - 1),
      latestUnixNs: millis(told + 1),
      validFromUnixNs: millis(told - 1),
      validUntilUnixNs: millis(told + 300_000),
    };
  };

  it('refuses what nobody trusted signed', async () => {
    const gateway = await createGateway();
    const jws = await gateway.sign();
    const [header = '', payload = '', signature = ''] = jws.split('.');
    expect(
      await wordOf(await post(`${header}.${payload}.${signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`)),
    ).toBe('bad-signature');
    expect(await wordOf(await post(await gateway.sign({ gateway: 'gw-2', lineage: ['gw-2'] })))).toBe('unknown-key');
    const stranger = btoa(JSON.stringify({ alg: 'EdDSA', typ: 'time-sample+jws', kid: 'stranger' })).replace(/=+$/, '');
    expect(await wordOf(await post(`${stranger}.${payload}.${signature}`))).toBe('unknown-key');
  });

  it.each([
    ['', 'not a compact JWS'],
    ['a.b', 'not a compact JWS'],
    ['{}', 'not a compact JWS'],
    ['e30.e30.e30', 'alg'],
    [new Uint8Array([0xff, 0xfe, 0x2e]), 'not a compact JWS'],
  ])('refuses what is no sample: %j', async (body, detail) => {
    const response = await post(body);
    expect(await response.clone().json()).toMatchObject({ detail });
    expect(response.status).toBe(400);
    expect(await wordOf(response)).toBe('malformed');
  });

  it('refuses a payload that is no sample, and says where', async () => {
    const gateway = await createGateway();
    const response = await post(await gateway.sign({ stratum: 16 }));
    expect(await response.json()).toMatchObject({ type: 'urn:noonmark:problem:malformed', detail: 'stratum' });
  });

  it.each<[word: string, status: number, over: Partial<TimeSample>]>([
    ['wrong-audience', 401, { aud: 'https://time.example.org' }],
    ['loop', 409, { lineage: [ORIGIN, 'gw-1'] }],
    ['future', 422, around(hour)],
    ['stale', 422, around(-hour)],
    ['forked', 409, { previousSha256: 'A'.repeat(43) }],
    ['replayed', 409, { sequence: 0 }],
  ])('refuses with %s and %i', async (word, status, over) => {
    const [gateway, other] = [await createGateway(), await createGateway('gw-2')];
    for (const each of [gateway, other]) for (let count = 0; count < 2; count++) await each.post(ask);
    const response = await post(await gateway.sign(over));
    expect(response.status).toBe(status);
    const place = { epoch: gateway.epoch, sequence: 1 };
    if (status === 409) expect(await response.clone().json()).toMatchObject(place);
    expect(await wordOf(response)).toBe(word);
  });

  it.each([
    ['future', hour, 'replayed'], // its own earlier word went with it, and with that the place of the sample
    ['stale', -hour, 'stale'],
  ] as const)('names who handed in what is %s, and keeps it once as evidence', async (word, ms, again) => {
    const [gateway, other] = [await createGateway(), await createGateway('gw-2')];
    for (const each of [gateway, other]) for (let count = 0; count < 2; count++) await each.post(ask);
    const jws = await gateway.sign(around(ms));
    const later = await gateway.sign({ ...around(ms), sequence: 100 });
    const words = async (...posted: string[]) => {
      const said: string[] = [];
      for (const each of posted) said.push(await wordOf(await post(each)));
      return said;
    };
    expect(await words(jws, jws, later, jws, later)).toEqual([word, again, word, again, word]);
    await evictDurableObject(stub()); // a life later they are no news either
    expect(await words(jws, later)).toEqual([again, word]);
    const log = await (await ask('/samples')).json<LogEntry[]>();
    expect(log.filter((entry) => [jws, later].includes(entry.jws))).toEqual([
      { jws: later, outcome: word, receivedUnixMs: expect.any(Number) },
      { jws, outcome: word, receivedUnixMs: expect.any(Number) },
    ]);
    const named = async () => (await (await ask('/health')).json<{ gateways: object }>()).gateways;
    expect(await named()).toMatchObject({ 'gw-1': { refused: word }, 'gw-2': { verdict: 'agrees' } });
    await gateway.post(ask, { sequence: 200 });
    expect(await named()).toMatchObject({ 'gw-1': expect.not.objectContaining({ refused: word }) });
  });

  it('trusts its own clock for a day and no more, before anyone has timed it', async () => {
    for (const [ms, word] of [
      [2 * day, 'future'],
      [-2 * day, 'stale'],
    ] as const) {
      const gateway = await createGateway();
      expect(await wordOf(await post(await gateway.sign(around(ms))))).toBe(word);
    }
  });

  it('reads no more than the largest sample, whatever Content-Length says', async () => {
    const exact = await post('a'.repeat(MAX_SAMPLE_BYTES));
    expect(await wordOf(exact)).toBe('malformed');
    const larger = await post('a'.repeat(MAX_SAMPLE_BYTES + 1));
    expect(larger.status).toBe(413);
    expect(await wordOf(larger)).toBe('too-large');
    const lying = await post('a'.repeat(MAX_SAMPLE_BYTES + 1), { headers: { 'content-length': '10' } });
    expect(await wordOf(lying)).toBe('too-large');
    let pulls = 0;
    const endless = new ReadableStream({
      type: 'bytes',
      pull: (controller) => {
        pulls++;
        controller.enqueue(new Uint8Array(1024));
      },
    });
    expect(await wordOf(await post(endless))).toBe('too-large');
    expect(pulls).toBeLessThan(32);
  });

  it.each([-60_000, 60_000])(
    'keeps what came by an isolate %i ms off, and hands out no reading of that',
    async (offMs) => {
      const gateway = await createGateway();
      const isolate = startIsolate({ clock: () => Date.now() + offMs });
      const jws = await gateway.sign();
      expect(await wordOf(await isolate('/samples', { method: 'POST', body: jws }))).toBe('no-time');
      expect((await logged(1))[0]).toMatchObject({ jws, outcome: 'kept' });
      const measuring = startIsolate({ clock: () => Date.now() + offMs, variables: { EDGE_SPREAD_MS: 'measured' } });
      const body = await gateway.sign({ sequence: 1, previousSha256: await sha256(jws) });
      expect((await measuring('/samples', { method: 'POST', body })).status).toBe(200);
    },
  );

  it('says so when the object does not answer', async () => {
    const keeper = () => ({
      ...realKeeper(),
      keep: async () => Promise.reject(new Error('reset')),
      log: async () => Promise.reject(new Error('reset')),
    });
    const isolate = startIsolate({ keeper });
    const gateway = await createGateway();
    const response = await isolate('/samples', { method: 'POST', body: await gateway.sign() });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await wordOf(response)).toBe('unavailable');
    expect(await wordOf(await isolate('/samples'))).toBe('unavailable');
  });

  it('outlives the object’s eviction: what was kept is known, and answers of before are still ours', async () => {
    const gateway = await createGateway();
    await gateway.post(ask);
    const before = await realKeeper().knowledge();
    await evictDurableObject(stub());
    const after = await realKeeper().knowledge();
    expect(after.object).not.toBe(before.object);
    expect(after.gateways).toEqual(before.gateways);
    expect(await wordOf(await post(await gateway.sign({ sequence: 0 })))).toBe('replayed');
    expect((await gateway.post(ask)).status).toBe(200);
    expect((await realKeeper().knowledge()).gateways.find((kept) => kept.gateway === 'gw-1')?.bounds).toHaveLength(1);
  });
});

describe('what is kept of a gateway', () => {
  const keptBy = (GATEWAY_KEYS: Readonly<Record<string, string>>) =>
    runInDurableObject(stub(), async (_instance, state) => {
      const object = new TimekeeperObject(state, { ...env, GATEWAY_KEYS } as Cloudflare.Env);
      return (await object.knowledge()).gateways.map(({ gateway }) => gateway);
    });

  it('goes with its key: neither a new one nor a withdrawn one has a vote by what the old one said', async () => {
    for (const name of ['gw-1', 'gw-2'] as const) await (await createGateway(name)).post(ask);
    const [x1, x2] = [PRIVATE_KEYS['gw-1'].x, PRIVATE_KEYS['gw-2'].x];
    expect(await keptBy({ 'gw-1': x1, 'gw-2': x2 })).toEqual(['gw-1', 'gw-2']);
    expect(await keptBy({ ...distinctKeys(['gw-1']), 'gw-2': x2 })).toEqual(['gw-2']);
    expect(await keptBy({ 'gw-2': x2 })).toEqual(['gw-2']);
  });
});

describe('GET /samples', () => {
  it('shows the recent ones, the newest first, signed as they came', async () => {
    const gateway = await createGateway();
    const jws = await gateway.sign();
    await post(jws);
    await gateway.post(ask, { sequence: 1, previousSha256: await sha256(jws) });
    const [newest, second] = await logged(2);
    expect(second).toMatchObject({ jws, outcome: 'kept', receivedUnixMs: expect.any(Number) });
    const keys = createLocalJWKSet(await (await ask('/.well-known/jwks.json')).json());
    const { payload } = await compactVerify(newest?.jws ?? '', keys);
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ gateway: 'gw-1', sequence: 1 });
  });

  it('keeps what is forked as evidence, and nothing else that was refused', async () => {
    const gateway = await createGateway();
    await gateway.post(ask);
    const forked = await gateway.sign({ previousSha256: 'A'.repeat(43) });
    await post(forked);
    await post(await gateway.sign({ sequence: 0 }));
    expect((await logged(1))[0]).toMatchObject({ jws: forked, outcome: 'forked' });
  });

  it('tells no more at once than an object can bear, the newest first', async () => {
    await runInDurableObject(stub(), (_object, { storage: { sql } }) => {
      for (let id = 0; id < 12; id++)
        sql.exec(
          "INSERT INTO log (id, jws, received_unix_ms, outcome) VALUES ((SELECT max(id) FROM log) + 1, ?, 0, 'kept')",
          `${id}`.padEnd(1_000_000, '-'),
        );
    });
    const told = await logged();
    expect(told.map(({ jws }) => Number.parseInt(jws, 10))).toEqual([11, 10, 9, 8]);
    expect(told.reduce((sum, { jws }) => sum + jws.length, 0)).toBeLessThanOrEqual(MOST_LOGGED_TOLD);
    await runInDurableObject(stub(), (_object, { storage: { sql } }) => {
      sql.exec('DELETE FROM log WHERE length(jws) = 1000000');
    });
  });

  it('keeps PUBLIC_LOG of them', async () => {
    const gateway = await createGateway();
    for (let count = 0; count < 25; count++) await gateway.post(ask);
    expect(await logged(20)).toHaveLength(20);
    const sequences = (await realKeeper().log(1000)).map(({ receivedUnixMs }) => receivedUnixMs);
    expect(sequences).toHaveLength(20);
    expect(sequences.toSorted((a, b) => b - a)).toEqual(sequences);
  });

  it.each(['0', '21', '-1', '1.5', 'all', '', '1e1', '99999999999999'])('refuses ?limit=%s', async (limit) => {
    const response = await ask(`/samples?limit=${limit}`);
    expect(await response.clone().json()).toMatchObject({ detail: 'limit: expected 1 to 20' });
    expect(await wordOf(response)).toBe('malformed');
  });
});

describe('GET /.well-known/jwks.json', () => {
  it('holds the public keys that are trusted here, by their thumbprints', async () => {
    const response = await ask('/.well-known/jwks.json');
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json');
    const { keys } = await response.json<{ keys: Record<string, string>[] }>();
    // RFC 8037 appendix A.3 gives the first thumbprint.
    expect(keys.filter(({ gateway }) => gateway !== undefined)).toMatchObject([
      {
        kty: 'OKP',
        crv: 'Ed25519',
        alg: 'EdDSA',
        use: 'sig',
        kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
        gateway: 'gw-1',
      },
      { gateway: 'gw-2' },
    ]);
    for (const key of keys) expect(key).not.toHaveProperty('d');
  });
});

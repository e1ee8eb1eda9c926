/** `GET /time` as a JWS, by the real object and a gateway that vouches for its keys; opened as a caller would. */
import { exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { compactVerify, createLocalJWKSet } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { openAnswer } from '#contract/signed-answer.ts';
import type { TimeAnswer } from '#contract/time-answer.ts';
import type { EdgeKey } from '../../worker/edge-keys.ts';
import type { Knowledge } from '../../worker/keeper.ts';
import { createGateway, millis, ORIGIN, realKeeper, startIsolate } from './edge.ts';
import { expectBudget } from './expect-budget.ts';
import { PRIVATE_KEYS } from './variables.ts';

const NONCE = 'bm9vbm1hcmstbm9uY2U';
const ask = startIsolate();
let gateway: Awaited<ReturnType<typeof createGateway>>;

/** As who has pinned that gateway and asked with that nonce. */
const opened = async (jws: string, pinned: keyof typeof PRIVATE_KEYS = 'gw-1') =>
  openAnswer(jws, new Map([await importGatewayKey(pinned, PRIVATE_KEYS[pinned].x)]), {
    nonce: NONCE,
    origin: ORIGIN,
    floor: millis(Date.now() - 10_000),
  });

const expectUnsigned = async (response: Response, detail: RegExp) => {
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('2');
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({
    type: 'urn:noonmark:problem:no-time',
    detail: expect.stringMatching(detail),
  });
};
/** workerd warns of `text()` on what is not called text. */
const textOf = async (response: Response): Promise<string> => new TextDecoder().decode(await response.arrayBuffer());
const NOBODY = /^not signed: no gateway vouches/;

describe('before a gateway has vouched for a key of this edge', () => {
  it('nothing is signed, though the time is known', async () => {
    const first = await createGateway();
    for (let count = 0; count < 2; count++) await first.post(ask);
    expect((await ask('/time')).status).toBe(200);
    await expectUnsigned(await ask('/time?format=jws'), NOBODY);
  });
});

describe('GET /time as a JWS', () => {
  beforeAll(async () => {
    gateway = await createGateway();
    for (let count = 0; count < 3; count++) expect((await gateway.post(ask)).status).toBe(200);
  });

  it.each([
    ['?format=jws', {}],
    ['', { accept: 'application/jose' }],
    ['', { accept: 'application/json;q=0.5, application/jose;q=0.8, */*;q=0.1' }],
    ['', { accept: 'application/jose, */*' }],
  ])('by %s %j', async (query, headers) => {
    const response = await ask(`/time${query}${query ? '&' : '?'}nonce=${NONCE}`, { headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/jose');
    expect(response.headers.get('noonmark-time')).toMatch(/^time=\d+\.\d{3}, earliest=\d+\.\d{3}, latest=\d+\.\d{3}$/);
    const answer = await opened(await textOf(response));
    expect(answer).toMatchObject({
      ok: true,
      value: { nonce: NONCE, gateway: 'gw-1', synchronized: true, stratum: 4 },
    });
  });

  it.each([
    ['application/*'],
    ['*/*'],
    ['application/jose;q=0.4, application/json;q=0.5'],
    ['application/jose;q=0, */*'],
  ])('not by Accept: %s', async (accept) => {
    expect((await ask('/time', { headers: { accept } })).headers.get('content-type')).toBe('application/json');
  });

  it('says the same as the JSON body, about now', async () => {
    const before = Date.now();
    const answer = await opened(await textOf(await ask(`/time?format=jws&nonce=${NONCE}`)));
    const after = Date.now() + 1;
    if (!answer.ok) throw new Error(answer.reason);
    expect(answer.value.earliestUnixMs).toBeLessThanOrEqual(after);
    expect(answer.value.latestUnixMs).toBeGreaterThanOrEqual(before);
    const json = await (await ask(`/time?nonce=${NONCE}`)).json<TimeAnswer>();
    expect(Object.keys(answer.value)).toEqual(Object.keys(json));
  });

  it('signs of what the width is made, where that is asked', async () => {
    const answer = await opened(await textOf(await ask(`/time?format=jws&detail&nonce=${NONCE}`)));
    if (!answer.ok) throw new Error(answer.reason);
    expectBudget(answer.value);
  });

  it('HEAD says its headers alone', async () => {
    const response = await ask('/time?format=jws', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('content-type')).toBe('application/jose');
  });

  it('is verified by the edge’s own JWK set too', async () => {
    const keys = createLocalJWKSet(await (await ask('/.well-known/jwks.json')).json());
    const { protectedHeader } = await compactVerify(await textOf(await ask('/time?format=jws')), keys);
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', typ: 'time-answer+jws', delegations: { length: 1 } });
  });

  it('is signed by an isolate that has taken no sample itself', async () => {
    const response = await startIsolate()(`/time?format=jws&nonce=${NONCE}`);
    expect(await opened(await textOf(response))).toMatchObject({ ok: true });
  });

  it('carries the word of every gateway that vouches', async () => {
    const other = await createGateway('gw-2');
    for (let count = 0; count < 3; count++) await other.post(ask);
    const jws = await textOf(await ask(`/time?format=jws&nonce=${NONCE}`));
    expect(await opened(jws, 'gw-1')).toMatchObject({ ok: true });
    expect(await opened(jws, 'gw-2')).toMatchObject({ ok: true });
    const withdrawn = startIsolate({ variables: { GATEWAY_KEYS: { 'gw-2': PRIVATE_KEYS['gw-2'].x } } });
    const after = await textOf(await withdrawn(`/time?format=jws&nonce=${NONCE}`));
    expect(await opened(after, 'gw-1')).toMatchObject({ reason: 'unknown-key' });
    expect(await opened(after, 'gw-2')).toMatchObject({ ok: true });
  });

  it('is refused at an origin that no gateway has named', async () => {
    const worker = (exports as unknown as { default: Fetcher }).default;
    await expectUnsigned(await worker.fetch('https://elsewhere.test/time?format=jws'), NOBODY);
  });

  it.each<[why: string, change: (known: Knowledge) => Partial<Knowledge>, detail: RegExp]>([
    [
      'the interval reaches out of every delegation',
      ({ edge }) => ({ edge: { ...edge, keys: edge.keys.map(endingNow) } }),
      NOBODY,
    ],
    ['the private half is missing', ({ edge }) => ({ edge: { ...edge, secrets: new Map() } }), NOBODY],
    [
      'no source answers the gateway, though there is a delegation from before',
      ({ gateways }) => ({ gateways: gateways.map((kept) => ({ ...kept, synchronized: false })) }),
      /^not signed: no source answers the gateway/,
    ],
  ])('is refused where %s', async (_why, change, detail) => {
    const knowledge = async () => {
      const known = await realKeeper().knowledge();
      return { ...known, ...change(known) };
    };
    const isolate = startIsolate({ keeper: () => ({ ...realKeeper(), knowledge }) });
    expect((await isolate('/time')).status).toBe(200);
    await expectUnsigned(await isolate('/time?format=jws'), detail);
  });
});

describe('an isolate that knows of no delegation', () => {
  let ahead = 0;
  let calls = 0;
  /** @param isDelegated - by the count of the call. */
  const start = (isDelegated: (call: number) => boolean) => {
    ahead = 0;
    calls = 0;
    const knowledge = async () => {
      const known = await realKeeper().knowledge();
      const keys = known.edge.keys.map((key) => ({ ...key, delegations: [] }));
      const edge = isDelegated(++calls) ? known.edge : { ...known.edge, keys };
      return { ...known, edge, objectUnixMs: known.objectUnixMs + ahead };
    };
    const nowhere = { match: async () => undefined, put: async () => {} } as unknown as Cache;
    const keeper = () => ({ ...realKeeper(), knowledge });
    return startIsolate({ keeper, cache: nowhere, clock: () => Date.now() + ahead });
  };

  it('asks the object again, and signs with what came meanwhile', async () => {
    const isolate = start((call) => call > 1);
    expect((await isolate('/time')).status).toBe(200);
    ahead += 1_000;
    const asked = Array.from({ length: 5 }, () => isolate(`/time?format=jws&nonce=${NONCE}`));
    for (const response of await Promise.all(asked))
      expect(await opened(await textOf(response))).toMatchObject({ ok: true });
    expect(calls).toBe(2);
  });

  it('does not let those who go on asking have many more calls made than refreshes are', async () => {
    const isolate = start(() => false);
    for (; ahead < 200_000; ahead += 1_000) expect((await isolate('/time?format=jws')).status).toBe(503);
    // At 0, 1, 3, 7, 15, 31 s, and from then on at most one and a refresh in 30 s.
    expect(calls).toBeLessThanOrEqual(6 + 2 * 6);
    expect(calls).toBeGreaterThan(6);
  });
});

describe('no request for a signed answer is answered with a fault of the edge', () => {
  const WORDS = /^urn:noonmark:problem:(malformed|not-acceptable|no-time)$/;
  const noFault = async (path: string, init?: RequestInit): Promise<void> => {
    const response = await ask(path, init);
    if (response.status === 200) return;
    expect(await response.json()).toMatchObject({ status: response.status, type: expect.stringMatching(WORDS) });
  };

  it('whatever the nonce and the rest of the query', () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), fc.webQueryParameters(), (nonce, query) =>
        noFault(`/time?format=jws&nonce=${encodeURIComponent(nonce.toWellFormed())}&${query}`),
      ),
    ));

  it('whatever stands beside it in Accept', () =>
    fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[\x20-\x7e]{0,60}$/), (more) =>
        noFault('/time', { headers: { accept: `application/jose${more}` } }),
      ),
    ));
});

const endingNow = (key: EdgeKey): EdgeKey => ({
  ...key,
  delegations: key.delegations.map((one) => ({ ...one, validUntilUnixNs: millis(Date.now()) })),
});

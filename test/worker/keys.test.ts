/** Which of its keys the edge has vouched for, by the real object: what it takes of each delegation, and what it tells. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDelegation } from '#contract/delegation.ts';
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { keyId, signJws } from '#contract/jws.ts';
import type { EdgeKeys } from '../../worker/edge-keys.ts';
import { TimekeeperObject } from '../../worker/timekeeper-object.ts';
import { createGateway, millis, ORIGIN, realKeeper, startIsolate, stub } from './edge.ts';
import { PRIVATE_KEYS } from './variables.ts';

const ask = startIsolate();
const wantedIn = async (response: Response): Promise<string[]> => {
  expect(response.status).toBe(200);
  return (await response.clone().json<{ edgeKeys: string[] }>()).edgeKeys;
};
const edge = async () => (await realKeeper().knowledge()).edge;

/** A gateway that has timed the edge, and has not yet delegated what it is asked for. */
const timed = async (name: keyof typeof PRIVATE_KEYS = 'gw-1') => {
  const gateway = await createGateway(name);
  for (let count = 0; count < 2; count++) await gateway.post(ask, { delegations: [] });
  return gateway;
};
/** As a new edge, and one whose gateways have never met it. */
const forget = async () => {
  await runInDurableObject(stub(), async (_instance, { storage }) => {
    for (const [name] of storage.kv.list()) storage.kv.delete(name);
  });
  await evictDurableObject(stub());
};

beforeEach(forget);

describe('a key of the edge', () => {
  it('is made and announced once the edge’s clock is bounded, and delegated with the next sample', async () => {
    const gateway = await createGateway();
    expect(await wantedIn(await gateway.post(ask))).toEqual([]);
    const wanted = await wantedIn(await gateway.post(ask));
    expect(wanted).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect(await wantedIn(await gateway.post(ask))).toEqual([]);
    expect((await edge()).keys).toMatchObject([{ x: wanted[0], delegations: [{ gateway: 'gw-1', aud: ORIGIN }] }]);
  });

  it('is wanted of each gateway, and again from one whose word was lost or refused', async () => {
    const [first, second] = [await timed('gw-1'), await timed('gw-2')];
    const [x = ''] = await wantedIn(await first.post(ask, { delegations: [] }));
    expect(await wantedIn(await second.post(ask))).toEqual([]);
    expect(
      await wantedIn(await first.post(ask, { delegations: [await first.delegate(x, { aud: 'https://a.b' })] })),
    ).toEqual([x]);
    expect(await wantedIn(await first.post(ask))).toEqual([]);
    expect((await edge()).keys[0]?.delegations.map(({ gateway }) => gateway)).toEqual(['gw-2', 'gw-1']);
  });

  it('outlives the object’s eviction, private half and all', async () => {
    const gateway = await timed();
    await gateway.post(ask);
    const before = await edge();
    await evictDurableObject(stub());
    expect(await edge()).toEqual(before);
    expect([...before.secrets.keys()]).toEqual(before.keys.map(({ id }) => id));
  });

  it('shows its private half in no answer of any path', async () => {
    const gateway = await timed();
    const answers = [await gateway.post(ask)];
    for (const path of ['/', '/time', '/samples', '/health', '/keys', '/.well-known/jwks.json'])
      answers.push(await ask(path));
    const [secret = ''] = (await edge()).secrets.values();
    expect(secret).toMatch(/^[\w-]{43}$/);
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(JSON.stringify([...answer.headers]) + (await answer.text())).not.toContain(secret);
    }
  });
});

describe('a delegation is refused, and its sample kept', () => {
  it.each([
    ['wrong-audience', { aud: 'https://time.example.org' }],
    ['outside-delegation', { validFromUnixNs: millis(Date.now() + 3_600_000) }],
    ['outside-delegation', { validUntilUnixNs: millis(Date.now() - 1_000) }],
    ['malformed', { validFromUnixNs: millis(Date.now() - 3 * 86_400_000) }],
    ['unknown-edge-key', { edgeKey: PRIVATE_KEYS['gw-1'].x }],
    ['unknown-key', { gateway: 'gw-2' }],
  ])('with %s, counted in /health (%#)', async (word, over) => {
    const gateway = await timed();
    const [x = ''] = await wantedIn(await gateway.post(ask, { delegations: [] }));
    const delegation = await gateway.delegate(x, over);
    expect((await gateway.post(ask, { delegations: [delegation, 'not a JWS'] })).status).toBe(200);
    const { delegationRefusals } = await (await ask('/health')).json<{ delegationRefusals: object }>();
    expect(delegationRefusals).toEqual(word === 'malformed' ? { malformed: 2 } : { [word]: 1, malformed: 1 });
    expect((await edge()).keys[0]?.delegations).toEqual([]);
  });

  it('as unknown-key, where another gateway signed it, though trusted', async () => {
    const [gateway, other] = [await timed('gw-1'), await timed('gw-2')];
    const [x = ''] = await wantedIn(await gateway.post(ask, { delegations: [] }));
    await gateway.post(ask, { delegations: [await other.delegate(x)] });
    expect((await edge()).refusals).toEqual({ 'unknown-key': 1 });
  });

  it('where the sample that brings it is refused', async () => {
    const gateway = await timed();
    const [x = ''] = await wantedIn(await gateway.post(ask, { delegations: [] }));
    const body = await gateway.sign({ sequence: 0, delegations: [await gateway.delegate(x)] });
    expect((await ask('/samples', { method: 'POST', body })).status).toBe(409);
    expect((await edge()).keys[0]?.delegations).toEqual([]);
  });
});

it('no delegation brings about a fault of the edge, whatever its header and payload, though the gateway signed it', async () => {
  const gateway = await timed();
  const json = fc.jsonValue({ maxDepth: 2 });
  const payload = fc.oneof(json, fc.dictionary(fc.constantFrom('version', 'edgeKey', 'aud', 'validFromUnixNs'), json));
  await fc.assert(
    fc.asyncProperty(payload, json, async (said, extra) => {
      const jws = await signJws('edge-delegation+jws', JSON.stringify(said), gateway.key, { extra });
      expect((await gateway.post(ask, { delegations: [jws] })).status).toBe(200);
    }),
  );
  const { keys, refusals } = await edge();
  expect(keys.map(({ delegations }) => delegations)).toEqual([[]]);
  expect(Object.keys(refusals)).toEqual(['malformed']);
});

it('a gateway whose key is withdrawn or exchanged takes its delegations with it, at the object and at an isolate', async () => {
  for (const name of ['gw-1', 'gw-2'] as const) await (await timed(name)).post(ask);
  const [x1, x2] = [PRIVATE_KEYS['gw-1'].x, PRIVATE_KEYS['gw-2'].x];
  const vouchersOf = ([key]: readonly { delegations: readonly { gateway: string }[] }[]) =>
    key?.delegations.map(({ gateway }) => gateway);
  const vouchers = async (GATEWAY_KEYS: Readonly<Record<string, string>>) => {
    const object = await runInDurableObject(stub(), (_instance, state) =>
      new TimekeeperObject(state, { ...env, GATEWAY_KEYS } as Cloudflare.Env).knowledge(),
    );
    const told = await (await startIsolate({ variables: { GATEWAY_KEYS } })('/keys')).json<{ keys: EdgeKeys }>();
    expect(vouchersOf(told.keys)).toEqual(vouchersOf(object.edge.keys));
    return vouchersOf(told.keys);
  };
  expect(await vouchers({ 'gw-1': x1, 'gw-2': x2 })).toEqual(['gw-1', 'gw-2']);
  expect(await vouchers({ 'gw-2': x2 })).toEqual(['gw-2']);
  expect(await vouchers({ 'gw-1': x2 })).toEqual([]);
});

describe('what is told of the keys', () => {
  type Told = { gateway: string; aud: string; validFrom: string; validUntil: string; jws: string };
  type ToldKey = { kid: string; x: string; madeUnixMs: number; delegations: Told[] };

  it('GET /keys: each, who vouches for it how long, and the word itself', async () => {
    const gateway = await timed();
    const before = Date.now();
    await gateway.post(ask);
    const { keys } = await (await ask('/keys')).json<{ keys: ToldKey[] }>();
    const { kid, x, madeUnixMs, delegations } = keys[0]!;
    expect(kid).toBe(await keyId(x));
    expect(Math.abs(madeUnixMs - before)).toBeLessThan(10_000);
    const { jws, ...said } = delegations[0]!;
    const opened = await openDelegation(jws, new Map([await importGatewayKey('gw-1', PRIVATE_KEYS['gw-1'].x)]));
    if (!opened.ok) throw new Error(opened.reason);
    const { validFromUnixNs, validUntilUnixNs, ...signed } = opened.value;
    expect(signed).toEqual({ version: 1, gateway: 'gw-1', edgeKey: x, aud: ORIGIN });
    expect(said).toEqual({
      gateway: 'gw-1',
      aud: ORIGIN,
      validFrom: new Date(Number(validFromUnixNs / 1_000_000n)).toISOString(),
      validUntil: new Date(Number(validUntilUnixNs / 1_000_000n)).toISOString(),
    });
    expect([keys.length, delegations.length]).toEqual([1, 1]);
  });

  it('the JWK set holds them beside the gateways’', async () => {
    await (await timed()).post(ask);
    const { keys } = await (await ask('/.well-known/jwks.json')).json<{ keys: Record<string, string>[] }>();
    const [own] = (await edge()).keys;
    expect(keys.map(({ kid }) => kid)).toContain(own?.id);
    expect(keys.find(({ kid }) => kid === own?.id)).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      alg: 'EdDSA',
      use: 'sig',
      kid: own?.id,
      x: own?.x,
    });
  });

  it('nothing, where the object does not answer', async () => {
    const keeper = () => ({ ...realKeeper(), knowledge: async () => Promise.reject(new Error('reset')) });
    const response = await startIsolate({ keeper })('/keys');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ type: 'urn:noonmark:problem:unavailable' });
  });
});

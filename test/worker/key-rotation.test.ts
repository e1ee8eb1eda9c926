/** A gateway that changes its key, and one that gives it up, by the real object: samples, callers, eviction, new settings, theft. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findGatewayKey } from '#contract/jwk-set.ts';
import { keyId } from '#contract/jws.ts';
import { MAX_SUCCESSION_LENGTH, openSuccession } from '#contract/key-succession.ts';
import { ok } from '#contract/result.ts';
import { openAnswer } from '#contract/signed-answer.ts';
import { unixNanos } from '#contract/time.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { TimekeeperObject } from '../../worker/timekeeper-object.ts';
import { openTold, sealTold } from '../../worker/told.ts';
import { makePair, makePairs, type Pair, succession } from '../contract/key-pairs.ts';
import { type Ask, createGateway, ORIGIN, realKeeper, startIsolate, stub } from './edge.ts';
import { PRIVATE_KEYS } from './variables.ts';

const NONCE = 'bm9vbm1hcmstbm9uY2U';
let old: Pair;
let next: Pair;
let other: Pair;
beforeAll(async () => {
  const jwk = PRIVATE_KEYS['gw-1'];
  const privateKey = await crypto.subtle.importKey('jwk', { ...jwk }, { name: 'Ed25519' }, false, ['sign']);
  old = { x: jwk.x, key: { id: await keyId(jwk.x), privateKey } };
  [next, other] = (await makePairs(2)) as [Pair, Pair];
});
/** As a new edge. */
beforeEach(async () => {
  await runInDurableObject(stub(), async (_instance, { storage }) => {
    for (const [name] of storage.kv.list()) storage.kv.delete(name);
  });
  await evictDurableObject(stub());
});

const handIn = async (ask: Ask, jws: string) => {
  const response = await ask('/keys', { method: 'POST', body: jws });
  const body = await response.json<{ keys?: string[]; type?: string; detail?: string }>();
  return { status: response.status, keys: body.keys, word: body.type?.replace('urn:noonmark:problem:', '') };
};
/** An isolate and a gateway whose key for the edge is delegated. */
const timed = async (name: keyof typeof PRIVATE_KEYS = 'gw-1', ask = startIsolate()) => {
  const gateway = await createGateway(name);
  for (let count = 0; count < 3; count++) expect((await gateway.post(ask)).status).toBe(200);
  return { ask, gateway };
};
/** What a caller makes of the edge who has pinned that key alone. */
const callerOf = async (ask: Ask, pinned: Pair): Promise<string> => {
  const found = await findGatewayKey(await (await ask('/.well-known/jwks.json')).text(), pinned.key.id);
  if (!found.ok) return found.reason;
  const response = await ask(`/time?format=jws&nonce=${NONCE}`);
  if (response.status !== 200) return `status ${response.status}`;
  const jws = fromUtf8(new Uint8Array(await response.arrayBuffer())) ?? '';
  const opened = await openAnswer(jws, found.value, { nonce: NONCE, origin: ORIGIN, floor: unixNanos(0n) });
  return opened.ok ? 'ok' : opened.reason;
};
const healthOf = async (ask: Ask, gateway = 'gw-1') =>
  (await (await ask('/health')).json<{ gateways: Record<string, object> }>()).gateways[gateway];
const withKeys = (gw1: string) => ({ GATEWAY_KEYS: { 'gw-1': gw1, 'gw-2': PRIVATE_KEYS['gw-2'].x } });

describe('a key that names its successor', () => {
  it('goes on until that has spoken, and no longer; callers who pinned either notice nothing', async () => {
    const { ask, gateway } = await timed();
    expect(await callerOf(ask, old)).toBe('ok');
    const before = await healthOf(ask);

    const word = await succession(old, next);
    for (let count = 0; count < 2; count++)
      expect(await handIn(ask, word)).toEqual({ status: 200, keys: [old.x, next.x], word: undefined });
    expect((await gateway.post(ask)).status).toBe(200);
    expect(await callerOf(ask, old)).toBe('ok');

    gateway.change(next.key);
    expect((await gateway.post(ask)).status).toBe(200);
    expect(await callerOf(ask, old)).toBe('ok');
    expect((await gateway.post(ask)).status).toBe(200); // with a delegation by the new key
    expect(await callerOf(ask, old)).toBe('ok');
    expect(await callerOf(ask, next)).toBe('ok');
    expect(await callerOf(ask, other)).toBe('unknown-key');

    // Its samples go on where they were: the same epoch, and all that was bounded.
    expect(await healthOf(ask)).toMatchObject({ verdict: 'agrees', epoch: gateway.epoch, sequence: 5, bounds: 5 });
    expect(before).toMatchObject({ epoch: gateway.epoch, sequence: 2, bounds: 2 });

    gateway.change(old.key);
    expect((await gateway.post(ask)).status).toBe(401);
    gateway.change(next.key);
    expect((await gateway.post(ask)).status).toBe(200);
  });

  it('is asked for a word of the new key for the edge’s, though the old one’s would last', async () => {
    const { ask, gateway } = await timed();
    await handIn(ask, await succession(old, next));
    const wanted = async (): Promise<string[]> =>
      (await (await gateway.post(ask)).clone().json<{ edgeKeys: string[] }>()).edgeKeys;
    expect(await wanted()).toEqual([]);
    gateway.change(next.key);
    expect(await wanted()).toHaveLength(1);
    expect(await wanted()).toEqual([]);
  });

  it('is known to an isolate that has never heard of it', async () => {
    const { ask, gateway } = await timed();
    await handIn(ask, await succession(old, next));
    gateway.change(next.key);
    const fresh = startIsolate();
    expect((await gateway.post(fresh)).status).toBe(200);
    gateway.change(other.key);
    expect((await gateway.post(startIsolate())).status).toBe(401);
  });

  it('is known to every isolate a REFRESH_S later: the overlap of rotate-key is longer', async () => {
    const { ask } = await timed();
    let now = Date.now();
    const another = startIsolate({ clock: () => now });
    expect(await callerOf(another, next)).toBe('unknown-key'); // it has been told, of the old key alone
    await handIn(ask, await succession(old, next));
    expect(await callerOf(another, next)).toBe('unknown-key');
    now += 30_000;
    await another('/time');
    const found = await findGatewayKey(await (await another('/.well-known/jwks.json')).text(), old.key.id);
    expect(found.ok && [...found.value.keys()]).toEqual([old.key.id, next.key.id]);
  });

  it('is handed on from isolate to isolate, revoked or not', async () => {
    const { ask } = await timed();
    for (const word of [await succession(old, next), await succession(next, null)]) {
      await handIn(ask, word);
      const known = await realKeeper().knowledge();
      expect(known.chains['gw-1']?.keys).toEqual([old.x, next.x]);
      const told = await openTold(await sealTold(known, known.cacheSecret), known.cacheSecret);
      expect(told.ok && told.value.chains).toEqual(known.chains);
    }
  });

  it('is known after the object was put away, before and after the new key has spoken', async () => {
    const { ask, gateway } = await timed();
    await handIn(ask, await succession(old, next));
    await evictDurableObject(stub());
    expect((await gateway.post(ask)).status).toBe(200);
    gateway.change(next.key);
    expect((await gateway.post(ask)).status).toBe(200);
    const { gateways } = await realKeeper().knowledge();
    await evictDurableObject(stub());
    expect((await realKeeper().knowledge()).gateways).toEqual(gateways);
    const fresh = startIsolate();
    expect((await gateway.post(fresh)).status).toBe(200);
    gateway.change(old.key);
    expect((await gateway.post(fresh)).status).toBe(401);
  });

  it('may be taken out of the settings in favour of the new one, at any time, and nothing changes', async () => {
    const { ask, gateway } = await timed();
    await handIn(ask, await succession(old, next));
    gateway.change(next.key);
    for (let count = 0; count < 2; count++) expect((await gateway.post(ask)).status).toBe(200);
    const before = await realKeeper().knowledge();
    const renewed = startIsolate({ variables: withKeys(next.x) }); // whose object has the old settings still
    expect(await callerOf(renewed, old)).toBe('ok');
    expect((await gateway.post(renewed)).status).toBe(200);
    const after = await runInDurableObject(stub(), (_instance, state) =>
      new TimekeeperObject(state, { ...env, ...withKeys(next.x) } as Cloudflare.Env).knowledge(),
    );
    expect(after.gateways).toMatchObject([{ gateway: 'gw-1', epoch: gateway.epoch, sequence: 5 }]);
    expect(after.edge.keys).toMatchObject([{ x: before.edge.keys[0]?.x, delegations: [{ gatewayKey: next.x }] }]);
    expect(after.chains).toEqual(before.chains);
  });

  it('takes its successors along where the settings have a stranger’s in its place', async () => {
    const { ask, gateway } = await timed();
    await handIn(ask, await succession(old, next));
    gateway.change(next.key);
    for (let count = 0; count < 2; count++) expect((await gateway.post(ask)).status).toBe(200);
    const cut = startIsolate({ variables: withKeys(other.x) });
    for (const pinned of [old, next, other])
      expect(await callerOf(cut, pinned)).toBe(pinned === other ? 'status 503' : 'unknown-key');
    expect((await gateway.post(cut)).status).toBe(401);
    const after = await runInDurableObject(stub(), (_instance, state) =>
      new TimekeeperObject(state, { ...env, ...withKeys(other.x) } as Cloudflare.Env).knowledge(),
    );
    expect(after).toMatchObject({ gateways: [], edge: { keys: [{ delegations: [] }] } });
  });

  it('is one gateway’s: another one’s samples and keys are as they were', async () => {
    const { ask, gateway } = await timed();
    const { gateway: second } = await timed('gw-2', ask);
    await handIn(ask, await succession(old, next));
    gateway.change(next.key);
    for (let count = 0; count < 2; count++) {
      expect((await gateway.post(ask)).status).toBe(200);
      expect((await second.post(ask)).status).toBe(200);
    }
    second.change(next.key);
    expect((await second.post(ask)).status).toBe(401);
    const { edge } = await realKeeper().knowledge();
    expect(edge.keys[0]?.delegations.map(({ gateway, gatewayKey }) => [gateway, gatewayKey]).sort()).toEqual([
      ['gw-1', next.x],
      ['gw-2', PRIVATE_KEYS['gw-2'].x],
    ]);
  });
});

it('a key that nobody knows costs the object a few calls, however often it is tried', async () => {
  const knowledge = vi.fn(() => realKeeper().knowledge());
  let now = Date.now();
  const ask = startIsolate({ clock: () => now, keeper: () => ({ ...realKeeper(), knowledge }) });
  const gateway = await createGateway();
  gateway.change(other.key);
  const body = await gateway.sign();
  const MINUTES = 4;
  for (let second = 0; second < 60 * MINUTES; second++) {
    now += 1_000;
    expect((await ask('/samples', { method: 'POST', body })).status).toBe(401);
  }
  expect(knowledge.mock.calls.length).toBeGreaterThan(2);
  expect(knowledge.mock.calls.length).toBeLessThan(2 * MINUTES + 8); // one in REFRESH_S, and more often at first
});

describe('a word about a key is refused', () => {
  it('by whom nobody trusts, and does not get as far as the object', async () => {
    const succeed = vi.fn(realKeeper().succeed);
    const ask = startIsolate({
      keeper: () => ({ ...realKeeper(), knowledge: () => realKeeper().knowledge(), succeed }),
    });
    for (const gateway of ['gw-1', 'gw-2', 'gw-3', 'constructor', '__proto__'])
      expect(await handIn(ask, await succession(other, next, { gateway }))).toMatchObject({
        status: 401,
        word: 'unknown-key',
      });
    expect(await handIn(ask, await succession(old, next, { gateway: 'gw-2' }))).toMatchObject({ word: 'unknown-key' });
    expect(succeed).not.toHaveBeenCalled();
  });

  it.each([
    ['malformed', async () => 'nothing'],
    ['malformed', async () => `${await succession(old, next)}.`],
    ['malformed', async () => (await createGateway()).sign()],
    ['malformed', async () => succession(old, { ...next, x: PRIVATE_KEYS['gw-2'].x })],
    ['too-large', async () => 'a'.repeat(MAX_SUCCESSION_LENGTH + 1)],
    ['bad-signature', async () => succession({ ...old, key: { ...other.key, id: old.key.id } }, next)],
  ])('as %s (%#)', async (word, jws) => {
    expect(await handIn(startIsolate(), await jws())).toMatchObject({ word });
    expect((await realKeeper().knowledge()).chains).toEqual({});
  });

  it('of a key that was superseded, though it is in the settings', async () => {
    const { ask, gateway } = await timed();
    await handIn(ask, await succession(old, next));
    gateway.change(next.key);
    expect((await gateway.post(ask)).status).toBe(200);
    for (const to of [other, null])
      expect(await handIn(ask, await succession(old, to))).toMatchObject({ status: 401, word: 'unknown-key' });
    expect((await gateway.post(ask)).status).toBe(200);
  });

  it('where the object does not answer', async () => {
    const fails = async () => Promise.reject(new Error('reset'));
    const ask = startIsolate({ keeper: () => ({ ...realKeeper(), succeed: fails }) });
    expect(await handIn(ask, await succession(old, next))).toMatchObject({ status: 503, word: 'unavailable' });
  });
});

/** Neither key, nor what they vouched for, nor what was said before. */
const expectDone = async (ask: Ask, gateway: Awaited<ReturnType<typeof createGateway>>, reason: string) => {
  for (const pair of [old, next]) {
    gateway.change(pair.key);
    expect((await gateway.post(ask)).status).toBe(401);
  }
  expect(await callerOf(ask, old)).toBe('revoked');
  expect(await callerOf(ask, next)).not.toBe('ok');
  expect(await healthOf(ask)).toEqual({ verdict: 'unheard', key: reason });
  expect(await (await ask('/time')).json()).toMatchObject({ type: 'urn:noonmark:problem:no-time' });
  expect(await realKeeper().knowledge()).toMatchObject({ gateways: [] });
  expect((await realKeeper().knowledge()).edge.keys.flatMap(({ delegations }) => delegations)).toEqual([]);
};

describe('a key is done with, and all that followed it', () => {
  it.each<[reason: string, words: () => Promise<string[]>, last: object]>([
    ['revoked', async () => [await succession(old, null)], { status: 200, keys: [] }],
    ['revoked', async () => [await succession(old, next), await succession(old, null)], { status: 200, keys: [] }],
    ['revoked', async () => [await succession(old, next), await succession(next, null)], { status: 200, keys: [] }],
    [
      'forked',
      async () => [await succession(old, next), await succession(old, other)],
      { status: 409, word: 'forked' },
    ],
  ])('%s (%#), at once and after the object was put away', async (reason, words, last) => {
    const { ask, gateway } = await timed();
    const all = await words();
    const outcomes = [];
    for (const jws of all) outcomes.push(await handIn(ask, jws));
    expect(outcomes.at(-1)).toMatchObject(last);
    await expectDone(ask, gateway, reason);
    await evictDurableObject(stub());
    await expectDone(startIsolate(), gateway, reason);
    // Said again, it is the same; nothing else counts any more.
    expect(await handIn(ask, all.at(-1)!)).toMatchObject(last);
    expect(await handIn(ask, await succession(old, await makePair()))).toMatchObject({ word: 'unknown-key' });
  });

  it('and the gateway begins anew by another key in the settings; who pinned the old one learns why', async () => {
    const { ask } = await timed();
    await handIn(ask, await succession(old, null));
    const variables = withKeys(other.x);
    const renewed = await runInDurableObject(stub(), async (_instance, state) => {
      const object = new TimekeeperObject(state, { ...env, ...variables } as Cloudflare.Env);
      const keeper = {
        keep: object.keep.bind(object),
        succeed: object.succeed.bind(object),
        knowledge: object.knowledge.bind(object),
        log: object.log.bind(object),
      };
      const isolate = startIsolate({ variables, keeper: () => keeper });
      const gateway = await createGateway();
      gateway.change(other.key);
      const statuses: number[] = [];
      for (let count = 0; count < 3; count++) statuses.push((await gateway.post(isolate)).status);
      return { statuses, old: await callerOf(isolate, old), other: await callerOf(isolate, other) };
    });
    expect(renewed).toEqual({ statuses: [200, 200, 200], old: 'revoked', other: 'ok' });
  });

  it('for good: also where the settings are rolled back to it after its successor has changed, too', async () => {
    await handIn((await timed()).ask, await succession(old, null));
    const lifeWith = (variables: object) =>
      runInDurableObject(stub(), async (_instance, state) => {
        const object = new TimekeeperObject(state, { ...env, ...variables } as Cloudflare.Env);
        const word = await openSuccession(await succession(other, next));
        const outcome = word.ok ? (await object.succeed(await succession(other, next), word.value)).outcome : word;
        return { outcome, chain: (await object.knowledge()).chains['gw-1'] };
      });
    const renewed = await lifeWith(withKeys(other.x));
    expect(renewed).toEqual({
      outcome: ok([other.x, next.x]),
      chain: expect.objectContaining({ keys: [other.x, next.x] }),
    });
    const rolledBack = await lifeWith(withKeys(old.x));
    expect(rolledBack).toMatchObject({ outcome: { ok: false }, chain: { keys: [old.x], end: { reason: 'revoked' } } });
    await evictDurableObject(stub());
    const [ask, gateway] = [startIsolate(), await createGateway()];
    expect((await gateway.post(ask)).status).toBe(401);
    expect(await callerOf(ask, old)).toBe('revoked');
    expect((await lifeWith(withKeys(next.x))).chain).toEqual(renewed.chain);
  });

  it.each([
    ['is asked all the time', 10_000],
    ['was idle meanwhile', 90_000],
  ])(
    'and an isolate that has not heard of it, and %s, signs nothing on its word three REFRESH_S later',
    async (_, everyMs) => {
      const { ask } = await timed();
      let ahead = 0;
      const another = startIsolate({ clock: () => Date.now() + ahead });
      const signed = async () => (await another(`/time?format=jws&nonce=${NONCE}`)).status;
      expect(await signed()).toBe(200);
      await handIn(ask, await succession(old, null));
      expect(await signed()).toBe(200);
      const statuses: number[] = [];
      while (ahead < 90_000) {
        ahead += everyMs;
        statuses.push(await signed());
      }
      expect(statuses.at(-1)).toBe(503);
      expect(await callerOf(another, old)).toBe('revoked');
    },
  );

  it('and no other gateway’s', async () => {
    const { ask } = await timed();
    const { gateway: second } = await timed('gw-2', ask);
    await handIn(ask, await succession(old, null));
    expect((await second.post(ask)).status).toBe(200);
    expect((await ask('/time')).status).toBe(200);
    expect(await healthOf(ask, 'gw-2')).toMatchObject({ verdict: 'agrees' });
  });
});

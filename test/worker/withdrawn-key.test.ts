/** A gateway's key that is taken out of the settings, or exchanged: refused at once, and all that it signed goes with it. */

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { TimekeeperObject } from '../../worker/timekeeper-object.ts';
import { distinctKeys } from '../support/distinct-keys.ts';
import { type Ask, createGateway, ORIGIN, startIsolate, stub } from './edge.ts';
import { askSigned, openedAs } from './stolen-edge-key.ts';
import { PRIVATE_KEYS } from './variables.ts';

const { OTHER = '' } = distinctKeys(['OTHER']);
const [X1, X2] = [PRIVATE_KEYS['gw-1'].x, PRIVATE_KEYS['gw-2'].x];
const WAYS: readonly { readonly way: string; readonly GATEWAY_KEYS: Readonly<Record<string, string>> }[] = [
  { way: 'taken out', GATEWAY_KEYS: { 'gw-2': X2 } },
  { way: 'exchanged', GATEWAY_KEYS: { 'gw-1': OTHER, 'gw-2': X2 } },
];

const before = startIsolate();
let gateway: Awaited<ReturnType<typeof createGateway>>;
beforeAll(async () => {
  gateway = await createGateway();
  for (let count = 0; count < 4; count++) expect((await gateway.post(before)).status).toBe(200);
  expect(await openedAs(await askSigned(before))).toBe('ok');
});

const problemOf = async (isolate: Ask, path: string, init?: RequestInit): Promise<string | undefined> =>
  (await (await isolate(path, init)).json<{ type?: string }>()).type?.replace('urn:noonmark:problem:', '');

it.each(WAYS)('signs no sample any more: $way', async ({ GATEWAY_KEYS }) => {
  const after = startIsolate({ variables: { GATEWAY_KEYS } });
  const body = await gateway.sign();
  expect(await problemOf(after, '/samples', { method: 'POST', body })).toBe('unknown-key');
});

it.each(WAYS)('nor by way of an isolate that has yet to hear of it: $way', async ({ GATEWAY_KEYS }) => {
  const receipt = await runInDurableObject(stub(), (_instance, state) => {
    const object = new TimekeeperObject(state, { ...env, GATEWAY_KEYS } as Cloudflare.Env);
    const post = { origin: ORIGIN, isolate: 'old', isolateUnixMs: Date.now(), location: 'local', gatewayKey: X1 };
    return object.keep('jws', gateway.make() as never, [], post);
  });
  expect(receipt.reading).toEqual({ ok: false, reason: 'unknown-key' });
  expect(receipt).toMatchObject({ wanted: [], knowledge: { gateways: [], edge: { keys: [{ delegations: [] }] } } });
});

it.each(WAYS)('has no vote by what it said before, and vouches for nothing: $way', async ({ GATEWAY_KEYS }) => {
  const after = startIsolate({ variables: { GATEWAY_KEYS } });
  expect(await problemOf(after, '/time')).toBe('no-time');
  const { gateways } = await (await after('/health')).json<{ gateways: object }>();
  expect(Object.values(gateways)).toEqual(Object.keys(GATEWAY_KEYS).map(() => ({ verdict: 'unheard' })));
});

it('is missing in what is signed after', async () => {
  const other = await createGateway('gw-2');
  for (let count = 0; count < 4; count++) expect((await other.post(before)).status).toBe(200);
  expect(await openedAs(await askSigned(before))).toBe('ok');
  const after = startIsolate({ variables: { GATEWAY_KEYS: { 'gw-2': X2 } } });
  expect(await openedAs(await askSigned(after))).toBe('unknown-key');
});

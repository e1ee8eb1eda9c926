/** The platform's own limiters, as wrangler.toml binds them and miniflare runs them. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../worker/app.ts';
import { readSettings } from '../../worker/env.ts';
import type { Bindings } from '../../worker/ports.ts';
import { networkOf } from '../../worker/rate-limit.ts';
import { expectDescribed } from './described.ts';
import { bindings, createGateway, ORIGIN, realKeeper, startIsolate } from './edge.ts';
import { ANSWERS_PER_MINUTE } from './variables.ts';

const CALLS_PER_MINUTE = 120;
const from = (address: string, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { ...(init.headers as Record<string, string>), 'CF-Connecting-IP': address },
});

/**
 * The limiters count by the minute of the wall clock, and one may begin at any moment: then as many again are answered.
 *
 * @param least - that are answered before.
 */
const untilRefused = async (ask: () => Promise<Response>, least = 0): Promise<Response> => {
  for (let answered = 0; answered <= 2 * CALLS_PER_MINUTE; answered++) {
    const response = await ask();
    if (response.status !== 429) continue;
    expect(answered).toBeGreaterThanOrEqual(least);
    return response;
  }
  throw new Error('never refused');
};

const expectRefused = async (response: Response): Promise<void> => {
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('60');
  expect(response.headers.get('access-control-expose-headers')).toContain('Retry-After');
  expect(await response.json()).toEqual({
    type: 'urn:noonmark:problem:too-many-requests',
    title: expect.any(String),
    status: 429,
  });
};

describe('who asks too often', () => {
  it('is refused on every path, and counted', async () => {
    const ask = startIsolate();
    await expectRefused(await untilRefused(() => ask('/time', from('192.0.2.1')), ANSWERS_PER_MINUTE));
    for (const path of ['/', '/time?format=jws', '/dash/ntp', '/health', '/keys', '/.well-known/jwks.json', '/nowhere'])
      await expectRefused(await untilRefused(() => ask(path, from('192.0.2.1'))));
    const call = () => ask('/timesync', from('192.0.2.1', { method: 'POST', body: '{}' }));
    await expectRefused(await untilRefused(call));
    await untilRefused(() => ask('/time', from('192.0.2.1', { method: 'HEAD' })));
    expect(await (await ask('/health')).json()).toMatchObject({ refusals: { 'too-many-requests': 10 } });
  });

  it('is one network where he has a /64 to choose from, and shuts nobody else out', async () => {
    const ask = startIsolate();
    let host = 0;
    const next = () => ask('/nowhere', from(`2001:db8:0:1::${(++host).toString(16)}`));
    await untilRefused(next, ANSWERS_PER_MINUTE);
    expect((await ask('/nowhere', from('2001:db8:0:2::1'))).status).toBe(404);
    expect((await ask('/nowhere', from('192.0.2.2'))).status).toBe(404);
    expect((await ask('/nowhere')).status).toBe(404);
  });

  it('still hands in samples, or opens sockets, but has a limit for each', async () => {
    const ask = startIsolate();
    const here = '192.0.2.3';
    const socket = () => ask('/ws', from(here, { headers: { Upgrade: 'websocket' } }));
    await untilRefused(() => ask('/samples?limit=1', from(here)), CALLS_PER_MINUTE);
    await untilRefused(() => ask('/nowhere', from(here)), ANSWERS_PER_MINUTE);
    const gateway = await createGateway();
    const body = await gateway.sign();
    expect((await ask('/samples', from(here, { method: 'POST', body }))).status).toBe(200);
    expect((await socket()).status).toBe(101);
    await expectRefused(await untilRefused(socket, CALLS_PER_MINUTE - 1));
    expect((await ask('/samples', from(here, { method: 'POST', body }))).status).toBe(409);
    const post = () => ask('/samples', from(here, { method: 'POST', body: 'x' }));
    await expectRefused(await untilRefused(post, CALLS_PER_MINUTE - 2));
  });
});

it('HEAD has no count of its own where GET is dear', async () => {
  const keys: string[] = [];
  const counting: RateLimit = {
    limit: async ({ key }) => {
      keys.push(key);
      return { success: false };
    },
  };
  const settings = readSettings({ ...env });
  const app = createApp({ settings, clock: Date.now, keeper: realKeeper, cache: caches.default, fetch });
  const limited = { ...bindings, CALL_LIMIT: counting };
  for (const path of ['/samples', '/ws'])
    for (const method of ['GET', 'HEAD', 'POST'])
      await app.request(`${ORIGIN}${path}`, from('192.0.2.5', { method }), limited, createExecutionContext());
  expect(keys).toEqual(
    ['/samples', '/ws'].flatMap((path) => ['GET', 'GET', 'POST'].map((kind) => `${kind} ${path} 192.0.2.5`)),
  );
});

describe('nobody is refused', () => {
  /** The app with limiters of another kind. */
  const statusWith = async (limits: Partial<Bindings>, path: string): Promise<number> => {
    const app = createApp({
      settings: readSettings({ ...env }),
      clock: Date.now,
      keeper: realKeeper,
      cache: caches.default,
      fetch,
    });
    const context = createExecutionContext();
    const { TIMEKEEPER } = bindings;
    const response = await app.request(`${ORIGIN}${path}`, from('192.0.2.4'), { TIMEKEEPER, ...limits }, context);
    await waitOnExecutionContext(context);
    await expectDescribed('GET', path, response.clone());
    return response.status;
  };
  const failing: RateLimit = { limit: async () => Promise.reject(new Error('out of order')) };
  const strict: RateLimit = { limit: async () => ({ success: false }) };

  it.each([
    ['where no limiter is bound', {}, 200],
    ['where the limiter fails', { ANSWER_LIMIT: failing, CALL_LIMIT: failing }, 200],
    ['but where it says so', { ANSWER_LIMIT: strict, CALL_LIMIT: strict }, 429],
  ])('%s', async (_where, limits, status) => {
    for (const path of ['/samples', '/.well-known/jwks.json']) expect(await statusWith(limits, path)).toBe(status);
  });
});

describe('networkOf', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:DB8:0001:002a:ffff::', '2001:db8:1:2a::/64'],
    ['2001:db8::2:3:4:5:6', '2001:db8:0:2::/64'],
    ['::', '::/64'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
  ])('%s is of %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('is the same for all addresses of a /64, however they are written, and for no other', () =>
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        fc.pre(!one.includes('.') && !other.includes('.'));
        const [a, b] = [ipaddr.IPv6.parse(one), ipaddr.IPv6.parse(other)];
        expect(networkOf(one)).toBe(networkOf(a.toString()));
        expect(networkOf(one)).toBe(networkOf(a.toNormalizedString().toUpperCase()));
        expect(networkOf(one) === networkOf(other)).toBe(a.match(b, 64));
      }),
    ));

  it('is there for whatever the header says', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        expect(networkOf(header)).toBeTypeOf('string');
      }),
    ));
});

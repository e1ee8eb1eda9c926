/**
 * Whatever comes in: no answer is a fault of the edge, none says what the OpenAPI document does not (`edge.ts` looks at each),
 * and none says back what was put in.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { signJws } from '#contract/jws.ts';
import { encodeTimeSample } from '#contract/time-sample.ts';
import { base64url, fromBase64url, fromUtf8, utf8 } from '#contract/web-platform.ts';
import type { LogEntry } from '../../worker/keeper.ts';
import { OPERATIONS } from '../../worker/openapi/operations.ts';
import { createGateway, startIsolate } from './edge.ts';

const ask = startIsolate();
let gateway: Awaited<ReturnType<typeof createGateway>>;
beforeAll(async () => {
  gateway = await createGateway();
  for (let count = 0; count < 4; count++) expect((await gateway.post(ask)).status).toBe(200);
});

/** Of letters that stand in no nonce, t1 or id that is taken: those three come back. */
const MARKER = '<u>marked</u>';
const TRACE = /marked/i;

const ROUTES = Object.keys(OPERATIONS).map((route) => route.split(' ') as [method: string, path: string]);
const PATHS = [...new Set(ROUTES.map(([, path]) => path))];
const POSTED = ROUTES.flatMap(([method, path]) => (method === 'POST' ? [path] : []));
const near = fc.string({ unit: 'binary-ascii', maxLength: 12 });
const marked = fc.tuple(near, near).map(([before, after]) => `${before}${MARKER}${after}`);
const markedUri = marked.map(encodeURIComponent);

const expectNoFault = async (path: string, init?: RequestInit): Promise<Response> => {
  const response = await ask(path, init);
  expect(response.status).not.toBe(500);
  return response;
};
const expectNoTrace = async (path: string, init?: RequestInit): Promise<void> => {
  const response = await expectNoFault(path, init);
  expect(JSON.stringify([...response.headers])).not.toMatch(TRACE);
  if (!response.webSocket) expect(fromUtf8(new Uint8Array(await response.arrayBuffer())) ?? '').not.toMatch(TRACE);
};

describe('nothing of a request comes back', () => {
  it('of its path', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom('', ...PATHS), markedUri, (path, more) => expectNoTrace(`${path}/${more}`)),
    ));

  it('of its query, by name or value', () => {
    const name = fc.oneof(fc.constantFrom('nonce', 'format', 'limit', 'detail'), markedUri);
    return fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS), fc.array(fc.tuple(name, markedUri)), (path, query) =>
        expectNoTrace(`${path}?${query.map((pair) => pair.join('=')).join('&')}`),
      ),
      { numRuns: 200 },
    );
  });

  it('of its headers', () => {
    const names = ['Accept', 'Upgrade', 'Origin', 'Referer', 'User-Agent', 'Cookie', 'Authorization', 'Content-Type'];
    const more = ['CF-Connecting-IP', 'X-Forwarded-Host', 'Access-Control-Request-Headers', 'Sec-WebSocket-Protocol'];
    const name = fc.constantFrom(...names, ...more);
    const value = fc
      .tuple(fc.stringMatching(/^[\x20-\x7e]{0,12}$/), fc.constantFrom('', 'websocket', '*/*'))
      .map(([text, known]) => `${known}${text}${MARKER}`);
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS');
    return fc.assert(
      fc.asyncProperty(method, fc.constantFrom(...PATHS), fc.dictionary(name, value), (verb, path, headers) =>
        expectNoTrace(path, { method: verb, headers }),
      ),
      { numRuns: 300 },
    );
  });

  it.each(['PROPFIND', 'MKCOL', 'LOCK', 'REPORT', 'PURGE', 'UNSUBSCRIBE', 'SUBSCRIBE', 'PATCH', 'PUT', 'DELETE'])(
    'of its method: %s',
    async (method) => {
      for (const path of PATHS) {
        const response = await expectNoFault(`${path}?${MARKER}`, { method });
        expect(response.status).toBe(405);
        expect(response.headers.get('allow')).not.toContain(method);
        expect(await response.text()).not.toContain(method);
      }
    },
  );

  it('of its body', () => {
    const json = fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' });
    const call = fc.record({
      jsonrpc: fc.constantFrom('2.0', MARKER),
      id: fc.constantFrom(1, [MARKER]),
      method: marked,
    });
    const body = fc.oneof(
      marked,
      call.map((value) => JSON.stringify(value)),
      fc.tuple(marked, json).map(([name, value]) => JSON.stringify({ [name]: value })),
      fc
        .array(marked, { minLength: 3, maxLength: 3 })
        .map((parts) => parts.map((part) => base64url(utf8(part))).join('.')),
      fc.array(marked, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('.')),
    );
    return fc.assert(
      fc.asyncProperty(fc.constantFrom(...POSTED), body, (path, text) =>
        expectNoTrace(path, { method: 'POST', body: text.toWellFormed() }),
      ),
      { numRuns: 300 },
    );
  });

  it('but the id of a call, as JSON that no browser takes for a page', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: MARKER, method: 'timesync' });
    const response = await ask('/timesync', { method: 'POST', body });
    expect(await response.json()).toMatchObject({ id: MARKER });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('a signed sample', () => {
  const logged = async (): Promise<readonly LogEntry[]> => (await ask('/samples?limit=20')).json<LogEntry[]>();

  it('that is altered on its way is refused, and leaves nothing behind', async () => {
    const jws = await gateway.sign();
    const before = await logged();
    const place = fc.nat(jws.length - 1);
    const text = fc.string({ unit: 'binary', maxLength: 8 }).map((some) => some.toWellFormed());
    const altered = fc.oneof(
      fc.tuple(place, fc.nat(20), text).map(([at, gone, some]) => jws.slice(0, at) + some + jws.slice(at + gone)),
      fc.shuffledSubarray(jws.split('.')).map((parts) => parts.join('.')),
      place.map((at) => jws.slice(at)),
      text.map((some) => jws + some),
      fc.tuple(fc.nat(2), fc.nat(), fc.nat(7)).map(([which, index, bit]) => flip(jws, which, index, bit)),
    );
    await fc.assert(
      fc.asyncProperty(altered, async (body) => {
        fc.pre(body !== jws);
        const response = await expectNoFault('/samples', { method: 'POST', body });
        const { type } = await response.json<{ type: string }>();
        expect(type).toBeOneOf(
          ['malformed', 'unknown-key', 'bad-signature'].map((word) => `urn:noonmark:problem:${word}`),
        );
      }),
      { numRuns: 500 },
    );
    expect(await logged()).toEqual(before);
  });

  it('may say anything in its header', () => {
    const json = fc.jsonValue({ maxDepth: 2 });
    const header = fc.dictionary(fc.constantFrom('alg', 'typ', 'kid', 'crit', 'b64', 'jwk', 'x5c', 'toString'), json);
    return fc.assert(
      fc.asyncProperty(header, async (more) => {
        const body = await signJws('time-sample+jws', encodeTimeSample(gateway.make()), gateway.key, more);
        await expectNoFault('/samples', { method: 'POST', body });
      }),
    );
  });

  it('may bring any delegations and readings, at any depth', async () => {
    const [reading] = gateway.make().readings;
    const wanted = await gateway.delegate('A'.repeat(43));
    const json = fc.jsonValue({ maxDepth: 2 });
    const digits = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String);
    const value = fc.oneof(json, digits, fc.maxSafeInteger(), fc.double());
    const field = fc.constantFrom(...Object.keys(reading ?? {}), '__proto__');
    const bent = fc.tuple(field, value).map(([name, bad]) => ({ ...printable(reading), [name]: bad }));
    const readings = fc.oneof(json, fc.array(fc.oneof(bent, fc.constant(printable(reading)), json), { maxLength: 9 }));
    const letters = fc.tuple(fc.nat(wanted.length - 1), fc.string({ maxLength: 5 }));
    const delegation = fc.oneof(
      letters.map(([at, some]) => wanted.slice(0, at) + some + wanted.slice(at + some.length)),
      fc.constant(wanted),
      json,
    );
    const delegations = fc.oneof(json, fc.array(delegation, { maxLength: 4 }));
    let sequence = gateway.make().sequence;
    await fc.assert(
      fc.asyncProperty(readings, delegations, async (someReadings, someDelegations) => {
        const sample = { ...JSON.parse(encodeTimeSample(gateway.make({ sequence: ++sequence }))) };
        const payload = JSON.stringify({ ...sample, readings: someReadings, delegations: someDelegations });
        const body = await signJws('time-sample+jws', payload, gateway.key);
        await expectNoFault('/samples', { method: 'POST', body });
        await expectNoFault('/time?format=jws');
      }),
      { numRuns: 200 },
    );
  });
});

it('nothing of all this was a fault of the object', async () => {
  expect(await (await ask('/health')).json()).toMatchObject({
    objectFailures: 0,
    refusals: expect.not.objectContaining({ unexpected: expect.anything() }),
  });
});

/** Bigints as the digits that they are in JSON. */
const printable = (value: unknown): object =>
  JSON.parse(JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? `${member}` : member)));

const flip = (jws: string, which: number, index: number, bit: number): string =>
  jws
    .split('.')
    .map((part, i) => {
      const bytes = fromBase64url(part)!;
      if (i === which) bytes[index % bytes.length]! ^= 1 << bit;
      return base64url(bytes);
    })
    .join('.');

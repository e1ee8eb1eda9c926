import { exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { base64url } from '#contract/web-platform.ts';
import { createGateway, ORIGIN, realKeeper, startIsolate } from './edge.ts';

const ask = startIsolate();
const silent = startIsolate({
  keeper: () => ({ ...realKeeper(), knowledge: async () => Promise.reject(new Error('reset')) }),
});
let gateway: Awaited<ReturnType<typeof createGateway>>;

beforeAll(async () => {
  gateway = await createGateway();
  for (let count = 0; count < 2; count++) await gateway.post(ask);
});

const PATHS = [
  '/',
  '/time',
  '/.well-known/time',
  '/dash/xsdate',
  '/dash/iso',
  '/dash/ntp',
  '/dash/head',
  '/samples',
  '/health',
  '/keys',
  '/.well-known/jwks.json',
];

const expectHeaders = ({ headers }: Response) =>
  expect(Object.fromEntries(headers)).toMatchObject({
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
    'timing-allow-origin': '*',
    'access-control-expose-headers': expect.stringMatching(/Noonmark-Time/),
    'x-content-type-options': 'nosniff',
  });

describe('every path', () => {
  it.each(PATHS)('answers GET and HEAD: %s', async (path) => {
    for (const method of ['GET', 'HEAD']) {
      const response = await ask(path, { method });
      expect(response.status).toBe(path === '/.well-known/time' ? 204 : 200);
      expectHeaders(response);
    }
  });

  it.each(PATHS)('refuses other methods, and says which it knows: %s', async (path) => {
    const isPosted = ['/samples', '/keys'].includes(path);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', ...(isPosted ? [] : ['POST'])]) {
      const response = await ask(path, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe(isPosted ? 'GET, HEAD, POST' : 'GET, HEAD');
      expectHeaders(response);
      expect(await response.json()).toMatchObject({ type: 'urn:noonmark:problem:method-not-allowed' });
    }
  });

  it.each(['/times', '/time/', '/TIME', '/.well-known/', '/time/x', '//', '/%', '/%00', '/../etc/passwd', '/clock'])(
    'but no other: %s',
    async (path) => {
      for (const method of ['GET', 'POST']) {
        const response = await ask(path, { method });
        expect(response.status).toBe(404);
        expectHeaders(response);
        expect(await response.json()).toMatchObject({ type: 'urn:noonmark:problem:no-such-path', status: 404 });
      }
    },
  );

  it.each(['xml', '', 'JSON', 'JWS', 'json,text', '__proto__', 'toString'])('refuses ?format=%s', async (format) => {
    const response = await ask(`/time?format=${format}`);
    expect(response.status).toBe(406);
    expectHeaders(response);
    expect(await response.json()).toMatchObject({
      type: 'urn:noonmark:problem:not-acceptable',
      detail: expect.stringContaining('unix-ms'),
    });
  });

  it.each(['image/png', 'text/html', 'application/json;q=0', '*/*;q=0'])('refuses Accept: %s', async (accept) => {
    expect((await ask('/time', { headers: { accept } })).status).toBe(406);
  });

  it('takes no Accept apart that is longer than any', async () => {
    const accept = (ranges: number) => ({ headers: { accept: `*/*${',a/b'.repeat(ranges)}` } });
    expect((await ask('/time', accept(200))).status).toBe(200);
    expect((await ask('/time', accept(15_000))).status).toBe(406);
  });

  it.each(['short', 'A'.repeat(15), 'A'.repeat(65), 'has.a.dot.in.the.middle', `${'A'.repeat(16)}%0A`, ''])(
    'refuses ?nonce=%s',
    async (nonce) => {
      const response = await ask(`/time?nonce=${nonce}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        type: 'urn:noonmark:problem:malformed',
        detail: expect.stringMatching(/^nonce/),
      });
    },
  );

  it('tells nothing about a fault of its own but that it is one', async () => {
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    const broken = startIsolate({
      clock: () => {
        throw new Error('a secret of the inside');
      },
    });
    const response = await broken('/time');
    expect(response.status).toBe(500);
    expectHeaders(response);
    expect(await response.json()).toEqual({
      type: 'urn:noonmark:problem:unexpected',
      title: expect.any(String),
      status: 500,
    });
    expect(logged).toHaveBeenCalledOnce();
    logged.mockRestore();
  });
});

describe('no answer repeats what it does not have to', () => {
  const mark = 'REFLECTED';
  const jws = (header: object, payload: object) =>
    [header, payload].map((part) => base64url(new TextEncoder().encode(JSON.stringify(part)))).join('.');
  const call = { jsonrpc: '2.0', id: 1, method: 'timesync' };
  const post = (path: string, body: string): [string, RequestInit] => [path, { method: 'POST', body }];
  it.each<[path: string, init?: RequestInit]>([
    [`/${mark}`],
    [`/time/${mark}?${mark}=${mark}`],
    [`/time?format=${mark}`],
    [`/time?nonce=${mark}&${mark}=1`],
    [`/time?${mark}=${mark}`],
    [`/?${mark}=${mark}`],
    [`/samples?limit=${mark}`],
    [`/health?${mark}`],
    ['/time', { headers: { Accept: `text/${mark}` } }],
    ['/time', { headers: { Origin: `https://${mark}.test`, Referer: mark, Cookie: mark, [mark]: mark } }],
    ['/', { headers: { Origin: `https://${mark}.test`, Referer: mark, 'X-Forwarded-Host': mark, [mark]: mark } }],
    ['/ws', { headers: { Upgrade: mark } }],
    ['/timesync', { method: 'OPTIONS', headers: { 'Access-Control-Request-Headers': mark } }],
    [`/time?${mark}`, { method: 'PATCH', body: mark }],
    post('/timesync', mark),
    post('/timesync', JSON.stringify({ ...call, method: mark })),
    post('/timesync', JSON.stringify({ ...call, params: mark, [mark]: mark })),
    post('/samples', mark),
    post('/samples', `${jws({ alg: mark }, {})}.${mark}`),
    post('/samples', `${jws({ alg: 'EdDSA', typ: 'time-sample+jws', kid: mark }, {})}.${mark}`),
  ])('%s %j', async (path, init) => {
    const { headers, body } = await ask(path, init);
    const said = `${JSON.stringify([...headers])}${body ? await new Response(body).text() : ''}`;
    expect(said.toUpperCase()).not.toContain(mark);
  });

  it('nor do refused samples, whatever their fields say', async () => {
    for (const over of [{ gateway: mark }, { [mark]: mark, stratum: 99 }, { leap: mark }, { lineage: [mark, ''] }]) {
      const response = await ask('/samples', { method: 'POST', body: await gateway.sign(over as object) });
      expect(response.status).toBeOneOf([400, 401]);
      expect(await response.text()).not.toContain(mark);
    }
  });
});

describe('GET /health', () => {
  it('says how well the time is known, and what was refused', async () => {
    const isolate = startIsolate();
    for (const path of ['/nowhere', '/nowhere', '/time?format=xml']) await isolate(path);
    expect(await (await isolate('/health')).json()).toEqual({
      status: 'ok',
      uncertaintyMs: expect.any(Number),
      gateways: {
        'gw-1': {
          verdict: 'agrees',
          epoch: gateway.epoch,
          sequence: 1,
          sampleAgeMs: expect.any(Number),
          synchronized: true,
          bounds: 1,
          readingsRefused: 0,
        },
        'gw-2': { verdict: 'unheard' },
      },
      refusals: { 'no-such-path': 2, 'not-acceptable': 1 },
      delegationRefusals: {},
      contradictions: 0,
      objectFailures: 0,
      cache: {},
    });
  });

  it('is 503 where the time is not known', async () => {
    const response = await silent('/health');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      status: 'no-time',
      detail: 'no fresh sample',
      uncertaintyMs: null,
      objectFailures: 1,
    });
  });
});

describe('GET /', () => {
  it('shows the time and its bound to who has no script, and lets in nothing from elsewhere', async () => {
    const response = await ask('/');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    expect(page).toMatch(/<time id="now" datetime="20[^"]+Z">\d\d:\d\d:\d\d<\/time>/);
    expect(page).toMatch(/within <span id="bound">[\d.]+ ms</);
    expect(page).toContain('gw-1');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(policy).toContain("script-src 'self'; style-src 'self'; connect-src 'self';");
    // Nothing in the page is run or styled: what an attacker could put in, too.
    expect([...page.matchAll(/<(?:script|style)\b[^>]*>[^<]*/g)].map(([tag]) => tag)).toEqual([
      '<script type="module" src="/page.js">',
    ]);
    expect(page).not.toMatch(/\sstyle=|\son\w+=|\[object/);
    expect([...page.matchAll(/(?:src|href)="(?!\/|data:)/g)]).toEqual([]);
  });

  it.each(['client', 'a <b>\'quoted"</b>'])('takes nothing of the request for HTML: %s', async (text) => {
    const page = await (await ask(`/?${text}#${text}`, { headers: { 'User-Agent': text, Referer: text } })).text();
    expect(page).not.toContain('<b>');
  });

  it('says why, where the time is not known', async () => {
    const response = await silent('/');
    expect(response.status).toBe(503);
    const page = await response.text();
    expect(page).toContain('no fresh sample');
    expect(page).toContain('<script type="module" src="/page.js">'); // which tries on
  });
});

it('is what the Worker exports', async () => {
  const worker = (exports as unknown as { default: Fetcher }).default;
  const response = await worker.fetch(`${ORIGIN}/health`);
  expectHeaders(response);
  expect(await response.json()).toMatchObject({ gateways: { 'gw-1': {} } });
});

describe('no request is answered with a fault of the edge', () => {
  const noFault = async (path: string, init?: RequestInit): Promise<void> => {
    const response = await ask(path, init);
    expect(response.status).not.toBe(500);
    expectHeaders(response);
    if (response.status >= 400 && response.status !== 503 && init?.method !== 'HEAD')
      expect(await response.json()).toMatchObject({
        type: expect.stringMatching(/^urn:noonmark:problem:[a-z-]+$/),
        status: response.status,
      });
  };
  const bytes = fc.uint8Array({ maxLength: 200 });
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE');
  const text = fc.string({ unit: 'binary', maxLength: 80 });

  it('whatever the path and the query', () =>
    fc.assert(
      fc.asyncProperty(
        method,
        fc.constantFrom(...PATHS, '/timesync'),
        text,
        fc.webQueryParameters(),
        (verb, path, more, query) =>
          noFault(
            `${path}${encodeURI(more.toWellFormed())}?${query}&nonce=${encodeURIComponent(more.toWellFormed())}`,
            {
              method: verb,
            },
          ),
      ),
      { numRuns: 300 },
    ));

  it.each(['/time?nonce=%', '/time?format=%E0%A4%A', '/%E0%A4%A', '/time?&&=&?', '/samples?limit=%FF'])(
    'whatever is not even encoded: %s',
    (path) => noFault(path),
  );

  it('whatever the query of /time', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom('format', 'nonce', 'limit'), text, (name, value) =>
        noFault(`/time?${name}=${encodeURIComponent(value.toWellFormed())}`),
      ),
      { numRuns: 200 },
    ));

  it('whatever Accept says', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.stringMatching(/^[\x20-\x7e]{0,80}$/),
          fc.stringMatching(/^([a-z*]+\/[a-z*]+(;q=[\d.e-]{1,6})?, ?){1,4}$/),
        ),
        (accept) => noFault('/time', { headers: { accept } }),
      ),
      { numRuns: 300 },
    ));

  it('whatever the body', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          bytes,
          fc.array(bytes, { minLength: 3, maxLength: 3 }).map((parts) => parts.map(base64url).join('.')),
        ),
        (body) => noFault('/samples', { method: 'POST', body }),
      ),
      { numRuns: 300 },
    ));

  it('whatever is asked of /timesync', () => {
    const json = fc.jsonValue({ maxDepth: 2 });
    const call = fc.record(
      {
        jsonrpc: fc.oneof(fc.constant('2.0'), json),
        id: json,
        method: fc.oneof(fc.constant('timesync'), json),
        params: json,
        ['__proto__']: json,
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      bytes,
      text.map((t) => t.toWellFormed()),
      fc.oneof(call, fc.array(call, { maxLength: 3 })).map((value) => JSON.stringify(value)),
    );
    const type = fc.constantFrom('application/json', 'text/plain', 'application/json; charset=utf-16');
    return fc.assert(
      fc.asyncProperty(body, type, fc.webQueryParameters(), (content, contentType, query) =>
        noFault(`/timesync?${query}`, { method: 'POST', body: content, headers: { 'content-type': contentType } }),
      ),
      { numRuns: 300 },
    );
  });

  it('whatever the header and the payload, signed or not', async () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const header = fc.record(
      {
        alg: fc.oneof(fc.constantFrom('EdDSA', 'none', 'HS256'), json),
        typ: fc.oneof(fc.constant('time-sample+jws'), json),
        kid: fc.oneof(fc.constant(gateway.key.id), json),
        crit: json,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(header, json, async (head, payload) => {
        const signed = [head, payload]
          .map((part) => base64url(new TextEncoder().encode(JSON.stringify(part))))
          .join('.');
        const signature = await crypto.subtle.sign(
          { name: 'Ed25519' },
          gateway.key.privateKey as CryptoKey,
          new TextEncoder().encode(signed),
        );
        await noFault('/samples', { method: 'POST', body: `${signed}.${base64url(new Uint8Array(signature))}` });
      }),
      { numRuns: 200 },
    );
  });

  it('whatever one field of a signed sample says', async () => {
    const sample = gateway.make();
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.bigInt({ min: -1n, max: 2n ** 70n }).map(String),
      fc.maxSafeInteger(),
      fc.double(),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(sample)),
        value,
        fc.maxSafeNat(),
        async (name, changed, sequence) => {
          const jws = await gateway.sign({ sequence, [name]: changed });
          await noFault('/samples', { method: 'POST', body: jws });
          await noFault('/time');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('nor one that the object failed at', async () => {
    expect(await (await ask('/health')).json()).toMatchObject({
      objectFailures: 0,
      refusals: expect.not.objectContaining({ unexpected: expect.anything() }),
    });
  });
});

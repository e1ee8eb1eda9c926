import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TimeAnswer } from '#contract/time-answer.ts';
import { createGateway, realKeeper, startIsolate } from './edge.ts';
import { expectBudget, uncertaintyBesides } from './expect-budget.ts';

const NONCE = 'bm9vbm1hcmstbm9uY2U';
const ask = startIsolate();

beforeAll(async () => {
  const gateway = await createGateway();
  for (let count = 0; count < 3; count++) expect((await gateway.post(ask)).status).toBe(200);
});

describe('GET /time', () => {
  it('says what time it is, within what, and who says so', async () => {
    const before = Date.now();
    const response = await ask(`/time?nonce=${NONCE}&detail`);
    const after = Date.now() + 1;
    expect(response.headers.get('content-type')).toBe('application/json');
    const answer = await response.json<TimeAnswer>();
    expect(answer.earliestUnixMs).toBeLessThanOrEqual(after);
    expect(answer.latestUnixMs).toBeGreaterThanOrEqual(before);
    expect(answer.unixMs).toBeGreaterThanOrEqual(answer.earliestUnixMs);
    expect(answer.unixMs).toBeLessThanOrEqual(answer.latestUnixMs);
    expect(uncertaintyBesides(answer)).toBeLessThan(50);
    expect(Date.parse(answer.time)).toBe(Math.floor(answer.unixMs));
    expect(answer).toMatchObject({
      gateway: 'gw-1',
      stratum: 4,
      synchronized: true,
      leap: 'none',
      taiOffsetSeconds: 37,
      nonce: NONCE,
    });
    expect(answer.sampleAgeMs).toBeLessThan(10_000);
  });

  it('gives each who asks in one ms his own nonce, and none to who sent none', async () => {
    let still: number | undefined;
    const askInOneMs = startIsolate({ clock: () => still ?? Date.now() });
    expect((await askInOneMs('/time')).status).toBe(200);
    still = Date.now();
    for (const detailed of [false, true])
      for (const nonce of [NONCE, undefined, '-_-_-_-_-_-_-_-_', undefined]) {
        const query = `${nonce ? `nonce=${nonce}` : ''}${detailed ? '&detail' : ''}`;
        const answer = await (await askInOneMs(`/time?${query}`)).json<TimeAnswer>();
        expect([answer.nonce, 'budget' in answer]).toEqual([nonce, detailed]);
      }
  });

  it.each(['?detail', '?detail=1', '?detail=&format=json', '?detail=0&detail'])(
    'of what the width is made: %s',
    async (query) => {
      const answer = await (await ask(`/time${query}`)).json<TimeAnswer>();
      expectBudget(answer);
      expect(answer.budget).toMatchObject({ earliestBy: 'gw-1', latestBy: 'gw-1' });
    },
  );

  it('says that only where it is asked, and where it has a place', async () => {
    expect(await (await ask('/time?details')).json()).not.toHaveProperty('budget');
    expect(await (await ask('/time?format=unix&detail')).text()).toMatch(/^\d{10}\.\d{6}\n$/);
  });

  it.each([
    ['text', /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\n$/],
    ['unix', /^\d{10}\.\d{6}\n$/],
    ['unix-ms', /^\d{13}\.\d{3}\n$/],
  ])('as %s', async (format, form) => {
    const response = await ask(`/time?format=${format}`);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toMatch(form);
  });

  it.each(['json', 'text', 'unix', 'unix-ms'])('never without its bound: %s', async (format) => {
    const { headers } = await ask(`/time?format=${format}`);
    const [time, earliest, latest] =
      /^time=(\d+\.\d{3}), earliest=(\d+\.\d{3}), latest=(\d+\.\d{3})$/
        .exec(headers.get('noonmark-time') ?? '')
        ?.slice(1)
        .map(Number) ?? [];
    expect(earliest).toBeLessThanOrEqual(time ?? Number.NaN);
    expect(latest).toBeGreaterThanOrEqual(time ?? Number.NaN);
  });

  it('nor does the page for people', async () => {
    const { status, headers } = await ask('/');
    expect(status).toBe(200);
    expect(headers.get('noonmark-time')).toMatch(/^time=\d+\.\d{3}, earliest=\d+\.\d{3}, latest=\d+\.\d{3}$/);
  });

  it.each([
    ['*/*', 'application/json'],
    ['', 'application/json'],
    ['application/json', 'application/json'],
    ['APPLICATION/JSON;charset=utf-8', 'application/json'],
    ['text/plain', 'text/plain; charset=utf-8'],
    ['text/*;q=0.9, application/json;q=0.8', 'text/plain; charset=utf-8'],
    ['text/plain;q=0.5, application/json;q=0.5', 'application/json'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/json'],
    ['application/json;q=0, */*', 'text/plain; charset=utf-8'],
  ])('by Accept: %s', async (accept, type) => {
    expect((await ask('/time', { headers: { accept } })).headers.get('content-type')).toBe(type);
  });

  it('prefers ?format= over Accept', async () => {
    const response = await ask('/time?format=json', { headers: { accept: 'image/png' } });
    expect(response.headers.get('content-type')).toBe('application/json');
  });

  it('HEAD says the same in headers alone', async () => {
    const response = await ask('/time', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('noonmark-time')).toMatch(/^time=/);
    expect(await response.text()).toBe('');
  });
});

describe('an isolate', () => {
  it('that took no reading itself answers too, and a little wider', async () => {
    const answer = await (await startIsolate()('/time?detail')).json<TimeAnswer>();
    expect(answer.gateway).toBe('gw-1');
    expect(uncertaintyBesides(answer)).toBeLessThan(70);
  });

  it('with "measured" takes nothing for granted', async () => {
    const response = await startIsolate({ variables: { EDGE_SPREAD_MS: 'measured' } })('/time?detail');
    expect(response.status).toBe(200);
    const answer = await response.json<TimeAnswer>();
    expect(answer.budget?.parts.find(({ part }) => part === 'spread')).toMatchObject({ ms: 0 });
    expect(uncertaintyBesides(answer)).toBeLessThan(70);
  });

  it('does not tell a time older than MAX_SAMPLE_AGE_S', async () => {
    let ahead = 0;
    const isolate = startIsolate({ clock: () => Date.now() + ahead, variables: { REFRESH_S: 86_400 } });
    expect((await isolate('/time')).status).toBe(200);
    ahead = 290_000;
    expect((await isolate('/time')).status).toBe(200);
    ahead = 301_000;
    const response = await isolate('/time');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({ type: 'urn:noonmark:problem:no-time', detail: 'no fresh sample' });
  });

  it('does not tell a time wider than MAX_UNCERTAINTY_MS', async () => {
    const response = await startIsolate({ variables: { MAX_UNCERTAINTY_MS: 1 } })('/time');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      type: 'urn:noonmark:problem:no-time',
      detail: 'the bound is too wide',
    });
  });

  it('asks the object once for many requests, and again when REFRESH_S have passed', async () => {
    let calls = 0;
    let ahead = 0;
    const keeper = () => ({
      ...realKeeper(),
      knowledge: () => {
        calls++;
        return realKeeper().knowledge();
      },
    });
    const isolate = startIsolate({ keeper, clock: () => Date.now() + ahead });
    const answers = await Promise.all(Array.from({ length: 20 }, () => isolate('/time')));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(calls).toBe(1);
    ahead = 31_000;
    await isolate('/time');
    await isolate('/time');
    expect(calls).toBe(2);
  });

  it('lives on what it knows while the object fails, asks it once a second while it knows nothing', async () => {
    let failing = false;
    let calls = 0;
    let ahead = 0;
    const keeper = () => ({
      ...realKeeper(),
      knowledge: () => {
        calls++;
        return failing ? Promise.reject(new Error('object reset')) : realKeeper().knowledge();
      },
    });
    const options = { keeper, clock: () => Date.now() + ahead };
    const knowing = startIsolate(options);
    expect((await knowing('/time')).status).toBe(200);
    failing = true;
    ahead = 50_000;
    expect((await knowing('/time')).status).toBe(200);
    expect(await (await knowing('/health')).json()).toMatchObject({ status: 'ok', objectFailures: 1 });

    calls = 0;
    ahead = 60_000;
    // Its clock is a minute ahead of the others by now: only what was measured tells it the time.
    const unknowing = startIsolate({ ...options, variables: { EDGE_SPREAD_MS: 'measured' } });
    for (let count = 0; count < 5; count++) expect((await unknowing('/time')).status).toBe(503);
    expect(calls).toBe(1);
    ahead += 1_000;
    failing = false;
    expect((await unknowing('/time')).status).toBe(200);
    expect(calls).toBe(2);
  });

  it('says nothing when what it is told cannot be true, and counts it', async () => {
    const knowledge = await realKeeper().knowledge();
    const [kept] = knowledge.gateways;
    const bound = kept?.bounds[0];
    if (!kept || !bound) throw new Error('nothing kept');
    const off = {
      ...bound,
      earliest: bound.earliest + 10n ** 9n,
      estimate: bound.estimate + 10n ** 9n,
      latest: bound.latest + 10n ** 9n,
    };
    const gateways = [{ ...kept, bounds: [bound, off as typeof bound] }];
    const broken = async () => ({ ...knowledge, objectUnixMs: Date.now(), gateways });
    const isolate = startIsolate({ keeper: () => ({ ...realKeeper(), knowledge: broken }) });
    const response = await isolate('/time');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: 'contradicts itself: gw-1' });
    const health = await isolate('/health');
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({ status: 'no-time', contradictions: 1, refusals: { 'no-time': 1 } });
  });
});

it('runs with the settings that this suite gives it', () => {
  expect(Object.keys((env as unknown as { GATEWAY_KEYS: object }).GATEWAY_KEYS)).toEqual(['gw-1', 'gw-2']);
});

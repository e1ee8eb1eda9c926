/** Every word with which this edge refuses, one row each: its status, its headers, its body. A word without a row does not compile. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MAX_SAMPLE_BYTES } from '#contract/signed-sample.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import type { Problem } from '../../worker/problem.ts';
import { type Ask, createGateway, millis, ORIGIN, realKeeper, startIsolate } from './edge.ts';
import { ANSWERS_PER_MINUTE } from './variables.ts';

const reset = async () => Promise.reject(new Error('reset'));
const clock = { fails: false };
const isolate = startIsolate({
  clock: () => {
    if (clock.fails) throw new Error('a secret of the inside');
    return Date.now();
  },
});
const forsaken = startIsolate({ keeper: () => ({ ...realKeeper(), knowledge: reset, log: reset }) });

let gateway: Awaited<ReturnType<typeof createGateway>>;
beforeAll(async () => {
  gateway = await createGateway();
  for (let count = 0; count < 2; count++) expect((await gateway.post(isolate)).status).toBe(200);
});

/** Whatever is not told is in no row. */
type Row = {
  readonly status: number;
  readonly ask: () => Promise<Response>;
  readonly detail?: string;
  /** Where the gateway stands, for one that comes back with an old state. */
  readonly tellsPlace?: boolean;
  readonly headers?: Readonly<Partial<Record<'allow' | 'retry-after' | 'upgrade', string>>>;
  /** Who answers, and counts. */
  readonly by?: Ask;
};

const post = (body: string) => isolate('/samples', { method: 'POST', body });
const postSigned = async (over: Partial<TimeSample>) => post(await gateway.sign(over));
const HOUR = 3_600_000;
const off = (ms: number): Partial<TimeSample> => {
  const told = millis(Date.now() + ms);
  return {
    estimateUnixNs: told,
    earliestUnixNs: told,
    latestUnixNs: told,
    validFromUnixNs: told,
    validUntilUnixNs: told,
  };
};
const byNobody = async (): Promise<string> => {
  const [, ...signed] = (await gateway.sign()).split('.');
  return [btoa('{"alg":"EdDSA","typ":"time-sample+jws","kid":"nobody"}').replace(/=+$/, ''), ...signed].join('.');
};
const withOtherSignature = async (): Promise<string> => {
  const [one, other] = [await gateway.sign(), await gateway.sign({ sequence: 99 })];
  return `${one.slice(0, one.lastIndexOf('.'))}${other.slice(other.lastIndexOf('.'))}`;
};
const untilLimited = async (): Promise<Response> => {
  for (let asked = 0; asked <= 2 * ANSWERS_PER_MINUTE; asked++) {
    const response = await isolate('/nowhere', { headers: { 'CF-Connecting-IP': '198.51.100.7' } });
    if (response.status !== 404) return response;
  }
  throw new Error('never limited');
};

const ROWS: Readonly<Record<Problem, Row>> = {
  malformed: {
    status: 400,
    ask: () => isolate('/time?nonce=short'),
    detail: 'nonce: expected 16 to 64 characters of base64url',
  },
  'unknown-key': { status: 401, ask: async () => post(await byNobody()) },
  'bad-signature': { status: 401, ask: async () => post(await withOtherSignature()) },
  'wrong-audience': { status: 401, ask: () => postSigned({ aud: 'https://time.example.org' }) },
  'no-such-path': { status: 404, ask: () => isolate('/times') },
  'method-not-allowed': {
    status: 405,
    ask: () => isolate('/samples', { method: 'PUT' }),
    headers: { allow: 'GET, HEAD, POST' },
  },
  'not-acceptable': {
    status: 406,
    ask: () => isolate('/time', { headers: { accept: 'image/png' } }),
    detail: 'format: expected json, text, unix, unix-ms, jws',
  },
  replayed: { status: 409, ask: () => postSigned({ sequence: 1 }), tellsPlace: true },
  forked: { status: 409, ask: () => postSigned({ previousSha256: 'A'.repeat(43) }), tellsPlace: true },
  loop: { status: 409, ask: () => postSigned({ lineage: [ORIGIN, 'gw-1'] }), tellsPlace: true },
  'too-large': { status: 413, ask: () => post('a'.repeat(MAX_SAMPLE_BYTES + 1)) },
  stale: { status: 422, ask: () => postSigned(off(-HOUR)) },
  future: { status: 422, ask: () => postSigned(off(HOUR)) },
  'upgrade-required': { status: 426, ask: () => isolate('/ws'), headers: { upgrade: 'websocket' } },
  'too-many-requests': { status: 429, ask: untilLimited, headers: { 'retry-after': '60' } },
  unexpected: {
    status: 500,
    ask: async () => {
      clock.fails = true;
      return isolate('/time').finally(() => {
        clock.fails = false;
      });
    },
  },
  'no-time': {
    status: 503,
    ask: () => forsaken('/time'),
    detail: 'no fresh sample',
    headers: { 'retry-after': '2' },
    by: forsaken,
  },
  unavailable: { status: 503, ask: () => forsaken('/samples'), headers: { 'retry-after': '2' }, by: forsaken },
};

describe('a refusal is one word', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each(Object.entries(ROWS))('%s', async (word, { status, ask, detail, tellsPlace, headers = {}, by = isolate }) => {
    const counted = async (): Promise<number> => {
      const health = await (await by('/health')).json<{ refusals: Record<string, number> }>();
      return health.refusals[word] ?? 0;
    };
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    const before = await counted();
    const response = await ask();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('noonmark-time')).toBeNull();
    const told = ['allow', 'retry-after', 'upgrade'].flatMap((name) => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    expect(Object.fromEntries(told)).toEqual(headers);
    expect(await response.json()).toEqual({
      type: `urn:noonmark:problem:${word}`,
      title: expect.stringMatching(/^[A-Z][^\n]+\.$/),
      status,
      ...(detail !== undefined && { detail }),
      ...(tellsPlace && { epoch: gateway.epoch, sequence: 1 }),
    });
    expect(await counted()).toBe(before + 1);
    expect(logged).toHaveBeenCalledTimes(word === 'unexpected' ? 1 : 0);
  });
});

/** An isolate that asks gateways itself: the real app, and gateways that sign with real keys. */
import { beforeEach, describe, expect, it } from 'vitest';
import { signJws } from '#contract/jws.ts';
import { MAX_PULLED_LENGTH, type PulledTime, signPulledTime } from '#contract/pulled-time.ts';
import { refuse } from '#contract/result.ts';
import { createAskGateway, LONGEST_WAIT_MS } from '../../worker/pull.ts';
import { openTold, sealTold } from '../../worker/told.ts';
import { exampleEdgeKey } from '../contract/example.ts';
import { createGateway, millis, ORIGIN, realKeeper, startIsolate } from './edge.ts';
import { PRIVATE_KEYS } from './variables.ts';

const PULL_URL = 'https://gw-1.test';
const REFRESH_MS = 30_000;

type Gateway = Awaited<ReturnType<typeof createGateway>>;
type Health = {
  gateways: Record<string, { verdict: string; bounds?: number; pulls?: { bounds: number; failures: object } }>;
};

/** All clocks of the edge go ahead together. */
let ahead = 0;
beforeEach(() => {
  ahead = 0;
});

/** Posts go through an isolate of another location. */
const elsewhere = startIsolate({ cache: { match: async () => undefined, put: async () => {} } as unknown as Cache });
const published = async (name: 'gw-1' | 'gw-2' = 'gw-1', pullUrl = PULL_URL): Promise<Gateway> => {
  const gateway = await createGateway(name);
  for (let count = 0; count < 3; count++) expect((await gateway.post(elsewhere, { pullUrl })).status).toBe(200);
  return gateway;
};

type Answer = (question: URL, gateway: Gateway) => Promise<Response> | Response;
const jose = (jws: string): Response => new Response(jws, { headers: { 'Content-Type': 'application/jose' } });

/** What a gateway whose clock is this machine's says. */
const wordOf = ({ epoch }: Gateway, question: URL, over: Partial<PulledTime> = {}): PulledTime => {
  const now = Date.now();
  return {
    version: 1,
    gateway: 'gw-1',
    aud: question.searchParams.get('aud') ?? '',
    nonce: question.searchParams.get('nonce') ?? '',
    epoch,
    synchronized: true,
    estimateUnixNs: millis(now + 0.5),
    earliestUnixNs: millis(now),
    latestUnixNs: millis(now + 1),
    leap: 'none',
    lineage: [over.gateway ?? 'gw-1'],
    ...over,
  };
};
const sign = (question: URL, gateway: Gateway, over?: Partial<PulledTime>): Promise<string> =>
  signPulledTime(wordOf(gateway, question, over), gateway.key);
const honest = async (question: URL, gateway: Gateway, over?: Partial<PulledTime>): Promise<Response> =>
  jose(await sign(question, gateway, over));

const ALONE = { 'gw-1': PRIVATE_KEYS['gw-1'].x };

/** An isolate whose network has one gateway in it. */
const start = (gateway: Gateway, answer: Answer = honest, variables = {}, clock = () => Date.now() + ahead) => {
  const asked: { url: URL; init: RequestInit }[] = [];
  const ask = startIsolate({
    variables: { GATEWAY_KEYS: ALONE, EDGE_SPREAD_MS: 0, OBJECT_LAG_MS: 0, ...variables },
    clock,
    fetch: async (url, init) => {
      asked.push({ url: new URL(url), init });
      return answer(new URL(url), gateway);
    },
    keeper: () => ({
      ...realKeeper(),
      knowledge: async () => {
        const known = await realKeeper().knowledge();
        return { ...known, objectUnixMs: known.objectUnixMs + ahead };
      },
    }),
  });
  const health = async () => (await (await ask('/health')).json<Health>()).gateways['gw-1']!;
  return { ask, asked, health };
};

describe('an isolate', () => {
  it('asks a gateway where its newest sample says so, once in REFRESH_S', async () => {
    const gateway = await published();
    const { ask, asked, health } = start(gateway);
    for (let count = 0; count < 3; count++) expect((await ask('/time')).status).toBe(200);
    expect(asked).toHaveLength(1);
    const { url, init } = asked[0]!;
    expect(url.origin + url.pathname).toBe(`${PULL_URL}/pulled-time`);
    expect([...url.searchParams]).toEqual([
      ['aud', ORIGIN],
      ['nonce', expect.stringMatching(/^[\w-]{22}$/)],
    ]);
    expect(init).toEqual({
      headers: { Accept: 'application/jose' },
      redirect: 'manual',
      signal: expect.any(AbortSignal),
    });
    expect(await health()).toMatchObject({ verdict: 'agrees', pulls: { bounds: 1, failures: {} } });

    ahead += REFRESH_MS;
    await ask('/time');
    expect(asked).toHaveLength(2);
    expect(asked[1]!.url.searchParams.get('nonce')).not.toBe(url.searchParams.get('nonce'));
    expect((await health()).pulls).toEqual({ bounds: 2, failures: {} });
  });

  it('answers by that alone, where no other way leads to a clock that was read', async () => {
    const gateway = await published();
    const clock = () => Date.now() + 5_000; // where nothing is assumed, clocks may be anywhere
    const lonely = { GATEWAY_KEYS: ALONE, EDGE_SPREAD_MS: 'measured' };
    const known = await realKeeper().knowledge();
    const inAnotherLife = {
      ...realKeeper(),
      knowledge: async () => ({ ...known, object: 'o', objectUnixMs: Date.now() }),
    };
    const untimed = startIsolate({ variables: lonely, clock, keeper: () => inAnotherLife });
    expect(await (await untimed('/time')).json()).toMatchObject({ detail: '0 of 1 gateways have timed this edge' });

    const ask = startIsolate({
      variables: lonely,
      clock,
      keeper: () => inAnotherLife,
      fetch: async (url) => honest(new URL(url), gateway),
    });
    const before = Date.now();
    const answer = await (await ask('/time?detail')).json<{ earliestUnixMs: number; latestUnixMs: number }>();
    const after = Date.now();
    expect(answer.earliestUnixMs).toBeLessThanOrEqual(after + 1);
    expect(answer.latestUnixMs).toBeGreaterThanOrEqual(before);
  });

  it('asks nobody whose samples do not say so, or have grown old', async () => {
    const gateway = await createGateway();
    for (let count = 0; count < 3; count++) await gateway.post(elsewhere);
    const without = start(gateway);
    expect((await without.ask('/time')).status).toBe(200);
    expect(without.asked).toEqual([]);
    expect(await without.health()).not.toHaveProperty('pulls');

    const other = await published();
    ahead = 301_000;
    const late = start(other);
    expect((await late.ask('/time')).status).toBe(503);
    expect(late.asked).toEqual([]);
  });

  it('keeps the last few answers, and none longer than samples', async () => {
    const gateway = await published();
    const { ask, health } = start(gateway, honest, { EDGE_SPREAD_MS: 'measured', MAX_SAMPLE_AGE_S: 100 });
    const bounds: (number | undefined)[] = [];
    for (; ahead <= 90_000; ahead += REFRESH_MS) {
      await ask('/time');
      bounds.push((await health()).pulls?.bounds);
    }
    expect(bounds).toEqual([1, 2, 3, 4]);
  });
});

describe('an answer that proves nothing', () => {
  const stranger = async (question: URL, gateway: Gateway): Promise<Response> =>
    jose(await signPulledTime(wordOf(gateway, question), await exampleEdgeKey()));
  const altered = async (question: URL, gateway: Gateway): Promise<Response> =>
    jose(`${(await sign(question, gateway)).slice(0, -10)}AAAAAAAAAA`);
  let kept: string | undefined;
  const replayed = async (question: URL, gateway: Gateway): Promise<Response> => {
    kept ??= await sign(question, gateway, { nonce: 'n'.repeat(22) });
    return jose(kept);
  };
  const broken = (): Response =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.error(new Error('reset')),
      }),
    );

  it.each<[word: string, name: string, answer: Answer]>([
    ['unreachable', 'none at all', () => Promise.reject(new Error('network'))],
    ['unreachable', 'half of one', broken],
    ['refused', 'a page elsewhere', () => Response.redirect('https://elsewhere.test/')],
    ['refused', 'no such page', () => new Response('<html>', { status: 404 })],
    ['refused', 'of a gateway that does not know the time', () => new Response('{}', { status: 503 })],
    ['refused', 'no content', () => new Response(null, { status: 204 })],
    ['too-large', 'without an end', () => new Response('a'.repeat(MAX_PULLED_LENGTH + 1))],
    ['malformed', 'HTML', () => new Response('<html>')],
    ['malformed', 'nothing', () => new Response('')],
    ['malformed', 'no UTF-8', () => new Response(new Uint8Array([0xff, 0xfe]))],
    [
      'malformed',
      'what was signed for another purpose',
      async (question, gateway) => jose(await signJws('time-sample+jws', JSON.stringify(question), gateway.key)),
    ],
    ['unknown-key', 'a stranger’s', stranger],
    ['bad-signature', 'altered', altered],
    ['wrong-audience', 'to another edge', (question, gateway) => honest(question, gateway, { aud: 'https://a.test' })],
    ['wrong-nonce', 'to another question', replayed],
    [
      'loop',
      'of a time that came through this edge',
      (question, gateway) => honest(question, gateway, { lineage: [ORIGIN, 'gw-1'] }),
    ],
  ])('is counted as %s: %s', async (word, _name, answer) => {
    const { ask, asked, health } = start(await published(), answer);
    expect((await ask('/time')).status).toBe(200);
    expect(asked).toHaveLength(1);
    expect(await health()).toMatchObject({ verdict: 'agrees', pulls: { bounds: 0, failures: { [word]: 1 } } });
  });

  it('is counted as unknown-key where it is another gateway’s', async () => {
    const gateway = await published();
    const second = await published('gw-2', 'https://gw-2.test');
    const { ask, health } = start(gateway, (question) => honest(question, second, { gateway: 'gw-2' }), {
      GATEWAY_KEYS: { ...ALONE, 'gw-2': PRIVATE_KEYS['gw-2'].x },
    });
    expect((await ask('/time')).status).toBe(200);
    expect((await health()).pulls).toEqual({ bounds: 0, failures: { 'unknown-key': 1 } });
  });

  it.each([-900, -5_000, 70_000])('is counted as clock-jumped where ours did meanwhile, by %i ms', async (ms) => {
    const gateway = await published();
    let isAsked = (): void => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slowly: Answer = async (question, from) => {
      isAsked();
      await answered;
      return honest(question, from);
    };
    const { ask, health } = start(gateway, slowly, { EDGE_SPREAD_MS: 'measured' });
    const first = ask('/time');
    await asked;
    ahead += ms;
    const other = ask('/time'); // by which a jump of more than a second is seen
    await realKeeper().knowledge();
    answer();
    await Promise.all([first, other]);
    expect((await health()).pulls?.failures).toEqual({ 'clock-jumped': 1 });
  });

  it('is one of another epoch than that of the newest sample', async () => {
    const gateway = await published();
    const { ask, health } = start(gateway, (question, asked) => honest(question, asked, { epoch: gateway.epoch + 1 }));
    expect((await ask('/time')).status).toBe(200);
    expect((await health()).pulls).toEqual({ bounds: 0, failures: {} });
  });
});

describe('an answer that excludes what the gateway has said otherwise', () => {
  it('leaves no time to tell', async () => {
    const gateway = await published();
    const off: Answer = (question, asked) => {
      const now = Date.now() + 5_000;
      const said = { earliestUnixNs: millis(now), estimateUnixNs: millis(now), latestUnixNs: millis(now + 1) };
      return honest(question, asked, said);
    };
    const { ask, health } = start(gateway, off);
    await ask('/time');
    expect((await ask('/time')).status).toBe(503);
    expect((await health()).verdict).toBe('contradicts-itself');
  });
});

describe('a gateway that does not answer', () => {
  it('is given up after two seconds', async () => {
    const asked = Date.now();
    const ask = createAskGateway({
      fetch: (_url, { signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      nonce: () => 'n'.repeat(22),
      gatewayKeys: async () => new Map(),
    });
    expect(await ask('gw-1', { url: PULL_URL, aud: ORIGIN })).toEqual(refuse('unreachable'));
    expect(Date.now() - asked).toBeGreaterThanOrEqual(LONGEST_WAIT_MS - 50);
  });
});

describe('where a gateway can be asked', () => {
  it('is handed on with all else that is kept of it', async () => {
    await published();
    const known = await realKeeper().knowledge();
    const kept = known.gateways.find(({ gateway }) => gateway === 'gw-1');
    expect(kept?.pull).toEqual({ url: PULL_URL, aud: ORIGIN });
    const opened = await openTold(await sealTold(known, known.cacheSecret), known.cacheSecret);
    expect(opened.ok && opened.value.gateways).toEqual(known.gateways);
  });

  it('is forgotten when samples no longer say so', async () => {
    const gateway = await published();
    await gateway.post(elsewhere);
    expect((await realKeeper().knowledge()).gateways.find(({ gateway }) => gateway === 'gw-1')).not.toHaveProperty(
      'pull',
    );
  });
});

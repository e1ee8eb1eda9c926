/** `POST /roughtime` by the real object and gateways that vouch for its keys; verified as a client would. */
import { exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Delegation } from '#contract/delegation.ts';
import { certifyDelegation, type EdgeCertificates } from '#contract/edge-certificates.ts';
import { contains } from '#contract/interval.ts';
import { refuse } from '#contract/result.ts';
import { MAX_PACKET_BYTES } from '#contract/roughtime/packet.ts';
import { MIN_REQUEST_BYTES, makeRequest, serverId } from '#contract/roughtime/request.ts';
import { decodeResponse, decodeSignedTime } from '#contract/roughtime/response.ts';
import { intervalOf } from '#contract/roughtime/rough-time.ts';
import { decodeServerList } from '#contract/roughtime/server-list.ts';
import { verifyResponse } from '#contract/roughtime/verification.ts';
import { DRAFT, VERSION_1 } from '#contract/roughtime/versions.ts';
import { after, type Nanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import type { Answer } from '#contract/time-answer.ts';
import { type Bytes, fromBase64url } from '#contract/web-platform.ts';
import type { EdgeKeys, KeptDelegation } from '../../worker/edge-keys.ts';
import type { Knowledge } from '../../worker/keeper.ts';
import { roughTimeOf } from '../../worker/roughtime.ts';
import { exampleAnswer } from '../contract/example.ts';
import { longTermKey as foreignKey, forgeRequest, packet, words } from '../contract/roughtime/forge.ts';
import { type Ask, createGateway, LONG_TERM_KEYS, millis, ORIGIN, realKeeper, startIsolate } from './edge.ts';
import { PRIVATE_KEYS } from './variables.ts';

type Name = keyof typeof PRIVATE_KEYS;
const ask = startIsolate();
const SERVERS = {
  'gw-1': await serverId(LONG_TERM_KEYS['gw-1'].publicKey),
  'gw-2': await serverId(LONG_TERM_KEYS['gw-2'].publicKey),
};
const nonce = new Uint8Array(32).fill(7);
const requestFor = (name: Name): Bytes => makeRequest(nonce, SERVERS[name]);

const post = (body: Bytes, isolate: Ask = ask): Promise<Response> => isolate('/roughtime', { method: 'POST', body });
const bytesOf = async (response: Response): Promise<Bytes> => new Uint8Array(await response.arrayBuffer());

/** What a client believes who has pinned that gateway's long-term key for this edge. */
const verified = async (response: Response, request: Bytes, name: Name = 'gw-1') => {
  expect(response.status).toBe(200);
  return verifyResponse(await bytesOf(response), request, LONG_TERM_KEYS[name].publicKey);
};

const expectProblem = async (response: Response, status: number, word: string, detail: RegExp | string) => {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('noonmark-time')).toBeNull();
  const matching = typeof detail === 'string' ? detail : expect.stringMatching(detail);
  expect(await response.json()).toMatchObject({ type: `urn:noonmark:problem:${word}`, detail: matching });
};
const refusalsOf = async (isolate: Ask) =>
  (await (await isolate('/health')).json<{ delegationRefusals: Record<string, number> }>()).delegationRefusals;

/** A gateway that has timed the edge, and has not delegated. */
const timed = async () => {
  const gateway = await createGateway();
  for (let count = 0; count < 2; count++) await gateway.post(ask, { delegations: [] });
  return gateway;
};
const edgeKey = async () => (await realKeeper().knowledge()).edge.keys[0]!.x;

describe('before a gateway has vouched in the form of Roughtime', () => {
  it('the time is not signed, though it is known; nor where a gateway of an older make has delegated', async () => {
    const gateway = await timed();
    await expectProblem(await post(requestFor('gw-1')), 503, 'no-time', /^not signed: no gateway vouches/);
    await gateway.post(ask, { delegations: [await gateway.delegate(await edgeKey())] });
    expect((await ask('/time?format=jws')).status).toBe(200);
    await expectProblem(await post(requestFor('gw-1')), 503, 'no-time', /in the form of Roughtime$/);
    expect(await (await ask('/.well-known/roughtime.json')).json()).toMatchObject({ servers: [], edges: [] });
  });

  const moved = ({ validFromUnixNs, validUntilUnixNs, ...word }: Delegation, by: Nanos): Delegation => ({
    ...word,
    validFromUnixNs: after(validFromUnixNs, by),
    validUntilUnixNs: after(validUntilUnixNs, by),
  });
  const certify = (delegation: Delegation) => certifyDelegation(delegation, LONG_TERM_KEYS['gw-1']);
  it.each<[word: string, wrong: (good: EdgeCertificates, delegation: Delegation) => object | Promise<object>]>([
    ['bad-certificate', () => ({ longTermKey: PRIVATE_KEYS['gw-1'].x })],
    ['bad-certificate', ({ certificates: all }) => ({ certificates: { ...all, [DRAFT]: all[VERSION_1] } })],
    ['malformed', ({ certificates: all }) => ({ certificates: { [VERSION_1]: all[VERSION_1] } })],
    ['outside-delegation', (_good, word) => certify(moved(word, seconds(3_600)))],
    ['outside-delegation', (_good, word) => certify(moved(word, seconds(-3_600)))],
    [
      'unknown-edge-key',
      async ({ edgeKey }, word) => ({ ...(await certify({ ...word, edgeKey: PRIVATE_KEYS['gw-1'].x })), edgeKey }),
    ],
  ])(
    'certificates that are wrong are refused and counted, and the delegation is good: %s (%#)',
    async (word, wrong) => {
      const gateway = await timed();
      const delegation = gateway.wordFor(await edgeKey());
      const good = await certify(delegation);
      const before = await refusalsOf(ask);
      const sample = {
        delegations: [await gateway.delegate(delegation.edgeKey, delegation)],
        roughtime: [{ ...good, ...(await wrong(good, delegation)) }],
      };
      expect((await gateway.post(ask, sample)).status).toBe(200);
      expect(await refusalsOf(ask)).toEqual({ ...before, [word]: (before[word] ?? 0) + 1 });
      expect((await ask('/time?format=jws')).status).toBe(200);
      await expectProblem(await post(requestFor('gw-1')), 503, 'no-time', /in the form of Roughtime$/);
    },
  );
});

describe('POST /roughtime', () => {
  beforeAll(async () => {
    const gateway = await timed();
    const delegation = gateway.wordFor(await edgeKey());
    const roughtime = [await certifyDelegation(delegation, LONG_TERM_KEYS['gw-1'])];
    const delegations = [await gateway.delegate(delegation.edgeKey, delegation)];
    expect((await gateway.post(ask, { delegations, roughtime })).status).toBe(200);
  });

  it.each([
    { name: 'version 1', VER: [VERSION_1], version: VERSION_1 },
    { name: 'the draft', VER: [DRAFT], version: DRAFT },
    { name: 'both: the RFC goes before the draft', VER: [VERSION_1, DRAFT], version: VERSION_1 },
    { name: 'others too', VER: [2, DRAFT], version: DRAFT },
  ])('is answered in $name, with the truth, and no longer than it was asked', async ({ VER, version }) => {
    const request = forgeRequest({ VER: words(...VER), SRV: SERVERS['gw-1'] });
    const before = Date.now();
    const response = await post(request);
    const after = Date.now() + 1;
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('noonmark-time')).toMatch(/^time=\d+\.\d{3}, earliest=\d+\.\d{3}, latest=\d+\.\d{3}$/);
    const bytes = await bytesOf(response.clone());
    expect(bytes).toHaveLength(420);
    const answer = decodeResponse(bytes);
    expect(answer.ok && decodeSignedTime(answer.value.srep)).toMatchObject({
      value: { version, versions: [1, DRAFT] },
    });
    const time = await verified(response, request);
    if (!time.ok) throw new Error(time.reason);
    expect(time.value.radius).toBe(3);
    const { earliest, latest } = intervalOf(time.value);
    expect(earliest).toBeLessThan(millis(before));
    expect(latest).toBeGreaterThan(millis(after));
    expect(Math.abs(Number(time.value.midpoint) - before / 1_000)).toBeLessThan(1.5);
  });

  it('is answered where the client does not say whom it asks, of one long-term key', async () => {
    const request = forgeRequest({ SRV: undefined, ZZZZ: new Uint8Array(1024) });
    expect(await verified(await post(request), request)).toMatchObject({ ok: true });
  });

  it('is answered whatever the content type, as by an isolate that has taken no sample itself', async () => {
    const body = requestFor('gw-1');
    const headers = { 'content-type': 'text/plain' };
    const response = await startIsolate()('/roughtime', { method: 'POST', body, headers });
    expect(await verified(response, body)).toMatchObject({ ok: true });
  });

  it('is of 1024 to 4096 bytes', async () => {
    const sized = (size: number) => forgeRequest({ SRV: SERVERS['gw-1'], ZZZZ: new Uint8Array(908 + size - 1036) });
    for (const size of [MIN_REQUEST_BYTES, MAX_PACKET_BYTES])
      expect(await verified(await post(sized(size)), sized(size))).toMatchObject({ ok: true });
    await expectProblem(await post(sized(MIN_REQUEST_BYTES - 4)), 400, 'malformed', 'too-short');
    const larger = await post(sized(MAX_PACKET_BYTES + 4));
    expect(larger.status).toBe(413);
    expect(await larger.json()).toMatchObject({ type: 'urn:noonmark:problem:too-large' });
  });

  const long = new Uint8Array(1024);
  it.each([
    { what: 'nothing', body: new Uint8Array(0), detail: 'too-short' },
    { what: 'no packet', body: long, detail: 'ROUGHTIM' },
    { what: 'another length', body: requestFor('gw-1').with(8, 1), detail: 'length' },
    { what: 'a length that is longer than any', body: requestFor('gw-1').with(10, 1), detail: 'too-long' },
    { what: 'a message that is none', body: packet(long), detail: 'header' },
    { what: 'no nonce', body: forgeRequest({ NONC: undefined, ZZZZ: long }), detail: 'NONC' },
    { what: 'a response', body: forgeRequest({ TYPE: words(1) }), detail: 'not-a-request' },
    { what: 'versions that we do not speak', body: forgeRequest({ VER: words(0, 2) }), detail: 'other-version' },
    { what: 'another server', body: makeRequest(nonce, new Uint8Array(32)), detail: 'other-server' },
    { what: 'half a server', body: forgeRequest({ SRV: new Uint8Array(16), ZZZZ: long }), detail: 'other-server' },
  ])('is malformed: $what', async ({ body, detail }) => {
    await expectProblem(await post(body), 400, 'malformed', detail);
  });

  it('is refused at an origin that no gateway has named', async () => {
    const worker = (exports as unknown as { default: Fetcher }).default;
    const response = await worker.fetch('https://elsewhere.test/roughtime', {
      method: 'POST',
      body: requestFor('gw-1'),
    });
    await expectProblem(response, 503, 'no-time', /^not signed: no gateway vouches/);
  });

  it.each<[why: string, change: (known: Knowledge) => Partial<Knowledge>, detail: RegExp]>([
    [
      'its whole interval does not lie inside a delegation, though the answer in JSON does',
      ({ edge }) => ({ edge: { ...edge, keys: edge.keys.map(endingSoon) } }),
      /^not signed: no gateway vouches/,
    ],
    [
      'the private half is missing',
      ({ edge }) => ({ edge: { ...edge, secrets: new Map() } }),
      /^not signed: no gateway vouches/,
    ],
    [
      'no source answers the gateway',
      ({ gateways }) => ({ gateways: gateways.map((kept) => ({ ...kept, synchronized: false })) }),
      /^not signed: no source answers the gateway/,
    ],
    ['nothing is known', () => ({ gateways: [] }), /./],
  ])('is not answered where %s', async (_why, change, detail) => {
    const knowledge = async () => {
      const known = await realKeeper().knowledge();
      return { ...known, ...change(known) };
    };
    const isolate = startIsolate({ keeper: () => ({ ...realKeeper(), knowledge }) });
    await expectProblem(await post(requestFor('gw-1'), isolate), 503, 'no-time', detail);
  });

  it.each(['GET', 'HEAD', 'PUT'])('knows no other method: %s', async (method) => {
    const response = await ask('/roughtime', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('OPTIONS, POST');
  });

  it('lets a page of another origin send octets', async () => {
    const headers = { Origin: 'https://elsewhere.example', 'Access-Control-Request-Method': 'POST' };
    const response = await ask('/roughtime', { method: 'OPTIONS', headers });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toBe('POST');
    expect(response.headers.get('access-control-allow-headers')).toBe('Content-Type');
  });

  describe('whatever the bytes, is no fault of the edge, and never answered with more than them', () => {
    const judged = async (body: Bytes): Promise<void> => {
      const response = await post(body);
      if (response.status === 200) {
        expect((await bytesOf(response.clone())).length).toBeLessThanOrEqual(body.length);
        expect(await verified(response, body)).toMatchObject({ ok: true });
        return;
      }
      const word = response.status === 413 ? 'too-large' : 'malformed';
      expect(await response.json()).toMatchObject({ type: `urn:noonmark:problem:${word}` });
    };

    it('that are any', () =>
      fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 5_000, size: 'max' }), (bytes) => judged(Uint8Array.from(bytes))),
        { numRuns: 200 },
      ));

    it('that were a request', () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(140), fc.nat(255)), { minLength: 1, maxLength: 4 }),
          fc.integer({ min: -40, max: 3_100 }),
          (changes, more) => {
            const altered = new Uint8Array(1_036 + more);
            altered.set(requestFor('gw-1').subarray(0, altered.length));
            if (more % 2 === 0) new DataView(altered.buffer).setUint32(8, altered.length - 12, true);
            for (const [at, octet] of changes) altered[at] = octet;
            return judged(altered);
          },
        ),
        { numRuns: 300 },
      ));
  });
});

describe('two gateways that vouch', () => {
  beforeAll(async () => {
    const other = await createGateway('gw-2');
    for (let count = 0; count < 3; count++) expect((await other.post(ask)).status).toBe(200);
  });

  it.each<Name>(['gw-1', 'gw-2'])('are two long-term keys: %s is answered for by its own alone', async (name) => {
    const request = requestFor(name);
    const response = await post(request);
    expect(await verified(response.clone(), request, name)).toMatchObject({ ok: true });
    const other = name === 'gw-1' ? 'gw-2' : 'gw-1';
    expect(await verified(response, request, other)).toEqual(refuse('bad-certificate'));
  });

  it('leave a client unanswered who does not say which he means (§5.2)', async () => {
    const request = forgeRequest({ SRV: undefined, ZZZZ: new Uint8Array(1024) });
    await expectProblem(await post(request), 400, 'malformed', 'other-server');
  });

  it('lose their certificates with their place in the settings, at once', async () => {
    const withdrawn = startIsolate({ variables: { GATEWAY_KEYS: { 'gw-2': PRIVATE_KEYS['gw-2'].x } } });
    await expectProblem(await post(requestFor('gw-1'), withdrawn), 400, 'malformed', 'other-server');
    const request = requestFor('gw-2');
    expect(await verified(await post(request, withdrawn), request, 'gw-2')).toMatchObject({ ok: true });
    const { edges } = await (await withdrawn('/.well-known/roughtime.json')).json<{ edges: object[] }>();
    expect(edges).toMatchObject([{ name: 'edge.test, for which gw-2 vouches' }]);
  });

  it('are one where one gives the other’s out for its own: whoever asks for it gets it', async () => {
    const knowledge = async () => {
      const known = await realKeeper().knowledge();
      const copied = (one: KeptDelegation, [first]: readonly KeptDelegation[]) =>
        first?.roughtime ? { ...one, roughtime: { ...first.roughtime } } : one;
      const keys = known.edge.keys.map((key) => ({
        ...key,
        delegations: key.delegations.map((one) => copied(one, key.delegations)),
      }));
      return { ...known, edge: { ...known.edge, keys } };
    };
    const isolate = startIsolate({ keeper: () => ({ ...realKeeper(), knowledge }) });
    const answers = await Promise.all(
      (['gw-1', 'gw-2'] as const).map(async (name) => (await post(requestFor(name), isolate)).status),
    );
    expect(answers.sort()).toEqual([200, 400]);
  });

  it('are listed, each with its key, as RFC 10049 §8.3 has it', async () => {
    const response = await ask('/.well-known/roughtime.json?whatever');
    expect(response.headers.get('content-type')).toBe('application/roughtime-server+json');
    const list = decodeServerList(await response.text());
    if (!list.ok) throw new Error(list.detail);
    const { servers, sources, edges = [] } = list.value;
    expect(servers).toEqual([]);
    expect([...edges].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      (['gw-1', 'gw-2'] as const).map((name) => ({
        name: `edge.test, for which ${name} vouches`,
        publicKey: LONG_TERM_KEYS[name].publicKey,
        url: `${ORIGIN}/roughtime`,
      })),
    );
    expect(sources).toEqual([`${ORIGIN}/.well-known/roughtime.json`]);
  });

  it('are listed beside their own servers, where they have told of any', async () => {
    const server = { longTermKey: PRIVATE_KEYS['gw-1'].x, addresses: ['time.example.net:5319', '[2001:db8::1]:5319'] };
    const knowledge = async () => {
      const known = await realKeeper().knowledge();
      const withServer = (one: KeptDelegation) =>
        one.gateway === 'gw-2' && one.roughtime ? { ...one, roughtime: { ...one.roughtime, server } } : one;
      const keys = known.edge.keys.map((key) => ({ ...key, delegations: key.delegations.map(withServer) }));
      return { ...known, edge: { ...known.edge, keys } };
    };
    const isolate = startIsolate({ keeper: () => ({ ...realKeeper(), knowledge }) });
    const list = decodeServerList(await (await isolate('/.well-known/roughtime.json')).text());
    if (!list.ok) throw new Error(list.detail);
    const { servers, edges } = list.value;
    expect(servers).toHaveLength(1);
    expect(servers[0]).toEqual({
      name: 'gw-2',
      version: 1,
      publicKeyType: 'ed25519',
      publicKey: fromBase64url(server.longTermKey),
      addresses: [
        { protocol: 'udp', address: 'time.example.net:5319' },
        { protocol: 'tcp', address: 'time.example.net:5319' },
        { protocol: 'udp', address: '[2001:db8::1]:5319' },
        { protocol: 'tcp', address: '[2001:db8::1]:5319' },
      ],
    });
    expect(edges?.map(({ url }) => url)).toEqual([`${ORIGIN}/roughtime`, `${ORIGIN}/roughtime`]);
  });

  it('are not listed elsewhere, nor is a source that is not of HTTPS', async () => {
    const worker = (exports as unknown as { default: Fetcher }).default;
    const listOf = async (origin: string) => (await worker.fetch(`${origin}/.well-known/roughtime.json`)).json();
    const sources = ['https://elsewhere.test/.well-known/roughtime.json'];
    expect(await listOf('https://elsewhere.test')).toEqual({ servers: [], sources, edges: [] });
    expect(await listOf('http://edge.test')).toEqual({ servers: [], edges: [] });
  });

  it('are not listed where the object does not answer', async () => {
    const keeper = () => ({ ...realKeeper(), knowledge: async () => Promise.reject(new Error('reset')) });
    const response = await startIsolate({ keeper })('/.well-known/roughtime.json');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ type: 'urn:noonmark:problem:unavailable' });
  });
});

describe('the second that is signed', () => {
  const answer: fc.Arbitrary<Answer> = fc
    .record({
      time: fc.bigInt({ min: 0n, max: 5_000_000_000_000_000_000n }),
      early: fc.nat(2 ** 31 - 1),
      late: fc.nat(2 ** 31 - 1),
    })
    .map(({ time, early, late }) => ({
      ...exampleAnswer,
      time: unixNanos(time),
      earliest: after(unixNanos(time), nanos(-early)),
      latest: after(unixNanos(time), nanos(late)),
    }));

  it('is the nearest to the best estimate, and what it leaves possible holds all of the answer, and a second for signing', () => {
    fc.assert(
      fc.property(answer, (drawn) => {
        const time = roughTimeOf(drawn);
        const { earliest, latest } = intervalOf(time);
        expect(Math.abs(Number(time.midpoint * 1_000_000_000n - drawn.time))).toBeLessThanOrEqual(5e8);
        // Its ends do not belong to it (RFC 10049 §5.2.5).
        expect(
          contains({ earliest: after(earliest, nanos(1)), latest: after(latest, nanos(-1)) }, drawn.earliest),
        ).toBe(true);
        expect(latest).toBeGreaterThan(after(drawn.latest, seconds(1)));
        expect(time.radius).toBeGreaterThanOrEqual(3);
      }),
    );
  });
});

it('a stranger’s long-term key verifies nothing of this', async () => {
  const request = requestFor('gw-1');
  expect(await verifyResponse(await bytesOf(await post(request)), request, foreignKey.publicKey)).toEqual(
    refuse('bad-certificate'),
  );
});

/** In two seconds: the answer in JSON is still inside, but not what Roughtime leaves possible. */
const endingSoon = (key: EdgeKeys[number]): EdgeKeys[number] => ({
  ...key,
  delegations: key.delegations.map((one) => ({ ...one, validUntilUnixNs: millis(Date.now() + 2_000) })),
});

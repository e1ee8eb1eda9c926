import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { after, monoNanos, seconds, type UnixNanos, unixMillis, unixNanos } from '#contract/time.ts';
import { openVerifyChain } from '#native/certificate-chain.ts';
import { authoritiesIn } from '../../../ntp-gateway/io/authorities.ts';
import { askEdgesWith, checkEdgesWith } from '../../../ntp-gateway/io/edge-answers.ts';
import { connectTo } from '../../../ntp-gateway/io/edge-connection.ts';
import { type EdgeTlsParts, edgeTls } from '../../../ntp-gateway/io/edge-tls.ts';
import { openFloors } from '../../../ntp-gateway/io/floors.ts';
import type { Ports } from '../../../ntp-gateway/ports.ts';
import { makePair, succession } from '../../contract/key-pairs.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { startEdgeServer } from '../../support/edge-server.ts';
import { around, makeKeyPair, makeSignedEdge, type SignedEdge } from '../../support/signed-edge.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const NOW = unixMillis(Date.UTC(2026, 11, 1));
const NONCE = 'c29tZSBkaWNlIGZvciB5b3U';

type Lie = (edge: SignedEdge, nonce: string, response: ServerResponse) => Promise<string> | string;
const honest: Lie = (edge, nonce) => edge.sign(around(NOW), nonce);

const partsWith = (stateDir = makeTempDir()) => {
  const logged: string[] = [];
  let now = 0n;
  const log: Ports['log'] = ({ msg }) => void logged.push(msg);
  const floors = openFloors(stateDir);
  const partsBy = (tls: Partial<EdgeTlsParts> = {}) => ({
    floors,
    connect: (origin: string) =>
      connectTo(origin, () => monoNanos(++now), edgeTls(origin, { as: 'source', log, ...tls })),
  });
  const askBy = (tls?: Partial<EdgeTlsParts>) => askEdgesWith(partsBy(tls));
  return { stateDir, logged, floors, askBy, check: checkEdgesWith(partsBy()) };
};

/** An edge that says what a test has it say, and a gateway that asks it. */
const start = async ({ keySet, stateDir }: { keySet?: () => Promise<string> | string; stateDir?: string } = {}) => {
  const paths: string[] = [];
  const way: { edge: SignedEdge; say: Lie; keySet: () => Promise<string> | string } = {
    edge: undefined as unknown as SignedEdge,
    say: honest,
    keySet: keySet ?? (() => way.edge.keySet()),
  };
  const server = await startEdgeServer(async ({ url = '' }, response) => {
    paths.push(url);
    const { pathname, searchParams } = new URL(url, 'http://edge');
    const isKeys = pathname === '/.well-known/jwks.json';
    response.end(isKeys ? await way.keySet() : await way.say(way.edge, searchParams.get('nonce') ?? '', response));
  });
  way.edge = await makeSignedEdge(server.origin);
  const { askBy, ...others } = partsWith(stateDir);
  const askEdge = askBy();
  const ask = (nonce = NONCE, gatewayKey = way.edge.gatewayKey) => askEdge({ name: server.origin, gatewayKey }, nonce);
  return { ...others, server, paths, way, ask, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

describe('an edge', () => {
  it('is asked for its keys once, and for the time with our nonce; what it says is verified', async () => {
    await using one = await start();
    const expected = { ...around(NOW), leap: 'none', stratum: 3, lineage: ['gw-1'] };
    expect(await one.ask()).toEqual(ok({ ...expected, t1: 3n, t4: 4n }));
    expect(await one.ask()).toEqual(ok({ ...expected, t1: 5n, t4: 6n }));
    const time = `/time?format=jws&detail&nonce=${NONCE}`;
    expect(one.paths).toEqual(['/.well-known/jwks.json', time, time]);
  });

  it('need not say whom its time came through', async () => {
    await using one = await start();
    one.way.say = (edge, nonce) => edge.sign({ ...around(NOW), lineage: undefined as never }, nonce);
    const answer = await one.ask();
    expect(answer.ok && answer.value).not.toHaveProperty('lineage');
    expect(answer.ok).toBe(true);
  });

  const YESTERDAY = after(NOW, seconds(-86_400));
  it.each<{ name: string; say: Lie; word: string; detail?: string }>([
    { name: 'a page of a portal', say: () => '<html>', word: 'malformed' },
    {
      name: 'an answer to another question',
      say: (edge) => edge.sign(around(NOW), 'x'.repeat(22)),
      word: 'wrong-nonce',
    },
    {
      name: 'a key that nobody delegated to',
      say: async (edge, nonce) => edge.sign(around(NOW), nonce, undefined, (await makeKeyPair()).key),
      word: 'unknown-key',
    },
    {
      name: 'a signature by another key',
      say: async (edge, nonce) => {
        const [head, payload] = (await edge.sign(around(NOW), nonce)).split('.');
        return `${head}.${payload}.${(await edge.sign(around(NOW, 6), nonce)).split('.')[2]}`;
      },
      word: 'bad-signature',
    },
    {
      name: 'a delegation for another edge',
      say: async (edge, nonce) => edge.sign(around(NOW), nonce, [await edge.delegate(NOW, { aud: 'https://a.test' })]),
      word: 'wrong-audience',
    },
    {
      name: 'a time outside of its delegation',
      say: async (edge, nonce) =>
        edge.sign(around(NOW), nonce, [await edge.delegate(after(NOW, seconds(-2 * 86_400)))]),
      word: 'outside-delegation',
    },
    {
      name: 'a time before this code was written',
      say: (edge, nonce) => edge.sign(around(unixMillis(1e12)), nonce),
      word: 'went-back',
    },
    {
      name: 'the host’s own time',
      say: (edge, nonce) => edge.sign({ ...around(NOW), synchronized: false }, nonce),
      word: 'malformed',
    },
  ])('that says $name is refused: $word', async ({ say, word }) => {
    await using one = await start();
    one.way.say = say;
    expect(await one.ask()).toMatchObject({ ok: false, reason: word });
    one.way.say = honest;
    expect(await one.ask()).toMatchObject({ ok: true });
  });

  it('that says it is earlier than it was when it was believed is refused, and so it is after a start', async () => {
    await using one = await start();
    const edge = { name: one.server.origin, gatewayKey: one.way.edge.gatewayKey };
    one.way.say = (signed, nonce) => signed.sign(around(YESTERDAY), nonce); // by a key that it has long thrown away
    expect(await one.ask()).toMatchObject({ ok: true });
    one.floors.raise(edge, NOW);
    const refusal = refuse('went-back', 'earlier than 2026-12-01T00:00:00.000Z, which had passed');
    expect(await one.ask()).toEqual(refusal);
    expect(await partsWith(one.stateDir).askBy()(edge, NONCE)).toEqual(refusal);
    expect(await one.ask(NONCE, 'k'.repeat(43))).toMatchObject({ reason: 'unknown-key' });
  });

  it.each([
    { status: 503, body: '{"type":"urn:noonmark:problem:no-time"}', word: 'no-time', detail: 'status 503' },
    { status: 503, body: '<html>', word: 'no-time', detail: 'status 503' },
    { status: 429, body: '', word: 'too-many-requests', detail: 'status 429' },
    { status: 302, body: '', word: 'refused', detail: 'status 302' },
    {
      status: 404,
      body: '{"type":"urn:noonmark:problem:no-such-path"}',
      word: 'refused',
      detail: 'status 404, no-such-path',
    },
    { status: 500, body: `{"type":"urn:noonmark:problem:${'x'.repeat(33)}"}`, word: 'refused', detail: 'status 500' },
  ])('that answers $status is refused: $detail', async ({ status, body, word, detail }) => {
    await using one = await start();
    one.way.say = (_edge, _nonce, response) => {
      response.writeHead(status, { 'retry-after': '30' });
      return body;
    };
    expect(await one.ask()).toEqual({ ok: false, reason: word, detail, retryAfter: 30 });
  });

  it('whose keys are not to be had is asked for them again', async () => {
    let set = '<html>';
    await using one = await start({ keySet: () => set });
    expect(await one.ask()).toMatchObject({ ok: false, reason: 'malformed' });
    set = JSON.stringify({ keys: [] });
    expect(await one.ask()).toMatchObject({ ok: false, reason: 'unknown-key' });
    set = await one.way.edge.keySet();
    expect(await one.ask()).toMatchObject({ ok: true });
    set = JSON.stringify({ keys: [] });
    expect(await one.ask()).toMatchObject({ ok: true }); // it has them
    // The file may be read anew, with another key.
    expect(await one.ask(NONCE, 'k'.repeat(43))).toMatchObject({ ok: false, reason: 'unknown-key' });
  });

  it('whose gateway has another name by now is believed again', async () => {
    await using one = await start();
    expect(await one.ask()).toMatchObject({ ok: true });
    one.way.say = async (edge, nonce) => edge.sign(around(NOW), nonce, [await edge.delegate(NOW, { gateway: 'gw-2' })]);
    one.way.keySet = async () => (await one.way.edge.keySet()).replace('"gw-1"', '"gw-2"');
    expect(await one.ask()).toMatchObject({ ok: false, reason: 'unknown-key' });
    expect(await one.ask()).toMatchObject({ ok: true });
  });

  it('whose gateway has changed its key is believed by who has pinned the old one, until that is given up', async () => {
    await using one = await start();
    const pinned = await makePair();
    const { keys } = JSON.parse(await one.way.edge.keySet());
    let successions = [await succession(pinned, { ...pinned, x: keys[1].x }), await succession(pinned, null)];
    one.way.keySet = () => JSON.stringify({ keys, successions });
    const ask = () => one.ask(NONCE, pinned.key.id);
    expect(await ask()).toMatchObject({ ok: false, reason: 'revoked' });
    successions = successions.slice(0, 1);
    expect(await ask()).toMatchObject({ ok: true });
    // But an edge that is checked is so on the word of one key, which is evidence for whoever has that.
    const checked = (gatewayKey: string) => one.check({ name: one.server.origin, gatewayKey }, NONCE);
    expect(await checked(pinned.key.id)).toMatchObject({ ok: false, reason: 'unknown-key' });
    expect(await checked(one.way.edge.gatewayKey)).toMatchObject({ ok: true });
  });

  it('whose key was given up is asked why it has no time any more', async () => {
    await using one = await start();
    const pinned = await makePair();
    const { keys } = JSON.parse(await one.way.edge.keySet());
    let successions = [await succession(pinned, { ...pinned, x: keys[1].x })];
    one.way.keySet = () => JSON.stringify({ keys, successions });
    const ask = () => one.ask(NONCE, pinned.key.id);
    expect(await ask()).toMatchObject({ ok: true });
    successions = [await succession(pinned, null)];
    one.way.say = (_edge, _nonce, response) => response.writeHead(503) && '';
    expect(await ask()).toMatchObject({ ok: false, reason: 'no-time' });
    expect(await ask()).toMatchObject({ ok: false, reason: 'revoked' });
  });

  it('that is checked is asked as by any caller, and what it signed comes along', async () => {
    await using one = await start();
    const signed = await one.way.edge.sign(around(NOW), NONCE);
    one.way.say = () => signed;
    const { origin } = one.server;
    const checked = await one.check({ name: origin, gatewayKey: one.way.edge.gatewayKey }, NONCE);
    expect(checked).toMatchObject({ ok: true, value: { ...around(NOW), jws: signed } });
    expect(one.paths).toEqual(['/.well-known/jwks.json', `/time?nonce=${NONCE}&format=jws`]);
  });

  it.each(['source', 'edge'] as const)(
    'as %s with a certificate that is out of date is believed, which is said once',
    async (as) => {
      const certificate = makeCertificate({ from: '2090-01-01T00:00:00Z', to: '2091-01-01T00:00:00Z' });
      await using server = await startEdgeServer((_request, response) => response.writeHead(503).end(), certificate);
      const { askBy, logged } = partsWith();
      const verifyChain = openVerifyChain();
      const able = verifyChain ? { verifyChain } : {};
      const edge = { name: server.origin, gatewayKey: 'k'.repeat(43) };
      const askEdge = askBy({ ...able, as, authorities: () => authoritiesIn(certificate.ca) });
      for (let i = 0; i < 2; i++) {
        expect(await askEdge(edge, NONCE)).toMatchObject({ reason: 'no-time' });
      }
      expect(logged).toEqual([
        `${as} ${server.origin}: by the host’s clock its certificate is out of date; the pinned key decides`,
      ]);
      expect(await askBy(able)(edge, NONCE)).toMatchObject({ reason: 'certificate-untrusted' });
    },
  );
});

it('whatever an edge answers, something comes of it', async () => {
  const edge = await makeSignedEdge('https://time.example.org');
  const whole = [await edge.keySet(), await edge.sign(around(NOW), NONCE), ''];
  const altered = fc
    .tuple(fc.constantFrom(...whole), fc.nat(), fc.string({ maxLength: 3 }))
    .map(([text, at, other]) => `${text.slice(0, at % 2_000)}${other}${text.slice((at % 2_000) + other.length)}`);
  const body = fc.oneof(altered, fc.constantFrom(...whole), fc.string(), fc.json());
  const response = fc.record(
    { status: fc.constantFrom(200, 200, 200, 503, 429, 404, 0), retryAfter: fc.double(), body },
    { requiredKeys: ['status', 'body'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(response, { minLength: 1, maxLength: 3 }), async (responses) => {
      const left = [...responses];
      const askEdge = askEdgesWith({
        floors: { of: () => unixNanos(0n) },
        connect: () => async () => ok({ t1: monoNanos(1n), t4: monoNanos(2n), ...(left.shift() ?? responses[0]!) }),
      });
      const outcome = await askEdge({ name: 'https://time.example.org', gatewayKey: edge.gatewayKey }, NONCE);
      if (outcome.ok) expect(outcome.value).toMatchObject(around(NOW));
      else expect(outcome.reason).toMatch(/^[a-z-]+$/);
    }),
  );
});

describe('how far an edge’s answers have come', () => {
  const edge = { name: 'https://time.example.org', gatewayKey: 'k'.repeat(43) };
  const later = (s: number): UnixNanos => after(NOW, seconds(s));

  it('is known to the next start, by its name and by whose word it was', () => {
    const stateDir = makeTempDir();
    openFloors(stateDir).raise(edge, NOW);
    expect(openFloors(stateDir).of(edge)).toBe(NOW);
    expect(openFloors(stateDir).of({ ...edge, gatewayKey: 'l'.repeat(43) })).toBeLessThan(NOW);
    expect(openFloors(stateDir).of({ ...edge, name: 'https://a.test' })).toBeLessThan(NOW);
  });

  it('is written once a minute, and at the end', () => {
    const stateDir = makeTempDir();
    const written = () => openFloors(stateDir).of(edge);
    const floors = openFloors(stateDir);
    floors.keep();
    floors.raise(edge, later(0));
    floors.raise(edge, later(59));
    expect(written()).toBe(later(0));
    floors.raise(edge, later(60));
    expect(written()).toBe(later(60));
    floors.raise(edge, later(100));
    floors.raise(edge, later(10));
    expect(floors.of(edge)).toBe(later(100));
    floors.keep();
    expect(written()).toBe(later(100));
  });

  it('begins anew where the file is damaged', () => {
    const stateDir = makeTempDir();
    const floors = openFloors(stateDir);
    const least = floors.of(edge);
    floors.raise(edge, NOW);
    const path = join(stateDir, 'edges');
    const text = readFileSync(path, 'utf8');
    for (const damaged of ['', '[]', '{"a":1}', text.slice(0, -3), text.replace(/\d{19}/, '-1')]) {
      writeFileSync(path, damaged);
      expect(openFloors(stateDir).of(edge)).toBe(least);
    }
    expect(least).toBeGreaterThan(unixNanos(0n));
  });
});

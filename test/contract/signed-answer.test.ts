import fc from 'fast-check';
import { compactVerify, importJWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Delegation, openDelegation, signDelegation } from '#contract/delegation.ts';
import { type GatewayKeys, importGatewayKey } from '#contract/gateway-keys.ts';
import { jwkOf, type SigningKey, signJws } from '#contract/jws.ts';
import { decodeTimeAnswer } from '#contract/read-answer.ts';
import { ok, refuse } from '#contract/result.ts';
import { type Expected, MOST_VOUCHERS, openAnswer, signAnswer } from '#contract/signed-answer.ts';
import { openSample, signSample } from '#contract/signed-sample.ts';
import { after, nanos, seconds, unixNanos } from '#contract/time.ts';
import { type TimeAnswer, timeAnswer } from '#contract/time-answer.ts';
import { fromBase64url, fromUtf8 } from '#contract/web-platform.ts';
import { expectNoBitAltered, expectNoLetterAltered } from './alterations.ts';
import {
  EDGE_JWK,
  exampleAnswer,
  exampleBudget,
  exampleDelegation,
  exampleEdgeKey,
  exampleKey,
  exampleSample,
  RFC8037,
} from './example.ts';

const answer = timeAnswer(exampleAnswer);
const budget = timeAnswer({ ...exampleAnswer, budget: exampleBudget }).budget!;
const expected: Expected = {
  nonce: exampleAnswer.nonce ?? '',
  origin: exampleDelegation.aud,
  floor: exampleAnswer.earliest,
};

let gatewayKey: SigningKey;
let edgeKey: SigningKey;
let keys: GatewayKeys;
let delegation: string;
let jws: string;
beforeAll(async () => {
  gatewayKey = await exampleKey();
  edgeKey = await exampleEdgeKey();
  keys = new Map([await importGatewayKey('gw-1', RFC8037.jwk.x)]);
  delegation = await signDelegation(exampleDelegation, gatewayKey);
  jws = await signAnswer(answer, [delegation], edgeKey);
});

const delegate = (over: Partial<Delegation>, key = gatewayKey) =>
  signDelegation({ ...exampleDelegation, ...over }, key);
const open = (text: string, over: Partial<Expected> = {}) => openAnswer(text, keys, { ...expected, ...over });
/** As whoever holds an edge key would sign it, by the name of the gateway's example key. */
const stolen = (over: object, words: readonly string[] = [delegation]) =>
  signJws('time-answer+jws', JSON.stringify({ ...answer, ...over }), edgeKey, { delegations: words });

describe('a signed answer', () => {
  it('is opened by who has pinned a gateway that vouches for its key, and asked with that nonce', async () => {
    expect(await open(jws)).toEqual(ok(answer));
  });

  it('carries nothing that a wrong clock would have to judge', async () => {
    const [header, payload] = jws.split('.', 2).map((part) => JSON.parse(fromUtf8(fromBase64url(part)!)!));
    expect(Object.keys(header)).toEqual(['alg', 'typ', 'kid', 'delegations']);
    expect(payload).toEqual(answer);
    for (const claim of ['iat', 'nbf', 'exp']) expect(payload).not.toHaveProperty(claim);
  });

  it('is verified by jose', async () => {
    const { payload } = await compactVerify(jws, await importJWK(await jwkOf(EDGE_JWK.x), 'EdDSA'));
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(answer);
  });

  it('may rest on one word of many, of which the others are nobody’s', async () => {
    const words = Array.from({ length: MOST_VOUCHERS }, (_, i) => (i === 7 ? delegation : `e30.e30.${i}`));
    expect(await open(await stolen({}, words))).toEqual(ok(answer));
    expect(await open(await stolen({}, [...words, delegation]))).toEqual(refuse('malformed', 'delegations'));
  });

  it('may have an error budget, and one with parts that only its edge knows', async () => {
    const parts = [{ part: 'something', basis: 'assumed', ms: budget.widthMs } as const];
    for (const one of [budget, { ...budget, parts }])
      expect(await open(await signAnswer({ ...answer, budget: one }, [delegation], edgeKey))).toEqual(
        ok({ ...answer, budget: one }),
      );
  });

  it('may say whom its time came through', async () => {
    const signed = await stolen({ lineage: ['gw-2', 'https://far.test', 'gw-1'] });
    expect(await open(signed)).toEqual(ok({ ...answer, lineage: ['gw-2', 'https://far.test', 'gw-1'] }));
    for (const lineage of [[''], 'gw-1', Array.from({ length: 17 }, () => 'gw-1')])
      expect(await open(await stolen({ lineage } as object))).toMatchObject({ ok: false, reason: 'malformed' });
  });

  it('may have members that nobody here knows', async () => {
    expect(await open(await stolen({ mood: 'fine' }))).toEqual(ok(answer));
  });

  it('is refused with any one letter altered', () => expectNoLetterAltered(jws, open));

  it('is refused with any one bit of the payload or the signature altered', () => expectNoBitAltered(jws, open));

  it('anything else is refused, without ever throwing', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.base64String()).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (one) => {
        expect((await open(one)).ok).toBe(false);
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (delegations) => {
        const signed = await signJws('time-answer+jws', JSON.stringify(answer), edgeKey, { delegations });
        expect(['malformed', 'unknown-key']).toContain(((await open(signed)) as { reason?: string }).reason);
      }),
    );
    expect(await open('a'.repeat(64 * 1024 + 1))).toEqual(refuse('malformed', 'too long'));
  });
});

describe('who holds an edge key', () => {
  it('is nobody without a pinned gateway’s word for that very key', async () => {
    const another = await delegate({ edgeKey: RFC8037.jwk.x });
    const own = await delegate({}, { ...edgeKey, id: gatewayKey.id });
    for (const words of [[], [another], [own], ['']])
      expect(await open(await stolen({}, words))).toEqual(refuse('unknown-key'));
    expect(await openAnswer(jws, new Map(), expected)).toEqual(refuse('unknown-key'));
    const others = new Map([await importGatewayKey('gw-2', EDGE_JWK.x)]);
    expect(await openAnswer(jws, others, expected)).toEqual(refuse('unknown-key'));
  });

  it('cannot sign by the key of another edge', async () => {
    const words = [await delegate({ edgeKey: RFC8037.jwk.x })];
    const signed = await signAnswer(answer, words, { ...edgeKey, id: RFC8037.thumbprint });
    expect(await open(signed)).toEqual(refuse('bad-signature'));
  });

  it('vouches for nothing at another origin', async () => {
    expect(await open(jws, { origin: 'https://time.example.com' })).toEqual(refuse('wrong-audience'));
    const both = await stolen({}, [delegation, await delegate({ aud: 'https://time.example.com' })]);
    expect(await open(both, { origin: 'https://time.example.com' })).toEqual(ok(answer));
  });

  it('cannot say again what it has once said', async () => {
    expect(await open(jws, { nonce: 'YW5vdGhlciBub25jZQ' })).toEqual(refuse('wrong-nonce'));
    const { nonce: _, ...without } = answer;
    const silent = await signJws('time-answer+jws', JSON.stringify(without), edgeKey, { delegations: [delegation] });
    expect(await open(silent)).toEqual(refuse('wrong-nonce'));
  });

  const { validFromUnixNs, validUntilUnixNs } = exampleDelegation;
  const saying = (earliest: bigint, latest: bigint) =>
    stolen(
      timeAnswer({
        ...exampleAnswer,
        time: unixNanos(earliest),
        earliest: unixNanos(earliest),
        latest: unixNanos(latest),
      }),
    );
  const micro = 1_000n;
  const [first, last] = [(validFromUnixNs / micro + 1n) * micro, (validUntilUnixNs / micro) * micro];
  const floor = unixNanos(0n);

  it.each([
    { name: 'all of it', earliest: first, latest: last, word: undefined },
    { name: '1 µs before', earliest: first - micro, latest: last, word: 'outside-delegation' },
    { name: '1 µs after', earliest: first, latest: last + micro, word: 'outside-delegation' },
    { name: 'next week', earliest: last + 10n ** 15n, latest: last + 10n ** 15n + 1n, word: 'outside-delegation' },
    { name: '1970', earliest: 0n, latest: 1_000_000n, word: 'outside-delegation' },
    { name: 'both sides of it', earliest: 0n, latest: last + 10n ** 15n, word: 'outside-delegation' },
  ])('vouches for times inside its delegation alone: $name', async ({ earliest, latest, word }) => {
    const opened = await open(await saying(earliest, latest), { floor });
    expect(opened).toMatchObject(word === undefined ? { ok: true } : { ok: false, reason: word });
  });

  it('cannot join two delegations into a longer one', async () => {
    const next = await delegate({
      validFromUnixNs: validUntilUnixNs,
      validUntilUnixNs: after(validUntilUnixNs, seconds(3_600)),
    });
    const across = timeAnswer({
      ...exampleAnswer,
      earliest: unixNanos(last - micro),
      time: unixNanos(last),
      latest: unixNanos(last + 2n * micro),
    });
    expect(await open(await stolen(across, [delegation, next]))).toEqual(refuse('outside-delegation'));
  });

  it('cannot go back before what its caller knows to have passed', async () => {
    const { latest } = exampleAnswer;
    expect(await open(jws, { floor: latest })).toEqual(ok(answer));
    expect(await open(jws, { floor: after(latest, seconds(1)) })).toEqual(refuse('went-back'));
  });

  it.each([
    { synchronized: false },
    { time: '2026-11-22T08:30:06.123456Z' },
    { earliest: '2026-11-22T08:30:05.120241Z' },
    { latest: '2027-11-22T08:30:05.126671Z' },
    { unixMs: answer.unixMs + 1 },
    { earliestUnixMs: answer.earliestUnixMs + 0.001 },
    { latestUnixMs: answer.latestUnixMs - 7 },
    { uncertaintyMs: 0 },
    { stratum: 17 },
    { nonce: 7 },
    { latest: '2026-13-22T08:30:05.126671Z' },
    { latest: '2026-11-31T08:30:05.126671Z' },
    { earliest: '0000-01-01T00:00:00.000000Z' },
    { time: 'now' },
    { budget: { ...budget, widthMs: budget.widthMs + 0.001 } },
    { budget: { ...budget, parts: budget.parts.slice(1) } },
    { budget: { ...budget, parts: [{ part: 'sources', basis: 'hoped', ms: budget.widthMs }] } },
    { budget: { ...budget, parts: [{ part: 'sources', basis: 'measured', ms: `${budget.widthMs}` }] } },
    { budget: [] },
  ])('cannot say two things in one: %j', async (over) => {
    expect(await open(await stolen(over))).toMatchObject(refuse('malformed'));
  });
});

it('no text signed for one purpose is opened as another, whoever signed it', async () => {
  const all = new Map([...keys, await importGatewayKey('gw-1', EDGE_JWK.x)]);
  const samples = [await signSample(exampleSample, gatewayKey), await signSample(exampleSample, edgeKey)];
  const delegations = [delegation, await delegate({}, edgeKey)];
  const answers = [jws, await signAnswer(answer, [delegation], gatewayKey)];
  const typ = refuse('malformed', 'typ');
  for (const one of [...delegations, ...answers]) expect(await openSample(one, all)).toEqual(typ);
  for (const one of [...samples, ...answers]) expect(await openDelegation(one, all)).toEqual(typ);
  for (const one of [...samples, ...delegations]) expect(await openAnswer(one, all, expected)).toEqual(typ);
  const payloads = [...samples, ...delegations, ...answers].map((one) => one.split('.').slice(0, 2).join('.'));
  expect(new Set(payloads).size).toBe(payloads.length);
});

it('a time answer is read back as it was written', () => {
  const ns = fc.bigInt({ min: 0n, max: 8_900_000_000_000_000_000n });
  fc.assert(
    fc.property(
      ns,
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.nat(),
      (from, a, b, age) => {
        const written: TimeAnswer = timeAnswer({
          ...exampleAnswer,
          earliest: unixNanos(from),
          time: unixNanos(from + a),
          latest: unixNanos(from + a + b),
          sampleAge: nanos(age * 1e6),
        });
        expect(decodeTimeAnswer(JSON.stringify(written))).toEqual(ok(written));
      },
    ),
  );
});

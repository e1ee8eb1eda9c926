import fc from 'fast-check';
import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { MAX_DELEGATION_LENGTH, MOST_DELEGATIONS } from '#contract/delegation.ts';
import { MOST_ADDRESSES } from '#contract/edge-certificates.ts';
import { type GatewayKeys, importGatewayKey } from '#contract/gateway-keys.ts';
import { jwkOf, keyId, type SigningKey } from '#contract/jws.ts';
import { ok, refuse } from '#contract/result.ts';
import { MAX_SAMPLE_BYTES, openSample, signSample } from '#contract/signed-sample.ts';
import { unixNanos } from '#contract/time.ts';
import { decodeTimeSample, encodeTimeSample, type TimeSample } from '#contract/time-sample.ts';
import { base64url, fromUtf8, subtle, utf8 } from '#contract/web-platform.ts';
import { expectNoBitAltered, expectNoLetterAltered } from './alterations.ts';
import { timeSample } from './arbitraries.ts';
import { exampleKey, exampleReading, exampleSample, RFC8037 } from './example.ts';

const header = { alg: 'EdDSA', typ: 'time-sample+jws', kid: RFC8037.thumbprint };
const payload = utf8(encodeTimeSample(exampleSample));

let key: SigningKey;
let keys: GatewayKeys;
let jws: string;
beforeAll(async () => {
  key = await exampleKey();
  keys = new Map([await importGatewayKey('gw-1', RFC8037.jwk.x)]);
  jws = await signSample(exampleSample, key);
});

/** As a gateway with other ideas would sign it. */
const sign = async (protectedHeader: unknown, body: Uint8Array<ArrayBuffer> = payload): Promise<string> => {
  const signed = `${base64url(utf8(JSON.stringify(protectedHeader)))}.${base64url(body)}`;
  return `${signed}.${base64url(new Uint8Array(await subtle.sign({ name: 'Ed25519' }, key.privateKey, utf8(signed))))}`;
};

describe('RFC 8037, appendix A', () => {
  it('A.3: the thumbprint of the key', async () => {
    expect(await keyId(RFC8037.jwk.x)).toBe(RFC8037.thumbprint);
    expect(await calculateJwkThumbprint(await jwkOf(RFC8037.jwk.x))).toBe(RFC8037.thumbprint);
  });

  it('A.4: the signature of its example', async () => {
    const signed = utf8('eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc');
    const signature = await subtle.sign({ name: 'Ed25519' }, key.privateKey, signed);
    expect(base64url(new Uint8Array(signature))).toBe(
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
    );
  });
});

describe('a signed sample', () => {
  it('is opened as it was signed', async () => {
    await fc.assert(
      fc.asyncProperty(timeSample, async (drawn) => {
        const sample = { ...drawn, gateway: 'gw-1', lineage: [...drawn.lineage.slice(1), 'gw-1'] };
        expect(await openSample(await signSample(sample, key), keys)).toEqual(ok(sample));
      }),
    );
  });

  it('fits into the limit, at its largest', async () => {
    const [long, hash, ns] = ['n'.repeat(255), 'h'.repeat(43), unixNanos(99_999_999_999_999_999_999n)];
    const bounds = { estimateUnixNs: ns, earliestUnixNs: ns, latestUnixNs: ns };
    const word = 'w'.repeat(64);
    const reading = { ...exampleReading, ...bounds, sampleSha256: hash, isolate: word, object: word, location: word };
    const certificates = Object.fromEntries([1, 2, 3, 4].map((n) => [4_000_000_000 + n, 'c'.repeat(256)]));
    const addresses = Array.from({ length: MOST_ADDRESSES }, () => `${'a'.repeat(256)}:65535`);
    const server = { longTermKey: RFC8037.jwk.x, addresses };
    const certified = { edgeKey: RFC8037.jwk.x, longTermKey: RFC8037.jwk.x, certificates, server };
    const largest: TimeSample = {
      ...exampleSample,
      ...bounds,
      gateway: long,
      aud: long,
      epoch: Number.MAX_SAFE_INTEGER,
      sequence: Number.MAX_SAFE_INTEGER,
      lineage: Array.from({ length: 16 }, () => long),
      readings: [reading, reading, reading, reading],
      delegations: Array.from({ length: MOST_DELEGATIONS }, () => 'd'.repeat(MAX_DELEGATION_LENGTH)),
      roughtime: Array.from({ length: MOST_DELEGATIONS }, () => certified),
    };
    expect(decodeTimeSample(encodeTimeSample(largest))).toEqual(ok(largest));
    expect((await signSample(largest, key)).length).toBeLessThan(MAX_SAMPLE_BYTES);
  });

  it('is verified by jose', async () => {
    const { protectedHeader, payload: seen } = await compactVerify(
      jws,
      await importJWK(await jwkOf(RFC8037.jwk.x), 'EdDSA'),
    );
    expect(protectedHeader).toEqual(header);
    expect(fromUtf8(seen)).toBe(encodeTimeSample(exampleSample));
  });

  it.each(['EdDSA', 'Ed25519'])('is opened when jose signed it, alg %s', async (alg) => {
    const signed = await new CompactSign(payload)
      .setProtectedHeader({ ...header, alg })
      .sign(await importJWK(RFC8037.jwk, alg));
    expect(await openSample(signed, keys)).toEqual(ok(exampleSample));
  });

  it('is refused with any one letter altered', () =>
    expectNoLetterAltered(jws, (altered) => openSample(altered, keys)));

  it('is refused with any one bit of the payload or the signature altered', () =>
    expectNoBitAltered(jws, (altered) => openSample(altered, keys)));
});

describe('what openSample refuses', () => {
  it.each([
    { name: 'no algorithm at all', change: { alg: 'none' }, detail: 'alg' },
    { name: 'a shared secret', change: { alg: 'HS256' }, detail: 'alg' },
    { name: 'another curve', change: { alg: 'Ed448' }, detail: 'alg' },
    { name: 'another spelling', change: { alg: 'eddsa' }, detail: 'alg' },
    { name: 'what is signed for another purpose', change: { typ: 'time-answer+jws' }, detail: 'typ' },
    { name: 'no type', change: { typ: undefined }, detail: 'typ' },
    { name: 'critical extensions', change: { crit: ['exp'], exp: 1 }, detail: 'crit' },
    { name: 'an unencoded payload, RFC 7797', change: { b64: false }, detail: 'crit' },
  ])('$name, though signed', async ({ change, detail }) => {
    expect(await openSample(await sign({ ...header, ...change }), keys)).toEqual(refuse('malformed', detail));
  });

  it.each([null, [], 'text', 7])('a header that is %j', async (bad) => {
    expect(await openSample(await sign(bad), keys)).toEqual(refuse('malformed', 'alg'));
  });

  it.each([undefined, '', 'unknown', 7, ['gw-1']])('the key id %j', async (kid) => {
    expect(await openSample(await sign({ ...header, kid }), keys)).toEqual(refuse('unknown-key'));
  });

  it('a key that comes with the sample', async () => {
    const header2 = { ...header, kid: 'mine', jwk: await jwkOf(RFC8037.jwk.x) };
    expect(await openSample(await sign(header2), keys)).toEqual(refuse('unknown-key'));
  });

  it('the sample of one gateway with the key of another', async () => {
    const others = new Map([await importGatewayKey('gw-2', RFC8037.jwk.x)]);
    expect(await openSample(jws, others)).toEqual(refuse('unknown-key', 'the key is not that gateway’s'));
  });

  it.each([
    { name: 'not JSON', body: '{' },
    { name: 'not a sample', body: '{}' },
  ])('a payload that is $name, though signed', async ({ body }) => {
    expect(await openSample(await sign(header, utf8(body)), keys)).toMatchObject(refuse('malformed'));
  });

  it('a payload that is not UTF-8, though signed', async () => {
    expect(await openSample(await sign(header, Uint8Array.of(0xff)), keys)).toMatchObject(refuse('malformed'));
  });

  it.each([0, 1, 63, 65, 128])('a signature of %i bytes', async (length) => {
    const signed = jws.slice(0, jws.lastIndexOf('.'));
    const shaped = `${signed}.${base64url(new Uint8Array(length))}`;
    expect(await openSample(shaped, keys)).toEqual(refuse('bad-signature'));
  });

  it.each([
    { name: 'nothing', alter: () => '' },
    { name: 'two parts', alter: (good: string) => good.slice(0, good.lastIndexOf('.')) },
    { name: 'four parts', alter: (good: string) => `${good}.` },
    { name: 'padding', alter: (good: string) => `${good}==` },
    { name: 'a newline behind', alter: (good: string) => `${good}\n` },
    { name: 'base64 in place of base64url', alter: (good: string) => good.replaceAll('-', '+').replaceAll('_', '/') },
  ])('$name', async ({ alter }) => {
    const altered = alter(jws);
    expect(altered).not.toBe(jws);
    expect(await openSample(altered, keys)).toEqual(refuse('malformed', 'not a compact JWS'));
  });

  it('a second spelling of the same signature: it would be a second hash of the same sample', async () => {
    const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 64 bytes are 86 letters, whose last carries four bits that mean nothing and are 0.
    const last = LETTERS.indexOf(jws.at(-1) ?? '');
    expect(last % 16).toBe(0);
    const respelled = `${jws.slice(0, -1)}${LETTERS[last + 1]}`;
    expect(await openSample(respelled, keys)).toEqual(refuse('malformed', 'not a compact JWS'));
  });

  it('anything else, without ever throwing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.array(fc.base64String()).map((parts) => parts.join('.')),
        ),
        async (text) => {
          expect((await openSample(text, keys)).ok).toBe(false);
        },
      ),
    );
  });
});

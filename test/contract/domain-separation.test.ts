/**
 * What one key signs for one purpose is nothing for another, whatever key it is: here a single one signs all that gateways,
 * their long-term keys and edges ever sign, and each is tried as every other.
 */
import { beforeAll, expect, it } from 'vitest';
import { openDelegation, signDelegation } from '#contract/delegation.ts';
import { type GatewayKeys, importGatewayKey } from '#contract/gateway-keys.ts';
import type { SigningKey } from '#contract/jws.ts';
import { openSuccession, signSuccession } from '#contract/key-succession.ts';
import { openPulledTime, signPulledTime } from '#contract/pulled-time.ts';
import { certify, openCertificate } from '#contract/roughtime/certificate.ts';
import { isSigned, type Purpose, sign } from '#contract/roughtime/signature.ts';
import { VERSIONS } from '#contract/roughtime/versions.ts';
import { openAnswer, signAnswer } from '#contract/signed-answer.ts';
import { openSample, signSample } from '#contract/signed-sample.ts';
import { timeAnswer } from '#contract/time-answer.ts';
import { type Bytes, base64url, fromBase64url, utf8 } from '#contract/web-platform.ts';
import {
  exampleAnswer,
  exampleDelegation,
  exampleKey,
  examplePulled,
  exampleSample,
  exampleSuccession,
  RFC8037,
} from './example.ts';
import { longTermKey, delegation as roughtimeDelegation } from './roughtime/forge.ts';

const { x } = RFC8037.jwk;
const PURPOSES: readonly Purpose[] = ['delegation', 'response'];
const floor = exampleAnswer.earliest;
const { nonce = '' } = exampleAnswer;
const { gateway, aud: origin } = exampleSample;

let key: SigningKey;
let keys: GatewayKeys;
/** Each JWS by what it is, all with the same key. */
let texts: Readonly<Record<keyof typeof OPEN, string>>;
beforeAll(async () => {
  key = await exampleKey();
  keys = new Map([await importGatewayKey(gateway, x)]);
  const delegation = await signDelegation({ ...exampleDelegation, edgeKey: x }, key);
  texts = {
    sample: await signSample(exampleSample, key),
    delegation,
    answer: await signAnswer(timeAnswer(exampleAnswer), [delegation], key),
    pulled: await signPulledTime(examplePulled, key),
    succession: await signSuccession(exampleSuccession, key),
  };
});

const OPEN = {
  sample: (jws: string) => openSample(jws, keys),
  delegation: (jws: string) => openDelegation(jws, keys),
  answer: (jws: string) => openAnswer(jws, keys, { nonce, origin, floor }),
  pulled: (jws: string) => openPulledTime(jws, keys, { gateway, origin, nonce: examplePulled.nonce }),
  succession: openSuccession,
};
const KINDS = Object.keys(OPEN) as (keyof typeof OPEN)[];
const PAIRS = KINDS.flatMap((signed) => KINDS.map((opened) => ({ signed, opened })));

it('is tried with the key that both forms share', () => {
  expect(base64url(longTermKey.publicKey)).toBe(x);
});

it.each(PAIRS)('$signed, opened as $opened', async ({ signed, opened }) => {
  const outcome = await OPEN[opened](texts[signed]);
  expect(outcome).toMatchObject(signed === opened ? { ok: true } : { ok: false, reason: 'malformed', detail: 'typ' });
});

/** What was signed, and the signature. */
const partsOf = (jws: string): readonly [Bytes, Bytes] => {
  const end = jws.lastIndexOf('.');
  return [utf8(jws.slice(0, end)), fromBase64url(jws.slice(end + 1))!];
};

it.each(KINDS)('%s, as a certificate or a response of Roughtime', async (kind) => {
  const [text, signature] = partsOf(texts[kind]);
  for (const version of VERSIONS)
    for (const purpose of PURPOSES) {
      expect(await isSigned(version, purpose, text, signature, longTermKey.publicKey)).toBe(false);
      // No value could make it one: the context begins otherwise, and has a zero byte that no JWS has.
      expect(text.includes(0)).toBe(false);
    }
});

it.each(KINDS)('a signature of Roughtime over the text of a %s', async (kind) => {
  const [text] = partsOf(texts[kind]);
  const before = texts[kind].slice(0, texts[kind].lastIndexOf('.'));
  for (const version of VERSIONS)
    for (const purpose of PURPOSES) {
      const signature = await sign(version, purpose, text, longTermKey.privateKey);
      expect(await OPEN[kind](`${before}.${base64url(signature)}`)).toMatchObject({ reason: 'bad-signature' });
    }
});

it('a certificate, a response and both versions of each', async () => {
  const value = utf8('the same bytes');
  const kinds = VERSIONS.flatMap((version) => PURPOSES.map((purpose) => ({ version, purpose })));
  for (const signed of kinds) {
    const signature = await sign(signed.version, signed.purpose, value, longTermKey.privateKey);
    for (const { version, purpose } of kinds)
      expect(await isSigned(version, purpose, value, signature, longTermKey.publicKey)).toBe(
        signed.version === version && signed.purpose === purpose,
      );
  }
  for (const signed of VERSIONS) {
    const certificate = await certify(roughtimeDelegation, signed, longTermKey.privateKey);
    for (const version of VERSIONS)
      expect((await openCertificate(certificate, version, longTermKey.publicKey)).ok).toBe(signed === version);
  }
});

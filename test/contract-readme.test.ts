/** contract/README.md says what the code makes. (Not in test/contract, which runs where there are no files.) */
import { describe, expect, it } from 'vitest';
import { openDelegation, signDelegation } from '#contract/delegation.ts';
import { certifyDelegation, openEdgeCertificates } from '#contract/edge-certificates.ts';
import { decodeEdgeReading } from '#contract/edge-reading.ts';
import { encodeText } from '#contract/fields.ts';
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { openSuccession, signSuccession } from '#contract/key-succession.ts';
import { openPulledTime, questionUrl, signPulledTime } from '#contract/pulled-time.ts';
import { ok } from '#contract/result.ts';
import { verifyResponse } from '#contract/roughtime/verification.ts';
import { openAnswer, signAnswer } from '#contract/signed-answer.ts';
import { openSample, signSample } from '#contract/signed-sample.ts';
import { noonmarkTime, timeAnswer, timeText, timeUnix, timeUnixMs } from '#contract/time-answer.ts';
import { encodeTimeSample } from '#contract/time-sample.ts';
import { base64 } from '#contract/web-platform.ts';
import {
  exampleAnswer,
  exampleBudget,
  exampleDelegation,
  exampleEdgeKey,
  exampleKey,
  examplePulled,
  exampleReading,
  exampleSample,
  exampleSuccession,
  RFC8037,
} from './contract/example.ts';
import { answer, longTermKey, NOW, otherKey, request } from './contract/roughtime/forge.ts';
import { readmeBlock } from './support/readme-block.ts';

const block = (name: string): string => readmeBlock('contract/README.md', name);
const headerOf = (jws: string): unknown => JSON.parse(Buffer.from(jws.split('.')[0]!, 'base64url').toString());
const lines = (json: unknown): string => JSON.stringify(json, null, 2);

describe('contract/README.md', () => {
  it('shows an edge reading', () => {
    expect(block('edge-reading')).toBe(lines(exampleReading));
    expect(decodeEdgeReading(JSON.parse(block('edge-reading')))).toEqual(ok(exampleReading));
  });

  it('shows a signed sample, its header and its payload', async () => {
    const jws = block('signed-sample');
    expect(jws).toBe(await signSample(exampleSample, await exampleKey()));
    expect(JSON.parse(block('header'))).toEqual(headerOf(jws));
    expect(block('sample')).toBe(lines(JSON.parse(encodeTimeSample(exampleSample))));
    expect(await openSample(jws, new Map([await importGatewayKey('gw-1', RFC8037.jwk.x)]))).toEqual(ok(exampleSample));
  });

  it('shows a delegation, its header and its payload', async () => {
    const jws = block('signed-delegation');
    expect(jws).toBe(await signDelegation(exampleDelegation, await exampleKey()));
    expect(JSON.parse(block('delegation-header'))).toEqual(headerOf(jws));
    expect(block('delegation')).toBe(lines(JSON.parse(encodeText(exampleDelegation))));
    expect(await openDelegation(jws, new Map([await importGatewayKey('gw-1', RFC8037.jwk.x)]))).toEqual(
      ok(exampleDelegation),
    );
  });

  it('shows its certificates', async () => {
    const certificates = await certifyDelegation(exampleDelegation, otherKey);
    expect(block('edge-certificates')).toBe(lines(certificates));
    expect(await openEdgeCertificates(certificates, exampleDelegation)).toMatchObject({ ok: true });
  });

  it('shows a succession, its header and its payload', async () => {
    const jws = block('key-succession');
    expect(jws).toBe(await signSuccession(exampleSuccession, await exampleKey()));
    expect(JSON.parse(block('succession-header'))).toEqual(headerOf(jws));
    expect(block('succession')).toBe(lines(JSON.parse(encodeText(exampleSuccession))));
    expect(await openSuccession(jws)).toEqual(ok(exampleSuccession));
  });

  it('shows a pulled time, its question, its header and its payload', async () => {
    const jws = block('pulled-time');
    const { gateway, aud: origin, nonce } = examplePulled;
    expect(block('question')).toBe(questionUrl('https://gw-1.example.org', { origin, nonce }));
    expect(jws).toBe(await signPulledTime(examplePulled, await exampleKey()));
    expect(JSON.parse(block('pulled-header'))).toEqual(headerOf(jws));
    expect(block('pulled')).toBe(lines(JSON.parse(encodeText(examplePulled))));
    const keys = new Map([await importGatewayKey('gw-1', RFC8037.jwk.x)]);
    expect(await openPulledTime(jws, keys, { gateway, origin, nonce })).toEqual(ok(examplePulled));
  });

  it('shows a Roughtime response', async () => {
    const [response] = await answer(request);
    expect(block('roughtime-response')).toBe(base64(response!));
    expect(await verifyResponse(response!, request, longTermKey.publicKey)).toEqual(ok(NOW));
  });

  it('shows a time answer in every form', () => {
    expect(block('time-answer')).toBe(lines(timeAnswer(exampleAnswer)));
    expect(block('forms').split('\n')).toEqual([
      timeText(exampleAnswer),
      timeUnix(exampleAnswer),
      timeUnixMs(exampleAnswer),
      `Noonmark-Time: ${noonmarkTime(exampleAnswer)}`,
    ]);
  });

  it('shows an error budget', () => {
    const { budget } = timeAnswer({ ...exampleAnswer, budget: exampleBudget });
    expect(JSON.parse(block('error-budget'))).toEqual(budget);
  });

  it('shows a signed answer and its header', async () => {
    const jws = block('signed-answer');
    const answer = timeAnswer(exampleAnswer);
    expect(jws).toBe(await signAnswer(answer, [block('signed-delegation')], await exampleEdgeKey()));
    expect(JSON.parse(block('answer-header'))).toEqual(headerOf(jws));
    const keys = new Map([await importGatewayKey('gw-1', RFC8037.jwk.x)]);
    const expected = { nonce: answer.nonce ?? '', origin: exampleDelegation.aud, floor: exampleAnswer.earliest };
    expect(await openAnswer(jws, keys, expected)).toEqual(ok(answer));
  });
});

/** What an edge refuses from the network, and what a gateway refuses from an edge: neither moves the time. */
import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyId, type SigningKey } from '#contract/jws.ts';
import { signSample } from '#contract/signed-sample.ts';
import { after, seconds } from '#contract/time.ts';
import { decodeTimeSample, type TimeSample } from '#contract/time-sample.ts';
import { loadOrCreateKey } from '../../../ntp-gateway/io/keys.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { askPrecisely, expectTruth, startTestEdge, type TestEdge } from '../../support/edge.ts';
import { type GatewayProcess, makeGatewayState, startGateway, untilPublished } from '../../support/gateway.ts';
import { type HttpProxy, type Passed, startHttpProxy } from '../../support/http-proxy.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { waitFor } from '../../support/wait-for.ts';

const SHIFT = 5;

describe.skipIf(!hasChronyd)('samples, from a real gateway', () => {
  const keep = stopAfterAll();
  let edge: TestEdge;
  let proxy: HttpProxy;
  let gateway: GatewayProcess;
  let key: SigningKey;
  beforeAll(async () => {
    const { stateDir, x } = await makeGatewayState();
    key = await loadOrCreateKey(stateDir);
    const upstream = await keep(startChronyd({ shiftSeconds: SHIFT }));
    edge = await keep(startTestEdge(x));
    proxy = await keep(startHttpProxy(edge.url));
    gateway = await keep(startGateway({ stateDir, sources: [upstream], publish: [proxy.origin] }));
    await untilPublished(gateway);
  });

  /** The gateway asks the edge for the time as well, as any caller does. */
  const newest = (): Passed =>
    proxy.passed.findLast(({ method, answer }) => method === 'POST' && answer.status === 200)!;
  const jws = (): string => newest().body.toString();
  const stated = (): TimeSample => {
    const [, payload = ''] = jws().split('.');
    const sample = decodeTimeSample(Buffer.from(payload, 'base64url').toString());
    if (!sample.ok) throw new Error(sample.detail);
    return sample.value;
  };
  /** A later sample of the same gateway, off by `by`. */
  const signedLater = (by: number): Promise<string> => {
    const { earliestUnixNs, estimateUnixNs, latestUnixNs, validFromUnixNs, validUntilUnixNs, ...others } = stated();
    const move = (point: typeof earliestUnixNs) => after(point, seconds(by));
    return signSample(
      {
        ...others,
        sequence: others.sequence + 100,
        earliestUnixNs: move(earliestUnixNs),
        estimateUnixNs: move(estimateUnixNs),
        latestUnixNs: move(latestUnixNs),
        validFromUnixNs: move(validFromUnixNs),
        validUntilUnixNs: move(validUntilUnixNs),
      },
      key,
    );
  };
  const stranger = async (): Promise<SigningKey> => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const id = await keyId(publicKey.export({ format: 'jwk' }).x!);
    return { id, privateKey: privateKey.toCryptoKey({ name: 'Ed25519' }, false, ['sign']) };
  };
  const alter = (text: string): string => {
    const middle = Math.floor(text.length / 2);
    return `${text.slice(0, middle)}${text[middle] === 'A' ? 'B' : 'A'}${text.slice(middle + 1)}`;
  };

  it.each([
    { name: 'one handed in again', word: 'replayed', status: 409, body: jws },
    { name: 'an altered byte', word: 'bad-signature', status: 401, body: () => alter(jws()) },
    {
      name: 'one of a key that nobody trusts',
      word: 'unknown-key',
      status: 401,
      body: async () => signSample(stated(), await stranger()),
    },
    { name: 'one an hour old', word: 'stale', status: 422, body: () => signedLater(-3_600) },
    { name: 'one an hour ahead', word: 'future', status: 422, body: () => signedLater(3_600) },
    { name: 'what is no JWS', word: 'malformed', status: 400, body: () => '{"time":"now"}' },
    { name: 'two megabytes', word: 'too-large', status: 413, body: () => 'a'.repeat(2_000_000) },
  ])('the edge refuses $name: $word', async ({ word, status, body }) => {
    const refusal = await fetch(`${proxy.origin}/samples`, { method: 'POST', body: await body() });
    expect(refusal.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await refusal.json()) as { epoch?: number };
    expect(problem).toMatchObject({ type: `urn:noonmark:problem:${word}`, status });
    expect(refusal.status).toBe(status);
    expect(problem.epoch).toBe(word === 'replayed' ? (await gateway.status()).epoch : undefined);
  });

  it('the edge refuses one made for another edge: wrong-audience', async () => {
    const refusal = await fetch(`${edge.url}/samples`, { method: 'POST', body: jws() });
    expect(await refusal.json()).toMatchObject({ type: 'urn:noonmark:problem:wrong-audience', status: 401 });
  });

  it('and none of it has moved the time or kept the gateway’s own from coming in', async () => {
    const { sequence } = stated();
    await waitFor('later samples', () => stated().sequence > sequence);
    const asked = await askPrecisely(edge.url);
    expectTruth(asked, 1_000 * SHIFT);
    expect((await gateway.status()).publish).toMatchObject([{ outcome: 'ok', counters: {} }]);
  });

  it('the gateway refuses an answer to another sample: wrong-sample', async () => {
    const { answer } = newest();
    proxy.answerInstead = (method) => (method === 'POST' ? answer : undefined);
    await waitFor('the word', async () => (await gateway.status()).publish[0]?.counters['wrong-sample'] === 2);
    proxy.answerInstead = () => undefined;
    expectTruth(await askPrecisely(edge.url), 1_000 * SHIFT);
    const { sequence } = stated();
    await waitFor('later samples', () => stated().sequence > sequence + 1);
    expectTruth(await askPrecisely(edge.url), 1_000 * SHIFT);
  });
});

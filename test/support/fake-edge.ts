/** An edge that says what a test wants, true or not, and signs it on the word of a gateway of its own. */
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signDelegation } from '#contract/delegation.ts';
import { jwkOf, keyId, type SigningKey } from '#contract/jws.ts';
import { signAnswer } from '#contract/signed-answer.ts';
import { after, milliseconds, seconds, unixMillis } from '#contract/time.ts';
import { timeAnswer } from '#contract/time-answer.ts';

/** What it does otherwise than an honest edge within 5 ms of this host's clock. */
export type Lies = {
  readonly shiftMs?: number;
  readonly uncertaintyMs?: number;
  readonly synchronized?: boolean;
  readonly nonce?: string;
  /** Of the delegation. */
  readonly aud?: string;
  /** Of the delegation, from now. */
  readonly validFromS?: number;
  /** By a key that no gateway has delegated; or by one that is delegated, but not this. */
  readonly signs?: 'stranger' | 'other-key';
  /** Answers instead; what it returns true for is done. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
};

export type FakeEdge = {
  readonly origin: string;
  /** Of the gateway that vouches for it. */
  readonly gatewayKey: string;
  lies: Lies;
  /** How many connections there were. */
  readonly connections: () => number;
  [Symbol.asyncDispose](): Promise<void>;
};

const GATEWAY = 'gw-fake';

const makeKey = async (): Promise<SigningKey & { readonly x: string }> => {
  const pair = await webcrypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  const { publicKey, privateKey } = pair as webcrypto.CryptoKeyPair;
  const { x = '' } = await webcrypto.subtle.exportKey('jwk', publicKey);
  return { id: await keyId(x), x, privateKey };
};

export const startFakeEdge = async (lies: Lies = {}): Promise<FakeEdge> => {
  const [gateway, own, stranger] = await Promise.all([makeKey(), makeKey(), makeKey()]);
  let connections = 0;

  const answerNow = (nonce: string | null) => {
    const { shiftMs = 0, uncertaintyMs = 5, synchronized = true, nonce: otherNonce = nonce } = edge.lies;
    const time = unixMillis(Date.now() + shiftMs);
    const bound = milliseconds(uncertaintyMs);
    return timeAnswer({
      time,
      earliest: after(time, milliseconds(-uncertaintyMs)),
      latest: after(time, bound),
      synchronized,
      leap: 'none',
      taiOffsetSeconds: 37,
      stratum: 3,
      gateway: GATEWAY,
      sampleAge: seconds(1),
      ...(otherNonce !== null && { nonce: otherNonce }),
    });
  };

  const sign = (nonce: string | null): Promise<string> => signedBy(edge.lies, answerNow(nonce));
  const signedBy = async (
    { aud = edge.origin, shiftMs = 0, validFromS = -60, signs }: Lies,
    answer: ReturnType<typeof answerNow>,
  ) => {
    const validFromUnixNs = unixMillis(Date.now() + shiftMs + validFromS * 1_000);
    const delegation = {
      version: 1,
      gateway: GATEWAY,
      edgeKey: own.x,
      aud,
      validFromUnixNs,
      validUntilUnixNs: after(validFromUnixNs, seconds(3_600)),
    } as const;
    const signer = { stranger, 'other-key': { id: own.id, privateKey: stranger.privateKey } };
    return signAnswer(answer, [await signDelegation(delegation, gateway)], signs ? signer[signs] : own);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (edge.lies.instead?.(request, response)) return;
    const { pathname, searchParams } = new URL(request.url ?? '/', edge.origin);
    const nonce = searchParams.get('nonce');
    if (pathname === '/.well-known/jwks.json') {
      response.setHeader('Content-Type', 'application/jwk-set+json');
      response.end(JSON.stringify({ keys: [{ ...(await jwkOf(gateway.x)), gateway: GATEWAY }, await jwkOf(own.x)] }));
      return;
    }
    const isSigned = searchParams.get('format') === 'jws';
    response.setHeader('Content-Type', isSigned ? 'application/jose' : 'application/json');
    response.end(isSigned ? await sign(nonce) : JSON.stringify(answerNow(nonce)));
  };

  const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
  server.on('connection', () => connections++);
  await once(server, 'listening');
  const edge: FakeEdge = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    gatewayKey: gateway.id,
    lies,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return edge;
};

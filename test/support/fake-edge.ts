/** An edge that says what a test wants, true or not, and signs it on the word of a gateway of its own. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { after, seconds, unixMillis } from '#contract/time.ts';
import { timeAnswer } from '#contract/time-answer.ts';
import type { TestCertificate } from './certificate.ts';
import { startEdgeServer } from './edge-server.ts';
import { around, makeKeyPair, makeSignedEdge } from './signed-edge.ts';

/** What it does otherwise than an honest edge within 5 ms of this host's clock. */
export type Lies = {
  readonly shiftMs?: number;
  readonly uncertaintyMs?: number;
  readonly synchronized?: boolean;
  readonly nonce?: string;
  /** Of the delegation. */
  readonly aud?: string;
  /** The delegation ends a second before the time that is told. */
  readonly hasEnded?: boolean;
  /** By another key than the delegated one; `forger` says that it is that one. */
  readonly signer?: 'stranger' | 'forger';
  /** Answers instead; where it returns false it has not. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
};

export type FakeEdge = {
  readonly origin: string;
  /** Of the gateway that vouches for it. */
  readonly gatewayKey: string;
  /** May be changed at any time. */
  lies: Lies;
  [Symbol.asyncDispose](): Promise<void>;
};

const GATEWAY = 'gw-fake';

export const startFakeEdge = async (lies: Lies = {}, certificate?: TestCertificate): Promise<FakeEdge> => {
  const stranger = await makeKeyPair();

  const told = ({ shiftMs = 0, uncertaintyMs = 5, synchronized = true }: Lies) => ({
    ...around(unixMillis(Date.now() + shiftMs), uncertaintyMs),
    synchronized,
    sampleAge: seconds(1),
  });
  const plain = (asked: string): string => {
    const { nonce = asked } = edge.lies;
    const more = { leap: 'none', taiOffsetSeconds: 37, stratum: 3, gateway: GATEWAY } as const;
    return JSON.stringify(timeAnswer({ ...more, ...told(edge.lies), nonce }));
  };
  const signed = async (asked: string): Promise<string> => {
    const { nonce = asked, aud = edge.origin, hasEnded, signer } = edge.lies;
    const says = told(edge.lies);
    const validUntilUnixNs = after(says.time, seconds(hasEnded ? -1 : 3_600));
    const delegation = await own.delegate(says.time, { aud, validUntilUnixNs });
    const keys = { stranger: stranger.key, forger: { ...stranger.key, id: own.edgeKey } };
    return own.sign(says, nonce, [delegation], signer && keys[signer]);
  };

  const handle: RequestListener = async (request, response) => {
    if (edge.lies.instead?.(request, response)) return;
    const { pathname, searchParams } = new URL(request.url ?? '/', edge.origin);
    const nonce = searchParams.get('nonce') ?? '';
    const isSigned = searchParams.get('format') === 'jws';
    response.setHeader('Content-Type', isSigned ? 'application/jose' : 'application/json');
    if (pathname === '/.well-known/jwks.json') response.end(await own.keySet());
    else response.end(isSigned ? await signed(nonce) : plain(nonce));
  };

  const server = await startEdgeServer(handle, certificate);
  const own = await makeSignedEdge(server.origin, GATEWAY);
  const edge: FakeEdge = { ...server, gatewayKey: own.gatewayKey, lies };
  return edge;
};

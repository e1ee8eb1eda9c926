/** Posts samples, and words about keys. Answers are small; anything else is cut off. */
import type { IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Answer } from '../publish/answer.ts';
import type { Tls } from './edge-connection.ts';
import { Agent as HttpAgent, onceOpen, request as requestHttp } from './node-http.ts';
import { judgeSafely } from './peer-certificate.ts';

const LONGEST_WAIT_MS = 10_000;
const MOST_BYTES = 16 * 1024;

/**
 * Rejects where no whole answer came in time.
 *
 * @param departing - called just before it leaves, on an open connection.
 * @param judge - of a certificate that Node, by the host's clock, does not accept.
 */
export const post = (
  origin: string,
  jws: string,
  departing: () => void,
  withinMs = LONGEST_WAIT_MS,
  judge?: Tls['judge'],
): Promise<Answer> => postTo(new URL('/samples', origin), jws, departing, withinMs, judge);

/** A key's word for the one that follows it, or that none does. */
export const postSuccession = (origin: string, jws: string): Promise<Answer> =>
  postTo(new URL('/keys', origin), jws, () => {}, LONGEST_WAIT_MS);

/** From one sample to the next a connection stays open, but not for as long as others let it, or a sample meets one that is being closed. */
const IDLE_MS = 60_000;
const KEPT_OPEN = {
  keepAlive: true,
  timeout: IDLE_MS,
  ...(process.env.NODE_USE_ENV_PROXY === '1' && { proxyEnv: process.env }),
};
const overHttps = new HttpsAgent(KEPT_OPEN);
/** A session that is resumed would bring no certificate to look at. */
const overJudged = new HttpsAgent({ ...KEPT_OPEN, rejectUnauthorized: false, maxCachedSessions: 0 });
const overHttp = new HttpAgent(KEPT_OPEN);

/** A redirection is not followed: what is signed is for one origin. */
const postTo = (
  url: URL,
  jws: string,
  departing: () => void,
  withinMs: number,
  judge?: Tls['judge'],
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { 'content-type': 'application/jose', 'content-length': Buffer.byteLength(jws) },
      signal: AbortSignal.timeout(withinMs),
    };
    const outgoing =
      url.protocol === 'http:'
        ? requestHttp(url, { ...options, agent: overHttp })
        : requestHttps(url, { ...options, agent: judge ? overJudged : overHttps });
    outgoing.on('error', reject).on('response', (incoming) => {
      const { statusCode = 0, headers } = incoming;
      const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
      const more = Number.isFinite(retryAfter) && { retryAfter };
      readBounded(incoming).then((text) => resolve({ status: statusCode, body: parse(text), ...more }), reject);
    });
    outgoing.on('upgrade', (_incoming, socket) => {
      socket.destroy();
      reject(new Error('another protocol'));
    });
    // What a handshake takes is no part of an exchange, or two round trips more would be in doubt of what the edge's clock read.
    onceOpen(outgoing, (socket) => {
      const refusal = judge && refusalOf(socket, judge);
      if (refusal !== undefined) return void outgoing.destroy(new Error(refusal));
      departing();
      outgoing.end(jws);
    });
  });

const refusalOf = (socket: Socket, judge: Tls['judge']): string | undefined => {
  if (!isEncrypted(socket) || socket.authorized) return undefined;
  const judged = judgeSafely(socket, judge);
  return judged.ok ? undefined : judged.reason;
};

const isEncrypted = (socket: Socket): socket is TLSSocket => 'encrypted' in socket;

const readBounded = async (incoming: IncomingMessage): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error('the answer is too long'); // leaving the loop closes the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

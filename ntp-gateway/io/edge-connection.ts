/** A connection to an edge, kept open from one question to the next: what a handshake takes is no part of an exchange. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext, TLSSocket } from 'node:tls';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { MonoNanos } from '#contract/time.ts';
import type { CertificateRefusal } from '../protocol/authentication.ts';
import type { ClockReading } from '../protocol/server-state.ts';
import { Agent as HttpAgent, isOpening, request as requestHttp } from './node-http.ts';
import { type Believed, judgeSafely } from './peer-certificate.ts';

export type EdgeResponse = {
  /** Read on an open connection, just before the question was first handed to it. */
  readonly t1: MonoNanos;
  /** Read as all of the answer was there: whoever ends TLS can send a head before he asks the edge. */
  readonly t4: MonoNanos;
  readonly status: number;
  /** In s, where the edge named some. */
  readonly retryAfter?: number;
  readonly body: string;
};

export type ConnectionRefusal = 'unreachable' | 'timeout' | 'tls' | 'malformed' | 'too-long' | CertificateRefusal;

export type Tls = {
  readonly context: SecureContext;
  /** @param time - by our own clock, where its dates are to be judged. */
  readonly judge: (socket: TLSSocket, time?: ClockReading) => Result<Believed, CertificateRefusal>;
};

type Outcome<Value> = Result<Value, ConnectionRefusal>;

/** `path` with its query. @returns in all cases. */
export type EdgeConnection = (path: string) => Promise<Outcome<EdgeResponse>>;

/** In ms, from asking to the whole answer. */
const PATIENCE = 10_000;
const MOST_BYTES = 64 * 1024;
/** Responses with a status of 1xx, which may come without end. */
const MOST_HINTS = 8;
/** Of OpenSSL: the other end says so itself, or answers by an older version. */
const TOO_OLD = ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'ERR_SSL_UNSUPPORTED_PROTOCOL'];

/**
 * Through the proxy of HTTPS_PROXY (HTTP_PROXY), unless NO_PROXY says otherwise.
 *
 * @param tls - whom to trust; asked at the first connection, and never where `origin` is plain http.
 */
export const connectTo = (
  origin: string,
  mono: () => MonoNanos,
  tls: () => Tls,
  patience: number = PATIENCE,
): EdgeConnection => {
  let begin: ((path: string) => ClientRequest) | undefined;
  let judge: Tls['judge'] | undefined;
  const made: Duplex[] = [];
  const ready = new WeakSet<Socket>();

  const open = (): ((path: string) => ClientRequest) => {
    const options = { keepAlive: true, maxFreeSockets: 1, proxyEnv: process.env };
    if (origin.startsWith('http:')) {
      const agent = new HttpAgent(options);
      return (path) => requestHttp(new URL(path, origin), { agent });
    }
    const trusted = tls();
    judge = trusted.judge;
    const agent = new HttpsAgent({
      ...options,
      secureContext: trusted.context,
      maxCachedSessions: 0, // a resumed one would bring no certificate to look at
      // `judge` looks at both, and sees all that is wrong and not only the last of it.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    const connect = agent.createConnection;
    agent.createConnection = (...args) => {
      const connection = connect.apply(agent, args);
      if (connection) made.push(connection);
      return connection;
    };
    return (path) => requestHttps(new URL(path, origin), { agent });
  };

  /** @param first - when the same was asked before: who broke that off may have the answer from then. */
  const ask = (path: string, first?: MonoNanos): Promise<Outcome<EdgeResponse>> =>
    new Promise((resolve) => {
      let t1: MonoNanos;
      /** What it means when the connection ends. */
      let stage: 'unreachable' | 'tls' | 'asked' = 'unreachable';
      let isOver = false;
      const outgoing = begin!(path);
      const connection = made.pop(); // for this question; on its way through a proxy, that does not know it
      const end = (outcome: Outcome<EdgeResponse> | Promise<Outcome<EdgeResponse>>): void => {
        isOver = true;
        clearTimeout(limit);
        resolve(outcome);
      };
      const fail = (outcome: Outcome<never>): void => {
        end(outcome);
        outgoing.destroy();
        connection?.destroy();
      };
      // Whatever becomes of it: nobody asks again before this is over.
      const limit = setTimeout(
        () =>
          fail(stage === 'asked' ? refuse('timeout', 'no complete answer') : refuse(stage, 'no connection in time')),
        patience,
      );
      const send = (): void => {
        stage = 'asked';
        t1 = first ?? mono();
        outgoing.end();
      };
      outgoing.once('socket', (socket) => {
        if (ready.has(socket)) return send();
        socket.once('connect', () => {
          stage = 'tls';
        });
        const use = (): void => {
          const judged = judge && judgeSafely(socket as TLSSocket, judge);
          if (judged && !judged.ok) {
            fail(judged);
          } else {
            ready.add(socket);
            send();
          }
        };
        if (isOpening(socket)) socket.once(judge ? 'secureConnect' : 'connect', use);
        else use();
      });
      outgoing.once('response', (incoming) => {
        readBody(incoming).then(
          (body) => end(body === undefined ? refuse('too-long') : ok({ t1, t4: mono(), ...headOf(incoming), body })),
          ({ code }: NodeJS.ErrnoException) => end(refuse('unreachable', code)),
        );
      });
      let hints = 0;
      outgoing.on('information', () => {
        if (++hints > MOST_HINTS) fail(refuse('malformed', `more than ${MOST_HINTS} informational responses`));
      });
      outgoing.once('upgrade', (_incoming, socket) => {
        socket.destroy(); // it is no longer the request's: who answers so each time would have as many as it likes
        fail(refuse('malformed', 'another protocol'));
      });
      outgoing.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
        outgoing.on('error', () => {}); // what comes after the first says no more
        // The edge may have closed the connection as the question left.
        if (outgoing.reusedSocket && first === undefined && !isOver) end(ask(path, t1));
        else if (code.startsWith('HPE_')) end(refuse('malformed', 'not HTTP'));
        else if (TOO_OLD.includes(code)) end(refuse('tls', 'it has no TLS 1.3'));
        else end(refuse(stage === 'tls' || code.startsWith('ERR_SSL') ? 'tls' : 'unreachable', code));
      });
    });

  return async (path) => {
    try {
      begin ??= open();
    } catch (error) {
      return refuse('tls', (error as NodeJS.ErrnoException).code); // an authority that Node cannot read
    }
    return ask(path);
  };
};

const headOf = ({ statusCode = 0, headers }: IncomingMessage): Pick<EdgeResponse, 'status' | 'retryAfter'> => {
  const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
  return { status: statusCode, ...(Number.isFinite(retryAfter) && { retryAfter }) };
};

/** @returns undefined for more than any answer has. */
const readBody = async (incoming: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) return undefined; // leaving the loop closes the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

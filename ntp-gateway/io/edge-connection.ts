/** A connection to an edge, kept open from one question to the next: what a handshake takes is no part of an exchange. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { MonoNanos } from '#contract/time.ts';
import type { CertificateRefusal } from '../protocol/authentication.ts';
import { type Believed, judgeSafely } from './peer-certificate.ts';

export type EdgeResponse = {
  /** Read on an open connection, just before the question was handed to it. */
  readonly t1: MonoNanos;
  /** Read as the answer's head was there. */
  readonly t4: MonoNanos;
  readonly status: number;
  /** In s, where the edge named some. */
  readonly retryAfter?: number;
  readonly body: string;
};

export type ConnectionRefusal = 'unreachable' | 'timeout' | 'tls' | 'malformed' | 'long' | CertificateRefusal;

export type Tls = {
  readonly context: SecureContext;
  readonly judge: (socket: TLSSocket) => Result<Believed, CertificateRefusal>;
};

type Outcome<Value> = Result<Value, ConnectionRefusal>;

/** `path` with its query. @returns in all cases. */
export type EdgeConnection = (path: string) => Promise<Outcome<EdgeResponse>>;

/** In ms: for the connection, and for all of it. */
const PATIENCE = { connection: 8_000, exchange: 10_000 };
const MOST_BYTES = 64 * 1024;

/** @param tls - how the other end is judged; asked of at each new connection, and never where `origin` is plain http. */
export const connectTo = (
  origin: string,
  mono: () => MonoNanos,
  tls: () => Tls,
  patience: typeof PATIENCE = PATIENCE,
): EdgeConnection => {
  const url = new URL(origin);
  const isSecure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (isSecure ? 443 : 80));
  /** Why there was no connection: what `node:http` hands on is an error. */
  let refused: Outcome<never> | undefined;

  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1 });
  agent.createConnection = (_options, made) => {
    const opening = isSecure ? openTls(host, port, tls, patience.connection) : open(host, port, patience.connection);
    // An authority of the system's may be one that Node cannot read.
    void opening
      .catch(({ code }: NodeJS.ErrnoException) => refuse('tls', code))
      .then((opened) => {
        refused = opened.ok ? undefined : opened;
        if (opened.ok) made?.(null, opened.value);
        else made?.(new Error(opened.reason), undefined as never);
      });
    return undefined;
  };

  const ask = (path: string, mayRepeat: boolean): Promise<Outcome<EdgeResponse>> =>
    new Promise((resolve) => {
      let t1: MonoNanos;
      let isOver = false;
      refused = undefined;
      const outgoing = request({ agent, host, port, path, headers: { host: url.host } });
      const end = (outcome: Outcome<EdgeResponse> | Promise<Outcome<EdgeResponse>>): void => {
        isOver = true;
        clearTimeout(limit);
        resolve(outcome);
      };
      // Whatever becomes of it: nobody asks again before this is over.
      const limit = setTimeout(() => {
        end(refuse('timeout', 'no complete answer'));
        outgoing.destroy();
      }, patience.exchange);
      outgoing.once('socket', () => {
        t1 = mono();
      });
      outgoing.once('response', (incoming) => {
        const t4 = mono();
        readBody(incoming).then(
          (body) => end(body === undefined ? refuse('long') : ok({ t1, t4, ...headOf(incoming), body })),
          (error) => end(refusalOf(error)),
        );
      });
      outgoing.once('upgrade', (_incoming, socket) => {
        end(refuse('malformed', 'another protocol'));
        socket.destroy();
      });
      outgoing.once('error', (error) => {
        outgoing.on('error', () => {}); // what comes after the first says no more
        // The edge may have closed the connection as the question left.
        const isStale = outgoing.reusedSocket && mayRepeat && !isOver;
        end(isStale ? ask(path, false) : (refused ?? refusalOf(error)));
      });
      outgoing.end();
    });
  return (path) => ask(path, true);
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

const refusalOf = ({ code = '' }: NodeJS.ErrnoException): Outcome<never> =>
  code.startsWith('HPE_') ? refuse('malformed', 'not HTTP') : refuse('unreachable', code);

const open = (host: string, port: number, patience: number): Promise<Outcome<Socket>> =>
  opened(connect({ host, port }), 'connect', patience, () => undefined);

const openTls = async (host: string, port: number, tls: () => Tls, patience: number): Promise<Outcome<Socket>> => {
  const { context, judge } = tls();
  const socket = connectTls({
    host,
    port,
    ...(isIP(host) === 0 && { servername: host }),
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
    // `judge` looks at both, and sees all that is wrong and not only the last of it.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  return opened(socket, 'secureConnect', patience, () => {
    const judged = judgeSafely(socket, judge);
    return judged.ok ? undefined : judged;
  });
};

/** @param fault - what is wrong with it once it is open. */
const opened = (
  socket: Socket,
  event: 'connect' | 'secureConnect',
  patience: number,
  fault: () => Outcome<never> | undefined,
): Promise<Outcome<Socket>> =>
  new Promise((resolve) => {
    /** What it means when the connection ends. */
    let stage: 'unreachable' | 'tls' = 'unreachable';
    const end = (refusal: Outcome<never>): void => {
      socket.destroy();
      resolve(refusal);
    };
    const onError = ({ code }: NodeJS.ErrnoException): void => end(refuse(stage, code));
    const onClose = (): void => end(refuse(stage, 'the edge ended the connection'));
    const onTimeout = (): void => end(refuse(stage, 'no connection in time'));
    socket.setTimeout(patience, onTimeout);
    socket.once('error', onError).once('close', onClose);
    socket.once('connect', () => {
      stage = 'tls';
    });
    socket.once(event, () => {
      socket.setTimeout(0, onTimeout).off('timeout', onTimeout).off('error', onError).off('close', onClose);
      const wrong = fault();
      if (wrong) end(wrong);
      else resolve(ok(socket));
    });
  });

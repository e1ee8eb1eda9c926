/** Asks an edge by Node's own client, over one connection that stays: only so is it known when a request left. */
import { once } from 'node:events';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { ok, type Result, refuse } from '#contract/result.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { type HttpAnswer, type HttpGet, MAX_BODY_BYTES, type NoAnswer } from '../http-get.ts';
import { type CertificateFault, faultOf } from './certificate.ts';
import { readMonotonic } from './host-clocks.ts';

export type GetterOptions = {
  /** Answers have to be signed on a pinned gateway's word. */
  readonly isPinned: boolean;
  /** Authorities in PEM, in place of Node's own. */
  readonly ca?: string;
  /** The one to connect to, of those that the URL's name has. Then no proxy is asked: it would choose. */
  readonly address?: string;
  /** Where HTTPS_PROXY, HTTP_PROXY and NO_PROXY are looked for; Node 24 or later does. */
  readonly env?: NodeJS.ProcessEnv;
};

/** How the last connection was secured. `out-of-date`: by a certificate that has no other fault. */
export type Security = 'none' | 'tls' | 'out-of-date';

export type Getter = { readonly get: HttpGet; readonly security: () => Security; readonly close: () => void };

class Untrusted extends Error {
  readonly fault: CertificateFault;
  constructor(fault: CertificateFault) {
    super(fault.reason);
    this.fault = fault;
  }
}

/** One question at a time. */
export const openHttpGet = ({ isPinned, ca, address, env = process.env }: GetterOptions): Getter => {
  const way = address === undefined ? { proxyEnv: env } : { lookup: always(address) };
  const options = { keepAlive: true, maxSockets: 1, ...way };
  const plain = new HttpAgent(options);
  // A resumed session would bring no certificate to look at. Nothing is sent before `faultOf` has looked.
  const tls = { rejectUnauthorized: false, maxCachedSessions: 0, ...(ca !== undefined && { ca }) };
  const secure = new HttpsAgent({ ...options, ...tls });
  const closePlain = watchConnections(plain);
  const closeSecure = watchConnections(secure);
  const trusted = new WeakSet<Socket>();
  let security: Security = 'none';

  const ready = async (socket: Socket, { hostname }: URL): Promise<void> => {
    if (trusted.has(socket)) return;
    if (socket instanceof TLSSocket) {
      if ('secureConnecting' in socket && socket.secureConnecting) await once(socket, 'secureConnect');
      const fault = await faultOf(socket, hostname.replace(/^\[|\]$/g, ''), isPinned, ca);
      if (fault) throw new Untrusted(fault);
      security = socket.authorized ? 'tls' : 'out-of-date';
    } else if (socket.connecting) await once(socket, 'connect');
    trusted.add(socket);
  };

  const get: HttpGet = async (url, signal) => {
    const isSecure = url.protocol === 'https:';
    const request = (isSecure ? requestHttps : requestHttp)(url, { agent: isSecure ? secure : plain, signal });
    const failed = new Promise<never>((_resolve, reject) => {
      request.on('error', reject);
      request.on('close', reject); // nothing else is said of one that is answered with another protocol
      signal.addEventListener('abort', reject); // nor of one that still waits for a proxy
    });
    failed.catch(() => {}); // it may fail after all is read
    try {
      const [socket] = (await Promise.race([once(request, 'socket'), failed])) as [Socket];
      await Promise.race([ready(socket, url), failed]);
      const answered = once(request, 'response');
      const sent = readMonotonic();
      request.end();
      const [response] = (await Promise.race([answered, failed])) as [IncomingMessage];
      return await read(response, { asked: sent, sent, answered: readMonotonic() });
    } catch (error) {
      request.destroy();
      close();
      if (error instanceof Untrusted) return error.fault;
      return signal.aborted
        ? refuse('timeout')
        : refuse('unreachable', (error as NodeJS.ErrnoException | undefined)?.code);
    }
  };
  const close = (): void => {
    closePlain();
    closeSecure();
  };
  return { get, security: () => security, close };
};

/** The name is still what the certificate has to be for. */
const always =
  (address: string): LookupFunction =>
  (_name, { all }, found) => {
    const family = isIP(address);
    if (all) found(null, [{ address, family }]);
    else found(null, address, family);
  };

/** @returns what closes all of them; an agent itself knows none that is on its way through a proxy. */
const watchConnections = (agent: HttpAgent): (() => void) => {
  const connections = new Set<Duplex>();
  const connect = agent.createConnection;
  agent.createConnection = (...args) => {
    const connection = connect.apply(agent, args);
    if (connection) connections.add(connection);
    connection?.once('close', () => connections.delete(connection));
    return connection;
  };
  return () => {
    for (const connection of connections) connection.destroy();
  };
};

const read = async (
  response: IncomingMessage,
  times: Pick<HttpAnswer, 'asked' | 'sent' | 'answered'>,
): Promise<Result<HttpAnswer, NoAnswer>> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return refuse('too-long'); // leaving the loop ends the connection
    chunks.push(chunk);
  }
  const received = readMonotonic();
  const header = (name: string): string | null => response.headersDistinct[name.toLowerCase()]?.join(', ') ?? null;
  const body = fromUtf8(Buffer.concat(chunks)) ?? '';
  return ok({ ...times, received, status: response.statusCode ?? 0, header, body });
};

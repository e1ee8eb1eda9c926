/**
 * Pages over HTTP/1.1 for whoever may connect: read only, of this moment, and for no other origin. A web page elsewhere
 * can make its reader's browser ask here; it is shown nothing, as nothing says that it may be, and makes no work where the
 * browser says that it asks for such a page.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { createServer } from './node-http.ts';
import { keepRoom } from './room.ts';

export type Page = {
  readonly type: string;
  readonly body: string | Uint8Array;
  /** `Content-Security-Policy`: what a browser may load and run for it. */
  readonly policy?: string;
};
/** What of a request may decide how a page is told. */
export type Asked = { readonly accept: string; readonly query: URLSearchParams };
/** By path. */
export type Pages = Readonly<Record<string, (asked: Asked) => Page | Promise<Page>>>;

export const json = (value: unknown): Page => ({ type: 'application/json', body: JSON.stringify(value) });

const LIMITS = {
  connections: 64,
  /** From the first byte to the end of the head; also for who connects and says nothing. */
  headMs: 5_000,
  /** Between two requests, and for who does not read what he is told: a monitor that asks each minute connects anew. */
  idleMs: 30_000,
};
/** Octets of one head: a browser sends the cookies of all that runs on a host. */
const LONGEST_HEAD = 16_384;

/** @param isOurs - whether a Host header means us. */
export const createPageServer = (pages: Pages, isOurs: (host: string) => boolean, limits = LIMITS): Server => {
  const answer = async ({ method, url = '', headers }: IncomingMessage): Promise<[status: number, page: Page]> => {
    const { host = '', accept = '' } = headers;
    if (!isOurs(host))
      return [421, json({ fault: `not served by the name ${host}: ask by address, or see names in [status]` })];
    if (headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate')
      return [403, json({ fault: 'not for a page of another site' })];
    if (method !== 'GET' && method !== 'HEAD') return [405, json({ fault: 'only GET and HEAD' })];
    const [path = '', query] = url.split('?');
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    return page
      ? [200, await page({ accept, query: new URLSearchParams(query) })]
      : [404, json({ pages: Object.keys(pages) })];
  };

  const waiting = new WeakSet<Socket>();

  /**
   * One question after the other. No browser asks another before it is answered; who does would have hundreds of answers
   * made in a row, out of one packet, and held in memory until he reads them.
   */
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { socket } = request;
    if (waiting.has(socket)) return void socket.destroy();
    waiting.add(socket);
    response.once('close', () => waiting.delete(socket));
    // A page that cannot be made is no reason to stop telling the time.
    const [status, { type, body, policy }] = await answer(request).catch((error: unknown): [number, Page] => [
      500,
      json({ fault: String(error) }),
    ]);
    response.sendDate = false; // it would be the host's clock
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      ...(policy !== undefined && { 'content-security-policy': policy }),
      ...(status === 405 && { allow: 'GET, HEAD' }),
    });
    response.end(body);
  };

  const server = createServer({
    maxHeaderSize: LONGEST_HEAD,
    headersTimeout: limits.headMs,
    requestTimeout: limits.headMs,
    connectionsCheckingInterval: limits.headMs / 5,
    keepAliveTimeout: limits.idleMs,
  }).on('request', respond);
  server.timeout = limits.idleMs;
  return keepRoom(server, limits.connections);
};

/**
 * A name that somebody else owns may lead here, as DNS says what he likes (rebinding): his page would then be of the same
 * origin as ours, and could read it. So over TCP only what DNS has no say in is ours, an address or localhost, and the names
 * that the operator says are his.
 */
export const isCalled = (names: readonly string[]): ((host: string) => boolean) => {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  return (host) => {
    const [, ipv6, other = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
    return isIP(ipv6 ?? other) !== 0 || known.has(other.toLowerCase());
  };
};

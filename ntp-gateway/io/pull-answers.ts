/**
 * Answers edges' questions over HTTP/1.1, behind a proxy that ends TLS: what is signed and bound to a nonce needs none.
 * Nothing that comes in is believed, and nobody can make it sign more than a little, keep a connection or fill memory.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SigningKey } from '#contract/jws.ts';
import { signPulledTime } from '#contract/pulled-time.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { count, type PullWord } from '../protocol/pull-counters.ts';
import { pulledTimeOf, screenPull } from '../protocol/pulls.ts';
import { openSignatureBudget } from '../protocol/signature-budget.ts';
import { openUtcClock } from '../protocol/utc-clock.ts';
import type { SigningClocks } from './clocks.ts';
import { createServer } from './node-http.ts';
import { keepRoom } from './room.ts';

export type PullContext = {
  readonly gateway: string;
  /** Origins of the edges that may ask, as they are at each time. */
  readonly edges: ReadonlySet<string>;
  /** Of the clock that is not smeared: protocol/line-memory.ts. */
  readonly lines: SharedArrayBuffer;
  readonly counters: Float64Array;
};

/** Signing takes some 0.1 ms: a twentieth of one core at most, and 15 000 isolates that ask every 30 s. */
const SIGNATURES = { perSecond: 500, burst: 500 };
const LIMITS = {
  connections: 256,
  /** From the first byte to the end of the head; also for who connects and says nothing. */
  headMs: 5_000,
  /** Between two questions: a proxy keeps its connections, and nginx for 60 s. */
  idleMs: 65_000,
};
/** Octets of one head, first line included. */
const LONGEST_HEAD = 4_096;

const STATUS: Partial<Record<PullWord, number>> = {
  'no-such-path': 404,
  'method-not-allowed': 405,
  malformed: 400,
  'wrong-audience': 401,
  'too-large': 431,
  timeout: 408,
  unsynchronized: 503,
  overloaded: 503,
};

export const createPullServer = (
  { gateway, edges, lines, counters }: PullContext,
  keyNow: () => SigningKey,
  { mono, slept }: SigningClocks,
  { connections, headMs, idleMs } = LIMITS,
): Server => {
  const clock = openUtcClock(lines, slept());
  const maySign = openSignatureBudget(SIGNATURES.perSecond, SIGNATURES.burst);

  const answer = async ({ method = '', url = '', headers }: IncomingMessage): Promise<Result<string, PullWord>> => {
    const hasBody = 'transfer-encoding' in headers || (headers['content-length'] ?? '0') !== '0';
    const asked = screenPull({ method, target: url, hasBody }, edges);
    if (!asked.ok) return asked;
    // After the nonce came in and before the answer goes out: that is all that is said of this moment.
    const now = mono();
    const reading = clock.at(now, slept());
    if (!reading) return refuse('unsynchronized');
    if (!maySign(now)) return refuse('overloaded');
    return ok(await signPulledTime(pulledTimeOf(gateway, asked.value, reading), keyNow()));
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    count(counters, 'received');
    const answered = await answer(request);
    count(counters, answered.ok ? 'answered' : answered.reason);
    response.sendDate = false; // it would be the host's clock
    response.setHeader('Cache-Control', 'no-store');
    if (answered.ok) return void response.setHeader('Content-Type', 'application/jose').end(answered.value);
    const { status, head, body } = refusalOf(answered.reason);
    response.writeHead(status, head).end(body);
  };

  /** @param code - the parser's, or the system's where the connection broke. */
  const refuseConnection = (code: string | undefined, socket: Socket): void => {
    if (!socket.writable) return;
    const word = CLIENT_ERRORS[code ?? ''] ?? 'malformed';
    count(counters, 'received');
    count(counters, word);
    const { status, head, body } = refusalOf(word);
    const lines = Object.entries({ ...head, 'Content-Length': body.length }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.end(`HTTP/1.1 ${status} ${word}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  };

  const server = createServer({
    maxHeaderSize: LONGEST_HEAD,
    headersTimeout: headMs,
    requestTimeout: headMs,
    connectionsCheckingInterval: headMs / 5,
    keepAliveTimeout: idleMs,
  })
    .on('request', respond)
    .on('clientError', ({ code }: NodeJS.ErrnoException, socket: Socket) => refuseConnection(code, socket));
  return keepRoom(server, connections, () => count(counters, 'too-many'));
};

const CLIENT_ERRORS: Readonly<Record<string, PullWord>> = {
  HPE_HEADER_OVERFLOW: 'too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
};

/** RFC 9457, as the edge has it; who was refused is not kept. */
const refusalOf = (word: PullWord) => {
  const status = STATUS[word] ?? 400;
  const head = {
    'Content-Type': 'application/problem+json',
    Connection: 'close',
    ...(status === 405 && { Allow: 'GET' }),
    ...(status === 503 && { 'Retry-After': '1' }),
  };
  return { status, head, body: JSON.stringify({ type: `urn:noonmark:problem:${word}`, status }) };
};

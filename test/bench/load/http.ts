/**
 * `node http.ts URL CONNECTIONS SECONDS [BODY]`: asks (with a BODY, in base64, by POST) and asks again on each connection as soon as the answer before is whole, and prints
 * an `HttpLoad` as JSON. On bare sockets, so that what is measured is not the client.
 */
import { connect } from 'node:net';
import { quantile } from '../live/judge.ts';

export type HttpLoad = {
  /** All, also before and after what is measured. */
  readonly answered: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

const WARM_UP_MS = 300;
const MOST_ANSWER_BYTES = 16 * 1024;

const [url = '', connections = '', seconds = '', base64] = process.argv.slice(2);
const { host, hostname, port, pathname, search } = new URL(url);
const body = Buffer.from(base64 ?? '', 'base64');
const [method, more] = base64 === undefined ? ['GET', ''] : ['POST', `Content-Length: ${body.length}\r\n`];
const head = `${method} ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const request = Buffer.concat([Buffer.from(head), body]);

/** @returns how long the whole answer is that begins with `text`. */
const answerSize = (text: string): number => {
  const head = text.slice(0, text.indexOf('\r\n\r\n') + 4);
  const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(head) ?? [];
  if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) throw new Error(`${url} answers ${text}`);
  return head.length + Number(length);
};

const from = performance.now() + WARM_UP_MS;
const until = from + Number(seconds) * 1_000;
const durations: number[] = [];
let answered = 0;

/** One connection, until the time is over. */
const askOn = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const buffer = Buffer.alloc(MOST_ANSWER_BYTES);
    let askedAt = 0;
    let missing = 0;
    const ask = (): void => {
      askedAt = performance.now();
      socket.write(request);
    };
    const hear = (size: number): boolean => {
      if (missing === 0) missing = answerSize(buffer.toString('latin1', 0, size));
      missing -= size;
      if (missing > 0) return true;
      answered++;
      const now = performance.now();
      if (askedAt >= from && now <= until) durations.push(now - askedAt);
      if (now <= until) ask();
      else socket.destroy();
      return true;
    };
    const socket = connect(
      { host: hostname, port: Number(port), noDelay: true, onread: { buffer, callback: hear } },
      ask,
    );
    socket.once('error', reject).once('close', () => resolve());
  });

await Promise.all(Array.from({ length: Number(connections) }, askOn));
durations.sort((a, b) => a - b);
const load: HttpLoad = {
  answered,
  perSecond: durations.length / Number(seconds),
  p50Ms: quantile(durations, 0.5),
  p99Ms: quantile(durations, 0.99),
};
console.log(JSON.stringify(load));

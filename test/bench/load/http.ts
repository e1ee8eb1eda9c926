/**
 * `node http.ts URL CONNECTIONS SECONDS`: asks again on each connection as soon as the answer before is whole, and prints
 * an `HttpLoad` as JSON. On bare sockets, so that what is measured is not the client.
 */
import { connect } from 'node:net';
import { median } from '../figures.ts';

export type HttpLoad = { readonly perSecond: number; readonly medianMs: number };

const WARM_UP_MS = 300;
const MOST_ANSWER_BYTES = 16 * 1024;

const [url = '', connections = '', seconds = ''] = process.argv.slice(2);
const { host, hostname, port, pathname } = new URL(url);
const request = Buffer.from(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

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
const load: HttpLoad = { perSecond: durations.length / Number(seconds), medianMs: median(durations) };
console.log(JSON.stringify(load));

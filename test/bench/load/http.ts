/**
 * `node http.ts URL CONNECTIONS SECONDS`: asks again on each connection as soon as the answer before is whole, and prints
 * an `HttpLoad` as JSON. On bare sockets, so that what is measured is not the client.
 */
import { connect } from 'node:net';

export type HttpLoad = { readonly perSecond: number; readonly medianMs: number };

const WARM_UP_MS = 300;
const MOST_ANSWER_BYTES = 16 * 1024;

const [url = '', connections = '', seconds = ''] = process.argv.slice(2);
const { host, hostname, port, pathname } = new URL(url);
const request = Buffer.from(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

/** @returns the size of the whole answer whose head stands at the front of `text`. */
const answerSize = (text: string): number => {
  const head = text.slice(0, text.indexOf('\r\n\r\n') + 4);
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
  if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) throw new Error(`${url} answers ${text}`);
  return head.length + Number(length);
};

const begin = performance.now();
const from = begin + WARM_UP_MS;
const until = from + Number(seconds) * 1_000;
const durations: number[] = [];

const askOn = (): Promise<void> =>
  new Promise((resolve, reject) => {
    let sentAt = 0;
    let missing = 0;
    const ask = (): void => {
      sentAt = performance.now();
      socket.write(request);
    };
    const hear = (size: number, bytes: Uint8Array): boolean => {
      if (missing === 0) missing = answerSize(Buffer.from(bytes.buffer, bytes.byteOffset, size).latin1Slice());
      missing -= size;
      if (missing > 0) return true;
      const now = performance.now();
      if (sentAt >= from && now <= until) durations.push(now - sentAt);
      if (now > until) socket.destroy();
      else ask();
      return true;
    };
    const onread = { buffer: Buffer.allocUnsafe(MOST_ANSWER_BYTES), callback: hear };
    const socket = connect({ host: hostname, port: Number(port), noDelay: true, onread }, ask);
    socket.once('error', reject).once('close', () => resolve());
  });

await Promise.all(Array.from({ length: Number(connections) }, askOn));
durations.sort((a, b) => a - b);
const load: HttpLoad = {
  perSecond: durations.length / Number(seconds),
  medianMs: durations[Math.floor(durations.length / 2)]!,
};
console.log(JSON.stringify(load));

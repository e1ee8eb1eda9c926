/** How an edge is asked: the port behind which `fetch` stands here, and Node's own client for the command line. */
import { ok, type Result, refuse } from '#contract/result.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { readBody } from './read-body.ts';

/** Readings of the monotonic clock, in ms: just before the request left, just after the answer began to come. */
export type HttpAnswer = {
  readonly sent: number;
  readonly received: number;
  /** 0: a redirection that the browser keeps to itself. */
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** Empty where it is not UTF-8. */
  readonly body: string;
};

/** A browser does not say why it got no answer: to it a certificate that it does not believe is `unreachable`, too. */
export type NoAnswer = 'unreachable' | 'untrusted-certificate' | 'timeout' | 'too-long';

/** Follows no redirection, and takes nothing from a cache. `timeout`: the signal ended it. */
export type HttpGet = (url: URL, signal: AbortSignal) => Promise<Result<HttpAnswer, NoAnswer>>;

/** No answer of an edge that a caller reads is longer, in octets. */
export const MAX_BODY_BYTES = 64 * 1024;

/** In a browser, one of its workers, or Node. */
export const getByFetch: HttpGet = async (url, signal) => {
  const before = performance.now();
  try {
    // Without a header of our own: a browser would ask the edge first whether it may send it (CORS).
    const response = await fetch(url, { cache: 'no-store', credentials: 'omit', redirect: 'manual', signal });
    const after = performance.now();
    const octets = await readBody(response, MAX_BODY_BYTES);
    if (!octets) return refuse('too-long');
    const header = (name: string): string | null => response.headers.get(name);
    return ok({ ...onTheWire(url, before, after), status: response.status, header, body: fromUtf8(octets) ?? '' });
  } catch {
    return refuse(signal.aborted ? 'timeout' : 'unreachable');
  }
};

/** Where the browser says when it sent and received, that leaves out what it waited itself, such as for a connection. */
const onTheWire = (url: URL, before: number, after: number) => {
  const timing = performance.getEntriesByName(url.href).at(-1) as Partial<PerformanceResourceTiming> | undefined;
  const { requestStart = 0, responseStart = 0 } = timing ?? {};
  const isPlausible = before <= requestStart && requestStart <= responseStart && responseStart <= after;
  return isPlausible ? { sent: requestStart, received: responseStart } : { sent: before, received: after };
};

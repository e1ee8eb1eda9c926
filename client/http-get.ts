/** How an edge is asked: the port behind which `fetch` stands here, and Node's own client for the command line. */
import { ok, type Result, refuse } from '#contract/result.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { attempt } from './attempt.ts';
import { noAnswer } from './no-answer.ts';
import { readBody } from './read-body.ts';

/** Readings of the monotonic clock, in ms. */
export type HttpAnswer = {
  /** Before any of it can have left. */
  readonly asked: number;
  /** Just before it left; but what a platform asks again by itself had left before. */
  readonly sent: number;
  /** Its first octet was there, by the platform's word, where that tells. */
  readonly answered?: number;
  /** The whole answer was there: whoever ends TLS can send a head before he asks the edge. */
  readonly received: number;
  /** 0: a redirection that the browser keeps to itself. */
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** Empty where it is not UTF-8. */
  readonly body: string;
};

/** Why the other end of a TLS connection is not believed to be who was meant. */
export type CertificateRefusal = 'certificate-untrusted' | 'certificate-name' | 'certificate-time';

/** A browser does not say why it got no answer: to it a certificate that it does not believe is `unreachable`, too. */
export type NoAnswer = 'offline' | 'unreachable' | CertificateRefusal | 'timeout' | 'too-long';

/** Follows no redirection, and takes nothing from a cache. `timeout`: the signal ended it. */
export type HttpGet = (url: URL, signal: AbortSignal) => Promise<Result<HttpAnswer, NoAnswer>>;

/** No answer of an edge that a caller reads is longer, in octets. */
export const MAX_BODY_BYTES = 64 * 1024;

/** In a browser, one of its workers, or Node. */
export const getByFetch: HttpGet = async (url, signal) => {
  const timing = attempt(() => watchTiming(url.href)); // not every platform tells
  const asked = performance.now();
  try {
    // Without a header of our own: a browser would ask the edge first whether it may send it (CORS).
    const response = await fetch(url, { cache: 'no-store', credentials: 'omit', redirect: 'manual', signal });
    const octets = await readBody(response, MAX_BODY_BYTES);
    const after = performance.now();
    if (!octets) return refuse('too-long');
    const header = (name: string): string | null => response.headers.get(name);
    const wire = onTheWire(asked, after, await timing?.told());
    return ok({ asked, ...wire, status: response.status, header, body: fromUtf8(octets) ?? '' });
  } catch {
    return refuse(noAnswer(signal));
  } finally {
    timing?.end();
  }
};

type Timing = Partial<PerformanceResourceTiming>;

/** It is told a little after the body has come. */
const TIMING_PATIENCE_MS = 50;

/** When it was sent and answered, by the browser. An observer is told also where the page's buffer of 250 entries is full. */
const watchTiming = (url: string) => {
  let hear = (_timing?: Timing): void => {};
  const heard = new Promise<Timing | undefined>((resolve) => {
    hear = resolve;
  });
  const observer = new PerformanceObserver((list) => {
    const [timing] = list.getEntriesByName(url);
    if (timing) hear(timing);
  });
  observer.observe({ type: 'resource' });
  return {
    told: () => {
      setTimeout(hear, TIMING_PATIENCE_MS);
      return heard;
    },
    end: () => observer.disconnect(),
  };
};

/** Leaves out what the browser waited itself, such as for a connection; nothing that it says is believed beyond that. */
const onTheWire = (
  before: number,
  after: number,
  { requestStart = 0, responseStart = 0, responseEnd = 0 }: Timing = {},
) => {
  const sent = within(before, requestStart, after) ?? before;
  const received = within(sent, responseEnd, after) ?? after;
  return { sent, answered: within(sent, responseStart, received) ?? received, received };
};

const within = (least: number, value: number, most: number): number | undefined =>
  least <= value && value <= most ? value : undefined;

/** What became of requests, counted by the threads that answer: a row of floats in shared memory for each. */

/** Places in a row. `INTERLEAVED` and `AUTHENTICATED` are of those served. */
export const SERVED = 0;
export const INTERLEAVED = 1;
export const AUTHENTICATED = 2;
export const KISSED = 3;
/** From here on: refused, and why. A kiss is no refusal. */
export const DENIED = 4;
export const RATE_LIMITED = 5;
export const SHORT = 6;
export const LONG = 7;
export const VERSION = 8;
export const MODE = 9;
export const MALFORMED_EXTENSION = 10;
export const MALFORMED_MAC = 11;
export const UNKNOWN_KEY = 12;
/** A reply that the host could not send. */
export const UNSENT = 13;
/** A stranger's, while more comes in than can be answered. */
export const OVERLOADED = 14;
export const BAD_MAC = 15;
export const MALFORMED_NTS = 16;
/** Told so by NTSN, RFC 8915 §5.7: a cookie of no key of ours, or one that does not open. */
export const NAK = 17;
/** Told so as well: it has a cookie of ours, but not the keys in it. */
export const BAD_AUTHENTICATOR = 18;

export const DROPPED = [
  'denied',
  'rate-limited',
  'too-short',
  'too-long',
  'version',
  'mode',
  'malformed-extension',
  'malformed-mac',
  'unknown-key',
  'unsent',
  'overloaded',
  'bad-mac',
  'malformed-nts',
  'nak',
  'bad-authenticator',
];
const SIZE = DENIED + DROPPED.length;

export type ServerCounters = {
  readonly served: number;
  /** Of those served, how many by RFC 9769. */
  readonly interleaved: number;
  /** Of those served, how many by NTS or a symmetric key. */
  readonly authenticated: number;
  readonly kissed: number;
  /** By refusal; those that never happened are left out. `nak` and `bad-authenticator` were told so. */
  readonly dropped: Readonly<Record<string, number>>;
};

/** @returns a row for each thread, all in one SharedArrayBuffer. */
export const newCounters = (threads: number): readonly Float64Array<SharedArrayBuffer>[] => {
  const memory = new SharedArrayBuffer(threads * SIZE * Float64Array.BYTES_PER_ELEMENT);
  const rowBytes = SIZE * Float64Array.BYTES_PER_ELEMENT;
  return Array.from({ length: threads }, (_, thread) => new Float64Array(memory, thread * rowBytes, SIZE));
};

export const sumCounters = (rows: readonly Float64Array[]): ServerCounters => {
  const sum = (word: number): number => rows.reduce((total, row) => total + row[word]!, 0);
  const dropped = DROPPED.map((word, i) => [word, sum(DENIED + i)] as const).filter(([, times]) => times > 0);
  return {
    served: sum(SERVED),
    interleaved: sum(INTERLEAVED),
    authenticated: sum(AUTHENTICATED),
    kissed: sum(KISSED),
    dropped: Object.fromEntries(dropped),
  };
};

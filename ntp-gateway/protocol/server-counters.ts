/** What became of requests, counted by the threads that answer: a row of floats in shared memory for each. */

/** Places in a row. `INTERLEAVED` are of those served. */
export const SERVED = 0;
export const INTERLEAVED = 1;
export const KISSED = 2;
/** From here on: dropped, and why. A kiss is no drop. */
export const DENIED = 3;
export const RATE_LIMITED = 4;
export const SHORT = 5;
export const LONG = 6;
export const VERSION = 7;
export const MODE = 8;
export const MALFORMED_EXTENSION = 9;
export const MALFORMED_MAC = 10;
export const UNKNOWN_KEY = 11;
/** A reply that the host could not send. */
export const UNSENT = 12;
/** A stranger's, while more comes in than can be answered. */
export const OVERLOADED = 13;

const DROPPED = [
  'denied',
  'rate-limited',
  'short',
  'long',
  'version',
  'mode',
  'malformed-extension',
  'malformed-mac',
  'unknown-key',
  'unsent',
  'overloaded',
];
const SIZE = DENIED + DROPPED.length;

export type ServerCounters = {
  readonly served: number;
  /** Of those served, how many by RFC 9769. */
  readonly interleaved: number;
  readonly kissed: number;
  /** By refusal; those that never happened are left out. */
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
    kissed: sum(KISSED),
    dropped: Object.fromEntries(dropped),
  };
};

/** What became of connections to exchange keys, counted in shared memory by the thread that takes them. */

/** Each connection is accepted, and becomes one of the others. */
const WORDS = [
  'accepted',
  'exchanged',
  'denied',
  /** The client comes too often. */
  'rate-limited',
  /** The oldest, which made room for a newer one. */
  'too-many',
  'timeout',
  /** TLS 1.3 did not come about, or broke. */
  'tls',
  'alpn',
  /** The client went away. */
  'gone',
  // RFC 8915 §4.1: answered with an error, or with nothing in common
  'long',
  'malformed',
  'critical-record',
  'protocol',
  'aead',
] as const;

export type KeyExchangeWord = (typeof WORDS)[number];

export const newKeyExchangeCounters = (): Float64Array<SharedArrayBuffer> =>
  new Float64Array(new SharedArrayBuffer(WORDS.length * Float64Array.BYTES_PER_ELEMENT));

export const count = (counters: Float64Array, word: KeyExchangeWord): void => {
  counters[WORDS.indexOf(word)]!++;
};

/** By word; those that never happened are left out. */
export const keyExchangesOf = (counters: Float64Array): Readonly<Record<string, number>> =>
  Object.fromEntries(WORDS.map((word, i) => [word, counters[i]!] as const).filter(([, times]) => times > 0));

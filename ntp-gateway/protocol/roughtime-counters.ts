/** What became of Roughtime requests. */
import { countersByWord, countWord, newWordCounters, type WordCounters } from './word-counters.ts';

/** Each request is received, and becomes one of the others; so does a connection that cannot be kept. */
export const ROUGHTIME_WORDS = [
  'received',
  'answered',
  'denied',
  // contract/roughtime/request.ts
  'malformed',
  'too-short',
  'too-long',
  'not-a-request',
  'other-server',
  'other-version',
  /** There is no time to tell, or none that may be signed. */
  'unsynchronized',
  /** More come in than are answered. */
  'overloaded',
  /** The host was held up until what was signed might no longer be true. */
  'late',
  /** The reply could not be sent. */
  'unsent',
  // of connections
  'too-many',
  'timeout',
] as const;

export type RoughtimeWord = (typeof ROUGHTIME_WORDS)[number];

export const newRoughtimeCounters = (): WordCounters => newWordCounters(ROUGHTIME_WORDS);

export const count = (counters: Float64Array, word: RoughtimeWord, times = 1): void =>
  countWord(ROUGHTIME_WORDS, counters, word, times);

export const roughtimeOf = (counters: Float64Array): Readonly<Record<string, number>> =>
  countersByWord(ROUGHTIME_WORDS, counters);

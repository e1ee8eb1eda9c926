/** What became of edges' questions. */
import { countersByWord, countWord, newWordCounters, type WordCounters } from './word-counters.ts';

/** Each question is received, and becomes one of the others; so does a connection that cannot be kept. */
export const PULL_WORDS = [
  'received',
  'answered',
  // protocol/pulls.ts
  'no-such-path',
  'method-not-allowed',
  'malformed',
  'wrong-audience',
  /** More stands in front of it than belongs there. */
  'too-large',
  /** There is no time to tell, or none that may be signed. */
  'unsynchronized',
  /** More is asked than is signed. */
  'overloaded',
  // of connections
  'too-many',
  'timeout',
] as const;

export type PullWord = (typeof PULL_WORDS)[number];

export const newPullCounters = (): WordCounters => newWordCounters(PULL_WORDS);

export const count = (counters: Float64Array, word: PullWord): void => countWord(PULL_WORDS, counters, word);

export const pullsOf = (counters: Float64Array): Readonly<Record<string, number>> =>
  countersByWord(PULL_WORDS, counters);

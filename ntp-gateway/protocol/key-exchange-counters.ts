/** What became of connections to exchange keys. */
import { countersByWord, countWord, newWordCounters, type WordCounters } from './word-counters.ts';

/** Each connection is accepted, and becomes one of the others. */
export const KEY_EXCHANGE_WORDS = [
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
  'too-long',
  'malformed',
  'critical-record',
  'protocol',
  'aead',
] as const;

export type KeyExchangeWord = (typeof KEY_EXCHANGE_WORDS)[number];

export const newKeyExchangeCounters = (): WordCounters => newWordCounters(KEY_EXCHANGE_WORDS);

export const count = (counters: Float64Array, word: KeyExchangeWord): void =>
  countWord(KEY_EXCHANGE_WORDS, counters, word);

export const keyExchangesOf = (counters: Float64Array): Readonly<Record<string, number>> =>
  countersByWord(KEY_EXCHANGE_WORDS, counters);

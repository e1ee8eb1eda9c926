/**
 * Who asks: a record for each IPv4 address or IPv6 /64 (whoever has one address of it has all) in the shared memory of the
 * answering thread to which that client's requests go. It alone writes; the main thread reads (status/clients.ts).
 *
 * Bounded: a client stands in one of the four places of its set, and where all are taken, one makes room: who never came
 * back before who did, then who asked longest ago. Which set that is nobody outside can tell, so none can be pushed out by
 * name. Who is pushed out and comes back has a full bucket.
 */
import {
  ADDRESS,
  type ClientMemory,
  DEBT,
  DROPS,
  elapsed,
  FAMILY,
  INTERLEAVED,
  INTERVAL,
  KIND,
  LONG_AGO,
  RECORD_FLOATS,
  RECORD_WORDS,
  REPLIES,
  REQUESTS,
  RUN_LENGTH,
  RUN_START,
  SEEN,
} from './client-record.ts';
import { keyedHash } from './keyed-hash.ts';

export type ClientTable = ClientMemory & { readonly key0: number; readonly key1: number };

const SETS = 4096;
const WAYS = 4;
/** How many clients a table holds: in 1 MB. */
export const RECORDS = SETS * WAYS;

/** Eight requests show a habit, unless they come all at once. */
const RUN = 8;
const RUN_MS = 1_000;

export const newClientMemory = (): SharedArrayBuffer => new SharedArrayBuffer(RECORDS * RECORD_WORDS * 4);

/** @param key - two words that nobody can guess: not the seed of dice, which can be told from their rolls. Readers need none. */
export const openClientTable = (memory: SharedArrayBuffer, key: Int32Array = new Int32Array(2)): ClientTable => ({
  words: new Int32Array(memory),
  floats: new Float64Array(memory),
  key0: key[0]!,
  key1: key[1]!,
});

/**
 * Notes a request.
 * @param client - family, then its address in one or four words, int32, big-endian.
 * @param now - ms of a monotonic clock, int32.
 * @param first - the request's first octet.
 * @returns the client's record, until the next call.
 */
export const touch = (clients: ClientTable, client: Int32Array, now: number, first: number): number => {
  const { words } = clients;
  const family = client[0]!;
  const word1 = family === 4 ? 0 : client[2]!;
  const start = setOf(clients, client);
  const known = findIn(words, start, client);
  if (known >= 0) {
    const at = known * RECORD_WORDS + KIND;
    words[at] = (words[at]! & ~0x3f) | (first & 0x3f);
    touchAgain(clients, known, now);
    return known;
  }
  let victim = start;
  let most = -1;
  for (let record = start; record < start + WAYS; record++) {
    const staleness = stalenessOf(clients, record, now);
    if (staleness <= most) continue;
    most = staleness;
    victim = record;
  }
  enter(clients, victim, client[1]!, word1, now);
  Atomics.store(words, victim * RECORD_WORDS + KIND, (family << 8) | (first & 0x3f));
  return victim;
};

/** Twice the longest poll interval that clients use by themselves, 1024 s. */
const REGULAR_MS = 2_048_000;

/**
 * The most makes room for a newcomer: whoever asked longest ago, but first those who never came back, or not for long. Who
 * polls once in a quarter of an hour stays known through a flood in which each address comes once. Halved, so that it is an
 * int32, which needs no allocation.
 */
const stalenessOf = ({ words, floats }: ClientTable, record: number, now: number): number => {
  const at = record * RECORD_WORDS;
  if (words[at + KIND] === 0) return LONG_AGO;
  const silent = elapsed(words[at + SEEN]!, now);
  const isRegular = floats[record * RECORD_FLOATS + REQUESTS]! > 1 && silent < REGULAR_MS;
  return (silent >> 1) + (isRegular ? 0 : LONG_AGO >> 1);
};

/** Whether a client stands in the table. It is not noted. */
export const hasRecord = (clients: ClientTable, client: Int32Array): boolean =>
  findIn(clients.words, setOf(clients, client), client) >= 0;

/** The first record of the set to which a client belongs. */
const setOf = ({ key0, key1 }: ClientTable, client: Int32Array): number =>
  (keyedHash(key0, key1, client[1]!, client[0] === 4 ? 0 : client[2]!) & (SETS - 1)) * WAYS;

/** @returns the client's record; −1 where it has none. */
const findIn = (words: Int32Array, start: number, client: Int32Array): number => {
  const family = client[0]!;
  const word1 = family === 4 ? 0 : client[2]!;
  for (let record = start; record < start + WAYS; record++) {
    const at = record * RECORD_WORDS;
    const isIt = words[at + ADDRESS] === client[1] && words[at + ADDRESS + 1] === word1;
    if (isIt && (words[at + KIND]! & FAMILY) === family << 8) return record;
  }
  return -1;
};

/** Nobody's until its kind is written: the view must not show one client with what another did. */
const enter = ({ words, floats }: ClientTable, record: number, word0: number, word1: number, now: number): void => {
  const at = record * RECORD_WORDS;
  Atomics.store(words, at + KIND, 0);
  words[at + ADDRESS] = word0;
  words[at + ADDRESS + 1] = word1;
  words[at + SEEN] = now;
  words[at + RUN_START] = now;
  words[at + RUN_LENGTH] = 0;
  const number = record * RECORD_FLOATS;
  floats[number + DEBT] = 0;
  floats[number + REQUESTS] = 1;
  floats[number + REPLIES] = 0;
  floats[number + DROPS] = 0;
  floats[number + INTERVAL] = 0;
};

const touchAgain = ({ words, floats }: ClientTable, record: number, now: number): void => {
  const at = record * RECORD_WORDS;
  const number = record * RECORD_FLOATS;
  const passed = elapsed(words[at + SEEN]!, now);
  floats[number + DEBT] = Math.max(floats[number + DEBT]! - passed, 0);
  floats[number + REQUESTS]!++;
  if (passed > 0) words[at + SEEN] = now;
  const length = ++words[at + RUN_LENGTH]!;
  if (length < RUN) return;
  const lasted = elapsed(words[at + RUN_START]!, now);
  if (lasted < RUN_MS) return;
  floats[number + INTERVAL] = lasted / length;
  words[at + RUN_START] = now;
  words[at + RUN_LENGTH] = 0;
};

/** Takes `cost` ms out of the client's bucket, which holds `most`. @returns whether there was so much in it. */
export const borrow = ({ floats }: ClientTable, record: number, cost: number, most: number): boolean => {
  const debt = floats[record * RECORD_FLOATS + DEBT]! + cost;
  if (debt > most) return false;
  floats[record * RECORD_FLOATS + DEBT] = debt;
  return true;
};

export const noteReply = ({ words, floats }: ClientTable, record: number, interleaved: boolean): void => {
  const at = record * RECORD_WORDS + KIND;
  words[at] = interleaved ? words[at]! | INTERLEAVED : words[at]! & ~INTERLEAVED;
  floats[record * RECORD_FLOATS + REPLIES]!++;
};

export const noteDrop = ({ floats }: ClientTable, record: number): void => {
  floats[record * RECORD_FLOATS + DROPS]!++;
};

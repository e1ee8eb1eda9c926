/** What is kept of one client: sixteen words of shared memory, a cache line; how they are laid out, and how others read them. */

/** A client table's memory, as words and as floats. */
export type ClientMemory = {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly floats: Float64Array<SharedArrayBuffer>;
};

/** Words of a record. Its floats begin behind them. */
export const RECORD_WORDS = 16;
/** Two words: an IPv4 address and 0, or the first half of an IPv6 address. */
export const ADDRESS = 0;
/** Of the last request: its first octet without leap bits | family (0: nobody's record) << 8 | interleaved << 12. */
export const KIND = 2;
export const FAMILY = 0xf00;
export const INTERLEAVED = 0x1000;
/** ms of a monotonic clock, int32: they wrap. */
export const SEEN = 3;
/** A run of requests, by which their interval is told: when it began, and how many came after its first. */
export const RUN_START = 4;
export const RUN_LENGTH = 5;

/** Floats of a record. */
export const RECORD_FLOATS = 8;
/** ms until the bucket is full again. */
export const DEBT = 3;
export const REQUESTS = 4;
export const REPLIES = 5;
export const DROPS = 6;
/** ms, as the last run was; 0 before its end. */
export const INTERVAL = 7;

export type ClientRecord = {
  readonly family: 4 | 6;
  /** int32, as `ADDRESS` has them. */
  readonly address: readonly [number, number];
  readonly requests: number;
  readonly replies: number;
  /** Because it asked too often, kisses included. */
  readonly drops: number;
  /** From one request to the next of late, in ms, > 0; undefined where there was one alone. */
  readonly intervalMs: number | undefined;
  /** Since the last request, in ms. */
  readonly silentMs: number;
  readonly version: number;
  readonly mode: number;
  readonly interleaved: boolean;
};

/** @returns undefined where the record is nobody's, or became another's while it was read. */
export const readClient = ({ words, floats }: ClientMemory, record: number, now: number): ClientRecord | undefined => {
  const at = record * RECORD_WORDS;
  const number = record * RECORD_FLOATS;
  // In this order: an address is written after its record became nobody's, and that ends once all of it is written.
  const word0 = Atomics.load(words, at + ADDRESS);
  const word1 = Atomics.load(words, at + ADDRESS + 1);
  const kind = Atomics.load(words, at + KIND);
  if (kind === 0) return undefined;
  const seen = words[at + SEEN]!;
  const length = words[at + RUN_LENGTH]!;
  const running = length > 0 ? Math.max(elapsed(words[at + RUN_START]!, seen), 1) / length : undefined;
  const ended = floats[number + INTERVAL]!;
  const requests = floats[number + REQUESTS]!;
  const replies = floats[number + REPLIES]!;
  const drops = floats[number + DROPS]!;
  if (Atomics.load(words, at + ADDRESS) !== word0 || Atomics.load(words, at + ADDRESS + 1) !== word1) return undefined;
  if ((Atomics.load(words, at + KIND) & FAMILY) !== (kind & FAMILY)) return undefined;
  return {
    family: (kind & FAMILY) >> 8 === 4 ? 4 : 6,
    address: [word0, word1],
    requests,
    replies,
    drops,
    intervalMs: ended > 0 ? ended : running,
    silentMs: elapsed(seen, now),
    version: (kind >> 3) & 7,
    mode: kind & 7,
    interleaved: (kind & INTERLEAVED) !== 0,
  };
};

/** 24 days and more. */
export const LONG_AGO = 0x7fff_ffff;
/** Requests of one client may be stamped a little out of order. */
const DISORDER_MS = 60_000;

/** ms from one moment to the next, ≥ 0. What would be well before it is what lies so far behind that ms wrapped. */
export const elapsed = (from: number, to: number): number => {
  const length = (to - from) | 0;
  if (length >= 0) return length;
  return length > -DISORDER_MS ? 0 : LONG_AGO;
};

/** Our NTP server's symmetric keys, RFC 5905 §7.3 and RFC 8573: a reply's MAC is by the key of the request's. */
import { copyWords } from '../wire/copy-words.ts';
import { MAC_HEAD, MAX_V4_DIGEST_SIZE } from '../wire/mac.ts';
import { HEADER_SIZE } from '../wire/ntp-packet.ts';
import type { Cryptography } from './cryptography.ts';
import { REQUEST, SCRATCH } from './server-block.ts';
import { BAD_MAC, SERVED } from './server-counters.ts';
import type { SymmetricKey } from './server-keys.ts';

export type MacReplies = {
  readonly knows: (keyId: number) => boolean;
  /**
   * @param size - of the request at `REQUEST` of the block.
   * @param macAt - where in it its MAC begins.
   * @returns `SERVED` where it is by the key that it names; else what to count it as.
   */
  readonly check: (macAt: number, size: number) => number;
  /** After `check` said `SERVED`. @param place - of those that are under way at once. @returns how long the reply is. */
  readonly prepare: (place: number, macAt: number, size: number) => number;
  /** Writes a MAC behind the header at `at`, which is whole now. */
  readonly seal: (place: number, replies: DataView, at: number) => void;
};

export const openMacReplies = (
  cryptography: Cryptography,
  keys: readonly SymmetricKey[],
  places: number,
): MacReplies => {
  const { memory } = cryptography;
  /** By id, as an int32. */
  const contexts = new Map(keys.map(({ id }, context) => [id | 0, context]));
  keys.forEach(({ algorithm, secret }, context) => {
    cryptography.setSecret(context, algorithm, secret);
  });
  const keyIds = new Int32Array(places);
  const sizes = new Int32Array(places);

  return {
    knows: (keyId) => contexts.has(keyId),
    check: (macAt, size) => {
      const given = size - macAt - MAC_HEAD;
      const context = contexts.get(memory.getInt32(REQUEST + macAt))!;
      const whole = cryptography.digest(context, REQUEST, macAt, SCRATCH);
      // Cut, but to no less than NTPv4 cuts all: ntpd does so in version 3, too, where chronyd sends all of it.
      if (given !== whole && given !== Math.min(whole, MAX_V4_DIGEST_SIZE)) return BAD_MAC;
      return isSame(memory, SCRATCH, REQUEST + macAt + MAC_HEAD, given) ? SERVED : BAD_MAC;
    },
    prepare: (place, macAt, size) => {
      keyIds[place] = memory.getInt32(REQUEST + macAt);
      sizes[place] = size - macAt - MAC_HEAD;
      return HEADER_SIZE + size - macAt;
    },
    seal: (place, replies, at) => {
      copyWords(replies, at, memory, REQUEST, HEADER_SIZE);
      cryptography.digest(contexts.get(keyIds[place]!)!, REQUEST, HEADER_SIZE, SCRATCH);
      replies.setInt32(at + HEADER_SIZE, keyIds[place]!);
      copyWords(memory, SCRATCH, replies, at + HEADER_SIZE + MAC_HEAD, sizes[place]!);
    },
  };
};

/** In the same time wherever they differ: who could measure that would find a digest octet by octet. */
const isSame = (memory: DataView, a: number, b: number, size: number): boolean => {
  let difference = 0;
  for (let i = 0; i < size; i += 4) difference |= memory.getInt32(a + i) ^ memory.getInt32(b + i);
  return difference === 0;
};

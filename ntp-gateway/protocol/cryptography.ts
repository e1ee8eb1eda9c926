/**
 * What seals, opens and digests, as a pure folder sees it; native/ makes it, of nettle, OpenSSL or JavaScript. All operands
 * lie in one block of memory, at octets counted from its beginning, and nothing is allocated.
 */
import type { MacAlgorithm } from '../config.ts';
import type { AeadAlgorithm } from '../wire/nts.ts';

/** By the key of `context`, which counts from 0. Lengths are in octets, and places multiples of 4. */
type Operation<Outcome> = (
  context: number,
  nonceAt: number,
  nonceLength: number,
  associatedAt: number,
  associatedLength: number,
  at: number,
  length: number,
  to: number,
) => Outcome;

export type Cryptography = {
  /** Which of them it is, for the log and for whoever measures. */
  readonly engine: 'nettle' | 'openssl' | 'portable';
  /** The block, seen in two ways. Its user says what lies where. */
  readonly memory: DataView<ArrayBuffer>;
  readonly octets: Uint8Array<ArrayBuffer>;
  /** Takes the key at `keyAt` for what is sealed and opened by `context` from now on. Contexts count from 0. */
  readonly setKey: (context: number, algorithm: AeadAlgorithm, keyAt: number) => void;
  /**
   * Writes `length` + 16 octets at `to`, which overlap nothing that is read: with AES-SIV-CMAC-256 the tag first (RFC 5297),
   * with AES-128-GCM-SIV last (RFC 8452).
   */
  readonly seal: Operation<void>;
  /**
   * @param length - of what is sealed; less than 16 octets are never authentic, nor is what has a nonce that the algorithm does not take.
   * @returns whether it is authentic, by a comparison in constant time; then `length` − 16 octets stand at `to`.
   */
  readonly open: Operation<boolean>;
  /** Takes the secret for the MACs of `context`, which has nothing to do with the context of the same number above. */
  readonly setSecret: (context: number, algorithm: MacAlgorithm, secret: Uint8Array) => void;
  /** RFC 5905 §7.3 and RFC 8573 §3: writes the digest at `to`. @returns its octets: 16, 20 or 32. */
  readonly digest: (context: number, at: number, length: number, to: number) => number;
  readonly free: () => void;
};

/** Opens a block of `size` octets. */
export type OpenCryptography = (size: number, contexts: number, macContexts: number) => Cryptography;

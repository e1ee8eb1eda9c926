/** What an engine of cryptography is. */

/** IANA's numbers, RFC 5116 §6 and RFC 8452 §9. */
export const AES_SIV_CMAC_256 = 15;
export const AES_128_GCM_SIV = 30;
export type AeadAlgorithm = typeof AES_SIV_CMAC_256 | typeof AES_128_GCM_SIV;

/** RFC 8573, and RFC 5905 §7.3: a hash of the secret and the message, not an HMAC. */
export type HashAlgorithm = 'md5' | 'sha1' | 'sha256';
export type CmacAlgorithm = 'aes-128-cmac' | 'aes-256-cmac';
export type MacAlgorithm = CmacAlgorithm | HashAlgorithm;

/** In octets. */
export const AEAD_KEY_SIZE: Readonly<Record<AeadAlgorithm, number>> = { [AES_SIV_CMAC_256]: 32, [AES_128_GCM_SIV]: 16 };
export const TAG_SIZE = 16;
export const CMAC_KEY_SIZE: Readonly<Record<CmacAlgorithm, number>> = { 'aes-128-cmac': 16, 'aes-256-cmac': 32 };
export const isCmac = (algorithm: MacAlgorithm): algorithm is CmacAlgorithm => algorithm in CMAC_KEY_SIZE;
export const DIGEST_SIZE: Readonly<Record<MacAlgorithm, number>> = {
  'aes-128-cmac': 16,
  'aes-256-cmac': 16,
  sha256: 32,
  sha1: 20,
  md5: 16,
};

/** Memory that an engine works on. It never moves, and lives as long as anybody refers to it. */
export type Block = {
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;
  /** One to each word, made once: a bigint at each call would be garbage of each call. None where no native code is called. */
  readonly pointers: readonly bigint[];
};

/** Where all operands are in the block; `length` is of what is read at `at`. */
export type Operation<Outcome> = (
  context: number,
  nonceAt: number,
  nonceLength: number,
  associatedAt: number,
  associatedLength: number,
  at: number,
  length: number,
  to: number,
) => Outcome;

/** One algorithm. What it is called with was checked: lengths that the algorithm knows, inside the block, at whole words. */
export type Aead = {
  readonly setKey: (context: number, keyAt: number) => void;
  readonly seal: Operation<void>;
  readonly open: Operation<boolean>;
  readonly free: () => void;
};

/** One secret; `digest` writes as many octets as `DIGEST_SIZE` has. */
export type Mac = {
  readonly digest: (at: number, length: number, to: number) => void;
  readonly free: () => void;
};

export type Engine = {
  readonly name: 'nettle' | 'openssl' | 'portable';
  readonly allocate: (size: number) => Block;
  /** @returns undefined where this version of it has no such algorithm. */
  readonly openAead: (algorithm: AeadAlgorithm, block: Block, contexts: number) => Aead | undefined;
  /** The secret of a CMAC is as long as its key. */
  readonly openMac: (algorithm: MacAlgorithm, block: Block, secret: Uint8Array) => Mac | undefined;
};

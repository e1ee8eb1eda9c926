/** What an isolate asks of the object that keeps the samples, and what it is told. */
import type { EdgeReading } from '#contract/edge-reading.ts';
import type { OpenRefusal } from '#contract/gateway-keys.ts';
import type { Verified } from '#contract/jws.ts';
import type { KeySuccession } from '#contract/key-succession.ts';
import type { Result } from '#contract/result.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import type { Bytes } from '#contract/web-platform.ts';
import type { OpenedDelegation } from './edge-keys.ts';
import type { Kept } from './kept.ts';
import type { KeyChains } from './key-chain.ts';
import type { KnownKeys } from './keyring.ts';
import type { Exchange } from './statement.ts';
import type { KeepRefusal, Place, Suspicion } from './timekeeper.ts';

/** The request that a sample came in with. */
export type Post = {
  readonly origin: string;
  readonly isolate: string;
  readonly isolateUnixMs: number;
  readonly location: string;
  /** By which the sample was opened: the isolate may know an older one, which was exchanged or has been superseded since. */
  readonly gatewayKey: string | undefined;
};

/** What an object knows, and its clock as it said so. */
export type Knowledge = {
  readonly object: string;
  readonly objectUnixMs: number;
  /** Of a copy, which may have asked the one object meanwhile: its clock as it was asked itself. */
  readonly askedUnixMs?: number;
  /** From that clock to the one whose object keeps the samples: none where that is the one that says so. */
  readonly exchanges: readonly Exchange[];
  /** By which it judges, by gateway id: an isolate's settings may be newer. */
  readonly gatewayKeys: Readonly<Record<string, string>>;
  /** What is kept of gateways' keys: of those that have ever changed theirs. */
  readonly chains: KeyChains;
  readonly gateways: readonly Kept[];
  /** Why the last word of a gateway was not kept, until one is. */
  readonly suspicions: ReadonlyMap<string, Suspicion>;
  readonly edge: KnownKeys;
  /** By which isolates know what others of them hand on; another one for each life. */
  readonly cacheSecret: Bytes;
};

/** A reading of the object's clock, under its name of this life: the next may be on another machine, with another clock. */
export type ObjectReading = Pick<Knowledge, 'object' | 'objectUnixMs'>;

/** Those in a sample, each opened by itself. */
export type Offered = readonly Result<OpenedDelegation, OpenRefusal>[];

/** The object's part of a reading, and what the isolate makes the nonce of the whole with. */
export type ReadingPart = Pick<EdgeReading, 'sampleSha256' | 'object' | 'objectUnixMs'> & { readonly secret: Bytes };

export type Receipt = {
  readonly reading: Result<ReadingPart, KeepRefusal | 'unknown-key'>;
  /** Whether more is known by it. Of what anybody can find in the log, and hand in again, there is none. */
  readonly isNews: boolean;
  /** Where the gateway stands after this; undefined where nothing of it is kept. */
  readonly place: Place | undefined;
  /** The public keys of this edge that the gateway is asked to delegate. */
  readonly wanted: readonly string[];
  readonly knowledge: Knowledge;
};

/** What came of a word about a gateway's key: the keys by which it speaks from now on. */
export type Succeeded = Pick<Receipt, 'isNews' | 'knowledge'> & {
  readonly outcome: Result<readonly string[], 'unknown-key' | 'forked' | 'malformed'>;
};

export type LogEntry = { readonly jws: string; readonly receivedUnixMs: number; readonly outcome: 'kept' | Suspicion };

/** Of the one object, or of a region's copy. */
export type Knower = { knowledge(): Promise<Knowledge> };

/** What an isolate asks of the object. */
export type Keeper = Knower & {
  keep(jws: string, sample: Verified<TimeSample>, offered: Offered, post: Post): Promise<Receipt>;
  succeed(jws: string, word: Verified<KeySuccession>): Promise<Succeeded>;
  log(limit: number): Promise<readonly LogEntry[]>;
};

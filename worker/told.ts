/**
 * What the object told, as the isolates of one location hand it on: a MAC, and JSON.
 *
 * Whoever can write to where it lies in between can withhold it or repeat it, and nothing else: the key goes from the
 * object to isolates by RPC alone, and is another one for each life of the object.
 */
import * as v from 'valibot';
import { concatenate } from '#contract/concatenate.ts';
import { edgeCertificates } from '#contract/edge-certificates.ts';
import { count, decodeText, encodeText, leap, unixNs } from '#contract/fields.ts';
import { type Result, refuse } from '#contract/result.ts';
import { nanos } from '#contract/time.ts';
import { type Bytes, fromUtf8, utf8 } from '#contract/web-platform.ts';
import type { EdgeKey, KeptDelegation } from './edge-keys.ts';
import { hmac, hmacKey, isHmac } from './hmac.ts';
import type { Knowledge } from './keeper.ts';
import type { Kept } from './kept.ts';
import { CHAIN_ENDS, type KeyChain } from './key-chain.ts';
import type { Bound, Exchange, Reading } from './statement.ts';
import { SUSPICIONS } from './timekeeper.ts';

/** Without what only isolates may know: the halves to sign with, and the key that this is authentic by. */
export type Told = Omit<Knowledge, 'edge' | 'cacheSecret' | 'askedUnixMs'> & {
  readonly edge: Omit<Knowledge['edge'], 'secrets'>;
};

/** Each field, those that may be missing too: none is to be lost on the way from one isolate to another. */
type Fields<T> = Record<keyof T, v.GenericSchema>;

const whole = v.pipe(v.number(), v.safeInteger());
const reading = v.object({
  clock: v.string(),
  fromUnixMs: whole,
  toUnixMs: whole,
  isLate: v.boolean(),
} satisfies Fields<Reading>);
const exchange = v.object({ ours: reading, theirs: reading } satisfies Fields<Exchange>);
const length = v.pipe(v.number(), v.transform(nanos));
const bound = v.object({
  earliest: unixNs,
  estimate: unixNs,
  latest: unixNs,
  readings: v.array(reading),
  own: v.object({ below: length, above: length }),
} satisfies Fields<Bound>);
const kept = v.object({
  gateway: v.string(),
  epoch: count,
  sequence: count,
  sha256: v.string(),
  synchronized: v.boolean(),
  leap,
  stratum: count,
  taiOffsetSeconds: v.nullable(whole),
  lineage: v.array(v.string()),
  receivedUnixMs: whole,
  newest: bound,
  bounds: v.array(bound),
  pull: v.exactOptional(v.object({ url: v.string(), aud: v.string() })),
  readingsRefused: count,
} satisfies Fields<Kept>);
const delegation = v.object({
  version: v.literal(1),
  gateway: v.string(),
  edgeKey: v.string(),
  aud: v.string(),
  validFromUnixNs: unixNs,
  validUntilUnixNs: unixNs,
  jws: v.string(),
  gatewayKey: v.string(),
  roughtime: v.exactOptional(edgeCertificates),
} satisfies Fields<KeptDelegation>);
const edgeKey = v.object({
  id: v.string(),
  x: v.string(),
  madeUnixMs: whole,
  delegations: v.array(delegation),
} satisfies Fields<EdgeKey>);

const chain = v.object({
  keys: v.array(v.string()),
  successions: v.array(v.string()),
  current: v.string(),
  since: v.string(),
  end: v.exactOptional(v.object({ reason: v.picklist(CHAIN_ENDS), jws: v.string() })),
} satisfies Fields<KeyChain>);

/** Authentic bytes are those of this code, or of another release's: what does not fit is no attack. */
const schema: v.GenericSchema<unknown, Told> = v.object({
  object: v.string(),
  objectUnixMs: whole,
  exchanges: v.array(exchange),
  gatewayKeys: v.record(v.string(), v.string()),
  chains: v.record(v.string(), chain),
  gateways: v.array(kept),
  suspicions: v.pipe(
    v.array(v.tuple([v.string(), v.picklist(SUSPICIONS)])),
    v.transform((entries) => new Map(entries)),
  ),
  edge: v.object({ keys: v.array(edgeKey), refusals: v.record(v.string(), count) } satisfies Fields<Told['edge']>),
} satisfies Fields<Told>);

const MAC_BYTES = 32;

/** Field by field, so that no secret goes along with what is told. */
export const sealTold = async ({ edge, suspicions, ...known }: Told, secret: Bytes): Promise<Bytes> => {
  const { object, objectUnixMs, exchanges, gatewayKeys, chains, gateways } = known;
  const { keys, refusals } = edge;
  const clock = { object, objectUnixMs, exchanges };
  const told = { ...clock, gatewayKeys, chains, gateways, suspicions: [...suspicions], edge: { keys, refusals } };
  const text = utf8(encodeText(told));
  return concatenate(await hmac(await hmacKey(secret), text), text);
};

/** @param bytes - as many as the caller lets it be. */
export const openTold = async (bytes: Bytes, secret: Bytes): Promise<Result<Told, 'bad-signature' | 'malformed'>> => {
  const [mac, text] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)];
  const isAuthentic = await isHmac(await hmacKey(secret), mac, text);
  return isAuthentic ? decodeText(schema, fromUtf8(text) ?? '') : refuse('bad-signature');
};

/** A time sample, signed by its gateway. Opened before anything in it is believed. */
import { importPublicKey, keyId, readJws, type SigningKey, signJws, type Verified, verifyJws } from './jws.ts';
import { type Result, refuse } from './result.ts';
import { decodeTimeSample, encodeTimeSample, type TimeSample } from './time-sample.ts';
import type { CryptoKeyLike } from './web-platform.ts';

export type GatewayKey = { readonly gateway: string; readonly publicKey: CryptoKeyLike };
/** Trusted keys by key id. */
export type GatewayKeys = ReadonlyMap<string, GatewayKey>;

/** No sample is larger; look before parsing. */
export const MAX_SAMPLE_BYTES = 16 * 1024;

const TYPE = 'time-sample+jws';

/** @param x - the public key as in a JWK: 32 bytes in base64url. */
export const importGatewayKey = async (gateway: string, x: string): Promise<[id: string, key: GatewayKey]> => [
  await keyId(x),
  { gateway, publicKey: await importPublicKey(x) },
];

export const signSample = (sample: TimeSample, key: SigningKey): Promise<string> =>
  signJws(TYPE, encodeTimeSample(sample), key);

/**
 * @param jws - at most `MAX_SAMPLE_BYTES`, for the caller to have looked.
 * @returns `unknown-key` also where the key is another gateway's than the one that the sample names.
 */
export const openSample = async (
  jws: string,
  keys: GatewayKeys,
): Promise<Result<Verified<TimeSample>, 'malformed' | 'unknown-key' | 'bad-signature'>> => {
  const read = readJws(TYPE, jws);
  if (!read.ok) return read;
  const key = keys.get(read.value.keyId);
  if (!key) return refuse('unknown-key');
  const sample = await verifyJws(read.value, key.publicKey, decodeTimeSample);
  if (!sample.ok || sample.value.gateway === key.gateway) return sample;
  return refuse('unknown-key', 'the key is not that gateway’s');
};

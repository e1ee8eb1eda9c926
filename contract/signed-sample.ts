/** A time sample, signed by its gateway. Opened before anything in it is believed. */
import { type GatewayKey, type GatewayKeys, type OpenRefusal, openByGateway, signerOf } from './gateway-keys.ts';
import { type SigningKey, signJws, type Verified } from './jws.ts';
import type { Result } from './result.ts';
import { decodeTimeSample, encodeTimeSample, type TimeSample } from './time-sample.ts';

/** No sample is larger; look before parsing. */
export const MAX_SAMPLE_BYTES = 24 * 1024;

const TYPE = 'time-sample+jws';

export const signSample = (sample: TimeSample, key: SigningKey): Promise<string> =>
  signJws(TYPE, encodeTimeSample(sample), key);

/** @param jws - at most `MAX_SAMPLE_BYTES`, for the caller to have looked. */
export const openSample = (jws: string, keys: GatewayKeys): Promise<Result<Verified<TimeSample>, OpenRefusal>> =>
  openByGateway(TYPE, jws, keys, decodeTimeSample);

/** Of a sample that was opened with these keys. */
export const signerOfSample = (jws: string, keys: GatewayKeys): GatewayKey | undefined => signerOf(TYPE, jws, keys);

/** A time sample as a compact JWS (RFC 7515) with Ed25519 (RFC 8037, RFC 9864). Opened before anything in it is believed. */
import { ok, type Result, refuse } from './result.ts';
import { decodeTimeSample, encodeTimeSample, type TimeSample } from './time-sample.ts';
import {
  base64url,
  type CryptoKeyLike,
  fromBase64url,
  fromUtf8,
  type PublicJwk,
  sha256,
  subtle,
  utf8,
} from './web-platform.ts';

declare const verified: unique symbol;
/** Signed by a key that we trust. Only `openSample` makes one. */
export type Verified<T> = T & { readonly [verified]: true };

export type SigningKey = { readonly id: string; readonly privateKey: CryptoKeyLike };
export type GatewayKey = { readonly gateway: string; readonly publicKey: CryptoKeyLike };
/** Trusted keys by key id. */
export type GatewayKeys = ReadonlyMap<string, GatewayKey>;

/** No sample is larger; look before parsing. */
export const MAX_SAMPLE_BYTES = 16 * 1024;

/** Keeps what is signed here apart from everything else that this key signs. */
const TYPE = 'time-sample+jws';
const ED25519 = { name: 'Ed25519' } as const;
/** RFC 8032 §5.1.6. */
const SIGNATURE_BYTES = 64;

export const publicJwk = (x: string): PublicJwk => ({ kty: 'OKP', crv: 'Ed25519', x });

/** RFC 7638 §3: the members in lexical order, no white space. */
export const keyId = (x: string): Promise<string> => sha256(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }));

/** @param x - the public key as in a JWK: 32 bytes in base64url. */
export const importGatewayKey = async (gateway: string, x: string): Promise<[id: string, key: GatewayKey]> => [
  await keyId(x),
  { gateway, publicKey: await subtle.importKey('jwk', publicJwk(x), ED25519, true, ['verify']) },
];

export const signSample = async (sample: TimeSample, key: SigningKey): Promise<string> => {
  // `EdDSA` where RFC 9864 prefers `Ed25519`: the older name is the one that every verifier in use knows.
  const header = base64url(utf8(JSON.stringify({ alg: 'EdDSA', typ: TYPE, kid: key.id })));
  const signed = `${header}.${base64url(utf8(encodeTimeSample(sample)))}`;
  return `${signed}.${base64url(new Uint8Array(await subtle.sign(ED25519, key.privateKey, utf8(signed))))}`;
};

/**
 * Believes nothing before the signature has been checked, and the algorithm comes from the key, not from the header.
 *
 * @param jws - at most `MAX_SAMPLE_BYTES`, for the caller to have looked.
 * @returns `unknown-key` also where the key is another gateway's than the one that the sample names.
 */
export const openSample = async (
  jws: string,
  keys: GatewayKeys,
): Promise<Result<Verified<TimeSample>, 'malformed' | 'unknown-key' | 'bad-signature'>> => {
  const [header, payload, signature, ...more] = jws.split('.').map(fromBase64url);
  if (!header || !payload || !signature || more.length > 0) return refuse('malformed', 'not a compact JWS');

  const { alg, typ, kid, ...others } = parseObject(header) ?? {};
  if (alg !== 'EdDSA' && alg !== 'Ed25519') return refuse('malformed', 'alg');
  if (typ !== TYPE) return refuse('malformed', 'typ');
  if ('crit' in others || 'b64' in others) return refuse('malformed', 'crit'); // RFC 7515 §4.1.11: what we do not know

  const key = typeof kid === 'string' ? keys.get(kid) : undefined;
  if (!key) return refuse('unknown-key');
  const signed = utf8(jws.slice(0, jws.lastIndexOf('.')));
  if (signature.length !== SIGNATURE_BYTES) return refuse('bad-signature'); // at which workerd's `verify` would throw
  if (!(await subtle.verify(ED25519, key.publicKey, signature, signed))) return refuse('bad-signature');

  const sample = decodeTimeSample(fromUtf8(payload) ?? '');
  if (!sample.ok) return sample;
  if (sample.value.gateway !== key.gateway) return refuse('unknown-key', 'the key is not that gateway’s');
  return ok(sample.value as Verified<TimeSample>);
};

const parseObject = (bytes: Uint8Array): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes) ?? '');
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
};

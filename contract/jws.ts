/** Compact JWS (RFC 7515) with Ed25519 (RFC 8037, RFC 9864): the one form of all that is signed here. */
import { ok, type Result, refuse } from './result.ts';
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
/** Signed by a key that we trust. Only `verifyJws` makes one, and Roughtime's `verifyResponse`. */
export type Verified<T> = T & { readonly [verified]: true };

export type SigningKey = { readonly id: string; readonly privateKey: CryptoKeyLike };

/** Keeps what is signed for one purpose apart from what the same key signs for another (RFC 8725 §3.11). */
export type JwsType =
  | 'time-sample+jws'
  | 'edge-delegation+jws'
  | 'time-answer+jws'
  | 'pulled-time+jws'
  | 'key-succession+jws';

/** Taken apart. Nothing in it is to be believed yet, the header neither. */
export type UnverifiedJws = {
  readonly keyId: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Uint8Array;
  readonly signed: string;
  readonly signature: Uint8Array<ArrayBuffer>;
};

const ED25519 = { name: 'Ed25519' } as const;
/** RFC 8032 §5.1.6. */
const SIGNATURE_BYTES = 64;

const publicJwk = (x: string): PublicJwk => ({ kty: 'OKP', crv: 'Ed25519', x });

/** RFC 7638 §3: the members in lexical order, no white space. */
export const keyId = (x: string): Promise<string> => sha256(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }));

/** @param x - the public key as in a JWK: 32 bytes in base64url. */
export const importPublicKey = (x: string): Promise<CryptoKeyLike> =>
  subtle.importKey('jwk', publicJwk(x), ED25519, true, ['verify']);

/** As in a JWK set for those who verify, RFC 7517. */
export const jwkOf = async (x: string) => ({ ...publicJwk(x), kid: await keyId(x), alg: 'EdDSA', use: 'sig' }) as const;

/** @param more - of the protected header. */
export const signJws = async (
  type: JwsType,
  payload: string,
  key: SigningKey,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  // `EdDSA` where RFC 9864 prefers `Ed25519`: the older name is the one that every verifier in use knows.
  const header = base64url(utf8(JSON.stringify({ alg: 'EdDSA', typ: type, kid: key.id, ...more })));
  const signed = `${header}.${base64url(utf8(payload))}`;
  return `${signed}.${base64url(new Uint8Array(await subtle.sign(ED25519, key.privateKey, utf8(signed))))}`;
};

/**
 * The algorithm is the one that all our keys are of: a header that names another is refused, not obeyed.
 *
 * @param jws - of a length that the caller has looked at.
 */
export const readJws = (type: JwsType, jws: string): Result<UnverifiedJws, 'malformed'> => {
  const [head, payload, signature, ...more] = jws.split('.').map(fromBase64url);
  if (!head || !payload || !signature || more.length > 0) return refuse('malformed', 'not a compact JWS');
  const header = parseObject(head) ?? {};
  const { alg, typ, kid } = header;
  if (alg !== 'EdDSA' && alg !== 'Ed25519') return refuse('malformed', 'alg');
  if (typ !== type) return refuse('malformed', 'typ');
  if ('crit' in header || 'b64' in header) return refuse('malformed', 'crit'); // RFC 7515 §4.1.11: what we do not know
  const keyId = typeof kid === 'string' ? kid : ''; // which is nobody's
  return ok({ keyId, header, payload, signed: jws.slice(0, jws.lastIndexOf('.')), signature });
};

/** @param decode - gets the payload once it is known who signed it. */
export const verifyJws = async <T>(
  { signed, signature, payload }: UnverifiedJws,
  publicKey: CryptoKeyLike,
  decode: (text: string) => Result<T, 'malformed'>,
): Promise<Result<Verified<T>, 'malformed' | 'bad-signature'>> => {
  if (signature.length !== SIGNATURE_BYTES) return refuse('bad-signature'); // at which workerd's `verify` would throw
  if (!(await subtle.verify(ED25519, publicKey, signature, utf8(signed)))) return refuse('bad-signature');
  const decoded = decode(fromUtf8(payload) ?? '');
  return decoded.ok ? ok(decoded.value as Verified<T>) : decoded;
};

const parseObject = (bytes: Uint8Array): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes) ?? '');
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
};

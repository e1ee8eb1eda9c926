/** The gateways that somebody trusts, and what is opened only as the word of one of them. */
import { importPublicKey, type JwsType, keyId, readJws, type Verified, verifyJws } from './jws.ts';
import { type Result, refuse } from './result.ts';
import type { CryptoKeyLike } from './web-platform.ts';

export type GatewayKey = {
  readonly gateway: string;
  /** As in a JWK: 32 bytes in base64url. */
  readonly x: string;
  readonly publicKey: CryptoKeyLike;
};
/** Trusted keys by key id. */
export type GatewayKeys = ReadonlyMap<string, GatewayKey>;

export type OpenRefusal = 'malformed' | 'unknown-key' | 'bad-signature';

export const importGatewayKey = async (gateway: string, x: string): Promise<[id: string, key: GatewayKey]> => [
  await keyId(x),
  { gateway, x, publicKey: await importPublicKey(x) },
];

/** Whose key a text says that it is signed by: true of one that has been opened with these keys. */
export const signerOf = (type: JwsType, jws: string, keys: GatewayKeys): GatewayKey | undefined => {
  const read = readJws(type, jws);
  return read.ok ? keys.get(read.value.keyId) : undefined;
};

/** @returns `unknown-key` also where the key is another gateway's than the one that the text names. */
export const openByGateway = async <T extends { readonly gateway: string }>(
  type: JwsType,
  jws: string,
  keys: GatewayKeys,
  decode: (text: string) => Result<T, 'malformed'>,
): Promise<Result<Verified<T>, OpenRefusal>> => {
  const read = readJws(type, jws);
  if (!read.ok) return read;
  const key = keys.get(read.value.keyId);
  if (!key) return refuse('unknown-key');
  const opened = await verifyJws(read.value, key.publicKey, decode);
  if (!opened.ok || opened.value.gateway === key.gateway) return opened;
  return refuse('unknown-key', 'the key is not that gateway’s');
};

/** `GET /.well-known/jwks.json` of an edge (RFC 7517): the gateways whose samples it keeps, and its own keys. */
import * as v from 'valibot';
import { decodeText, hash, name, publicKey } from './fields.ts';
import { type GatewayKeys, importGatewayKey } from './gateway-keys.ts';
import { keyId } from './jws.ts';
import { ok, type Result, refuse } from './result.ts';

export const jwkSet = v.object({
  keys: v.array(
    v.object({
      kty: v.literal('OKP'),
      crv: v.literal('Ed25519'),
      x: publicKey,
      kid: hash,
      alg: v.literal('EdDSA'),
      use: v.literal('sig'),
      /** Not in a key of the edge itself. */
      gateway: v.exactOptional(name),
    }),
  ),
});

/** No set is longer, in characters; look before parsing. */
export const MAX_JWK_SET_LENGTH = 64 * 1024;

/**
 * The gateway's key with a pinned id. Whoever hands the set out cannot cheat: an id is the hash of its key, and what a key
 * is called is signed by that key.
 *
 * @param id - RFC 7638, as `noonmark-gateway keys` prints it. @param text - at most `MAX_JWK_SET_LENGTH`.
 * @returns `unknown-key` where no gateway in the set has that key.
 */
export const findGatewayKey = async (
  text: string,
  id: string,
): Promise<Result<GatewayKeys, 'malformed' | 'unknown-key'>> => {
  const read = decodeText(jwkSet, text);
  if (!read.ok) return read;
  for (const { x, gateway } of read.value.keys) {
    if (gateway !== undefined && (await keyId(x)) === id) return ok(new Map([await importGatewayKey(gateway, x)]));
  }
  return refuse('unknown-key', 'this edge has no gateway of that key');
};

/** `GET /.well-known/jwks.json` of an edge (RFC 7517): the gateways whose samples it keeps, their keys' successions, its own keys. */
import * as v from 'valibot';
import { decodeText, hash, name, publicKey } from './fields.ts';
import { type GatewayKey, type GatewayKeys, importGatewayKey } from './gateway-keys.ts';
import { keyId, type Verified } from './jws.ts';
import {
  claimedBy,
  type KeySuccession,
  MAX_SUCCESSION_LENGTH,
  MOST_SUCCESSIONS,
  openSuccession,
} from './key-succession.ts';
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
  /** What leads from keys that gateways had to those above, and what ended others: key-succession.ts. */
  successions: v.exactOptional(v.array(v.pipe(v.string(), v.maxLength(MAX_SUCCESSION_LENGTH)))),
});
type JwkSet = v.InferOutput<typeof jwkSet>;

/** No set is longer, in characters; look before parsing. */
export const MAX_JWK_SET_LENGTH = 64 * 1024;

/**
 * The gateway's key with a pinned id, and those that have followed it. Whoever hands the set out cannot cheat: an id is the
 * hash of its key, what a key is called is signed by that key, and so is which one follows.
 *
 * @param id - RFC 7638, as `noonmark-gateway keys` prints it. @param text - at most `MAX_JWK_SET_LENGTH`.
 * @returns in the order in which they followed. `unknown-key` where the way ends in no gateway's key of the set; `revoked`
 *   where a key on it was given up with none to follow, or has signed two that differ: somebody else has it, too.
 */
export const findGatewayKey = async (
  text: string,
  id: string,
): Promise<Result<GatewayKeys, 'malformed' | 'unknown-key' | 'revoked'>> => {
  const read = decodeText(jwkSet, text);
  if (!read.ok) return read;
  const found = new Map<string, GatewayKey>();
  let at = id;
  for (let followed = 0; followed <= MOST_SUCCESSIONS; followed++) {
    const [word, ...others] = await wordsOf(at, read.value);
    const isEnded = word?.next === null || others.some(({ next }) => next !== word?.next);
    if (isEnded) return refuse('revoked', word?.next === null ? at : `${at} has signed two successors`);
    const key = word ? await importGatewayKey(word.gateway, word.key) : await listed(at, read.value);
    const [first = key?.[1]] = found.values();
    if (!key || key[1].gateway !== first?.gateway) return refuse('unknown-key', 'this edge has no gateway of that key');
    found.set(...key);
    if (!word?.next) return ok(found);
    at = await keyId(word.next);
  }
  return refuse('unknown-key', `its gateway has changed its key more than ${MOST_SUCCESSIONS} times since`);
};

/** What the key with that id has signed about what follows. */
const wordsOf = async (id: string, { successions = [] }: JwkSet): Promise<readonly Verified<KeySuccession>[]> => {
  const opened = await Promise.all(claimedBy(id, successions).map(openSuccession));
  return opened.flatMap((one) => (one.ok ? [one.value] : []));
};

const listed = async (id: string, { keys }: JwkSet): Promise<[string, GatewayKey] | undefined> => {
  for (const { x, gateway } of keys)
    if (gateway !== undefined && (await keyId(x)) === id) return importGatewayKey(gateway, x);
  return undefined;
};

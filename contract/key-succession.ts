/**
 * A gateway's word for the key that follows its own, or that none does: signed by the key that is given up, and a text for
 * everybody. No time stands in it, since who asks the time cannot check it: it counts as soon as it is known, and for good.
 */
import * as v from 'valibot';
import { decodeText, encodeText, name, publicKey } from './fields.ts';
import type { OpenRefusal } from './gateway-keys.ts';
import { importPublicKey, keyId, readJws, type SigningKey, signJws, type Verified, verifyJws } from './jws.ts';
import { type Result, refuse } from './result.ts';
import { fromUtf8 } from './web-platform.ts';

/** None is longer, in characters; look before parsing. */
export const MAX_SUCCESSION_LENGTH = 1_024;

/** So many keys after the one that somebody has pinned are believed; then he has to pin anew. */
export const MOST_SUCCESSIONS = 4;

const TYPE = 'key-succession+jws';

const schema = v.pipe(
  v.object({
    version: v.literal(1),
    gateway: name,
    /** The `x` of the JWK that this is signed by: whoever has pinned its id alone needs no more to check it. */
    key: publicKey,
    /** That of the key that follows. Null: this one is revoked, and nothing follows. */
    next: v.nullable(publicKey),
  }),
  v.forward(
    v.check(({ key, next }) => key !== next),
    ['next'],
  ),
);

export type KeySuccession = Readonly<v.InferOutput<typeof schema>>;

export const signSuccession = (succession: KeySuccession, key: SigningKey): Promise<string> =>
  signJws(TYPE, encodeText(succession), key);

/** Of those that a set holds: the ones that say that they are signed by the key with that id. */
export const claimedBy = (id: string, jwss: readonly string[]): readonly string[] =>
  jwss.filter((jws) => {
    const read = readJws(TYPE, jws);
    return read.ok && read.value.keyId === id;
  });

/**
 * Says that the key in it has signed it; whether that key is the gateway's is for whoever asks to judge.
 *
 * @param jws - at most `MAX_SUCCESSION_LENGTH`, for the caller to have looked. @returns `unknown-key` where the header names
 *   another key.
 */
export const openSuccession = async (jws: string): Promise<Result<Verified<KeySuccession>, OpenRefusal>> => {
  const read = readJws(TYPE, jws);
  if (!read.ok) return read;
  const said = decode(fromUtf8(read.value.payload) ?? '');
  if (!said.ok) return said;
  const { key } = said.value;
  const publicKey = (await keyId(key)) === read.value.keyId && (await importPublicKey(key).catch(() => undefined)); // some platforms look at the point
  return publicKey ? verifyJws(read.value, publicKey, decode) : refuse('unknown-key');
};

const decode = (text: string): Result<KeySuccession, 'malformed'> => decodeText(schema, text);

/** A gateway's word for an edge key: what it signs, for one origin and a time. Signed by the gateway, apart from any sample. */
import * as v from 'valibot';
import { decodeText, encodeText, name, publicKey, unixNs } from './fields.ts';
import { type GatewayKeys, type OpenRefusal, openByGateway } from './gateway-keys.ts';
import { contains, type Interval } from './interval.ts';
import { type SigningKey, signJws, type Verified } from './jws.ts';
import type { Result } from './result.ts';
import { between, seconds } from './time.ts';

/** No delegation lasts longer: how long a stolen edge key is worth something. */
export const LONGEST_DELEGATION = seconds(86_400);

/** No delegation is longer, in characters; look before parsing. */
export const MAX_DELEGATION_LENGTH = 2_048;

/** In one sample, and keys to delegate in one answer: an edge asks for its newest, and may take its time to choose. */
export const MOST_DELEGATIONS = 2;

const TYPE = 'edge-delegation+jws';

const schema = v.pipe(
  v.object({
    version: v.literal(1),
    gateway: name,
    /** The `x` of the edge key's JWK. */
    edgeKey: publicKey,
    /** The edge's origin: for another one the key vouches for nothing. */
    aud: name,
    /** The key vouches for no interval that reaches out of these. */
    validFromUnixNs: unixNs,
    validUntilUnixNs: unixNs,
  }),
  v.forward(
    v.check(({ validFromUnixNs, validUntilUnixNs }) => {
      const length = between(validFromUnixNs, validUntilUnixNs);
      return 0 <= length && length <= LONGEST_DELEGATION;
    }),
    ['validUntilUnixNs'],
  ),
);

export type Delegation = Readonly<v.InferOutput<typeof schema>>;

export const validityOf = ({ validFromUnixNs, validUntilUnixNs }: Delegation): Interval => ({
  earliest: validFromUnixNs,
  latest: validUntilUnixNs,
});

/** Whether it lets its key vouch for all of an interval. */
export const covers = (delegation: Delegation, { earliest, latest }: Interval): boolean =>
  contains(validityOf(delegation), earliest) && contains(validityOf(delegation), latest);

export const signDelegation = (delegation: Delegation, key: SigningKey): Promise<string> =>
  signJws(TYPE, encodeText(delegation), key);

/**
 * Says who delegated; whether that is for this key, this origin and this time is for whoever asks to judge.
 *
 * @param jws - at most `MAX_DELEGATION_LENGTH`, for the caller to have looked.
 */
export const openDelegation = (jws: string, keys: GatewayKeys): Promise<Result<Verified<Delegation>, OpenRefusal>> =>
  openByGateway(TYPE, jws, keys, (text) => decodeText(schema, text));

const wish = v.object({ edgeKeys: v.pipe(v.array(publicKey), v.maxLength(MOST_DELEGATIONS)) });

/**
 * Reads which of its keys an edge wants delegated, out of the body of a 200 answer to `POST /samples`.
 *
 * @returns none where it names none, or not as it should.
 */
export const decodeWantedKeys = (json: unknown): readonly string[] => {
  const parsed = v.safeParse(wish, json);
  return parsed.success ? parsed.output.edgeKeys : [];
};

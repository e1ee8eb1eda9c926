/** Fields that several texts have, and how a text with a signature is read and written. */
import * as v from 'valibot';
import type { LeapNotice } from './leap.ts';
import { ok, type Result, refuse } from './result.ts';
import { type UnixNanos, unixNanos } from './time.ts';
import { fromBase64url } from './web-platform.ts';

/** Unix ns as a string of digits: JSON's numbers end at 2^53. */
export const unixNs = v.pipe(
  v.string(),
  v.regex(/^(0|[1-9]\d{0,19})$/),
  v.transform((digits) => unixNanos(BigInt(digits))),
);

/** Of a gateway, and an edge's origin. */
export const name = v.pipe(v.string(), v.regex(/^[\w.:/[\]-]{1,255}$/));
export const isName = (text: string): boolean => v.is(name, text);

export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** An interval of true time, and the best estimate in it; entries, not a schema, so that they stand among others. */
export const interval = { estimateUnixNs: unixNs, earliestUnixNs: unixNs, latestUnixNs: unixNs };
export const isInside = (s: { [Name in keyof typeof interval]: UnixNanos }): boolean =>
  s.earliestUnixNs <= s.estimateUnixNs && s.estimateUnixNs <= s.latestUnixNs;

export const MOST_HOPS = 16;
/** Edges and gateways that a time came through, the first hop first, the signer last. */
export const lineage = v.pipe(v.array(name), v.maxLength(MOST_HOPS));
/** Whoever leaves himself out would pass for one of those that he took his time from. */
export const endsAtSigner = (s: { readonly gateway: string; readonly lineage: readonly string[] }): boolean =>
  s.lineage.at(-1) === s.gateway;

export const leap = v.picklist(['none', 'insert', 'delete'] satisfies LeapNotice[]);

/** TAI − UTC; null where it is not known. */
export const taiOffsetSeconds = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(-1_000), v.maxValue(1_000)));

/** What somebody drew so that an answer can only be one to him: base64url. */
export const nonce = v.pipe(v.string(), v.regex(/^[\w-]{16,64}$/));
export const isNonce = (text: string): boolean => v.is(nonce, text);

/** SHA-256 in base64url. */
export const hash = v.pipe(v.string(), v.regex(/^[\w-]{43}$/));

/** An Ed25519 public key, the `x` of its JWK: 32 bytes in base64url. */
export const publicKey = v.pipe(
  v.string(),
  v.length(43),
  v.check((x) => fromBase64url(x)?.length === 32),
);

/** JSON, with each bigint as a string of digits. */
export const encodeText = (value: unknown): string =>
  JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? member.toString() : member));

/** @returns `malformed` with the first field that is wrong. Unknown fields are ignored: newer writers may add some. */
export const decodeText = <T>(schema: v.GenericSchema<unknown, T>, text: string): Result<T, 'malformed'> => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('malformed', 'the payload is not JSON');
  }
  const parsed = v.safeParse(schema, json);
  return parsed.success ? ok(parsed.output) : refuse('malformed', v.getDotPath(parsed.issues[0]) ?? 'not an object');
};

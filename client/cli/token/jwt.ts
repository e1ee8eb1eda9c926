/** A JSON Web Token, RFC 7519, in compact form: its three claims about time. */
import * as v from 'valibot';
import { decodeText } from '#contract/fields.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { fromBase64url, fromUtf8 } from '#contract/web-platform.ts';
import { numericDate, type Validity } from './validity.ts';

const header = v.object({ alg: v.string() });
/** A list has none of the members either, and would be a token without end. */
const claims = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value)),
  v.object({
    iat: v.exactOptional(numericDate),
    nbf: v.exactOptional(numericDate),
    exp: v.exactOptional(numericDate),
  }),
);

/** A JWS has three parts; the five of a JWE (RFC 7516 §7.1) are for the holder of its key to read. */
const JWE_PARTS = 5;

/** @param token - of a length that the caller has looked at. */
export const readJwt = (token: string): Result<Validity, 'malformed' | 'encrypted'> => {
  const parts = token.split('.');
  if (parts.length === JWE_PARTS) return refuse('encrypted');
  const [head, payload, signature, ...more] = parts.map(fromBase64url);
  if (!head || !payload || !signature || more.length > 0) return refuse('malformed', 'not a compact JWT');
  if (!decodeText(header, fromUtf8(head) ?? '').ok) return refuse('malformed', 'header');
  const read = decodeText(claims, fromUtf8(payload) ?? '');
  if (!read.ok) return read;
  const { iat, nbf, exp } = read.value;
  return ok({
    ...(iat !== undefined && { issuedAt: iat }),
    ...(nbf !== undefined && { notBefore: nbf }),
    ...(exp !== undefined && { expires: exp }),
  });
};

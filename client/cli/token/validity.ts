/** What a token says of its own time, in Unix ms. None of it is verified: only whoever has the issuer's key can do that. */
import * as v from 'valibot';

export type Validity = {
  readonly issuedAt?: number;
  readonly notBefore?: number;
  /** From here on it is no longer valid. `hidden`: it has an end, which cannot be read without the issuer's key. */
  readonly expires?: number | 'hidden';
};

/** What a `Date` can hold, ECMA-262 §21.4.1.1. */
export const MAX_DATE_MS = 8.64e15;

/** Seconds since 1970, also with a fraction (RFC 7519 §2, NumericDate), to ms. */
export const numericDate = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(MAX_DATE_MS / 1e3),
  v.transform((seconds) => seconds * 1e3),
);

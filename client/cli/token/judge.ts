/** Whether a token is valid by true time and by this host's clock, and whose clock is wrong. All times in Unix ms. */
import type { Reading, Skew } from '../../estimate.ts';
import { MAX_DATE_MS, type Validity } from './validity.ts';

/** Certainly not before `earliest` and not after `latest`. */
export type Span = { readonly earliest: number; readonly latest: number };

export type Verdict =
  | 'valid'
  | 'not-yet-valid'
  | 'expired'
  /** It begins or ends within what is left open of the time. */
  | 'undecided'
  /** It has begun, and does not say until when it is valid. */
  | 'expiry-unknown';

export type Judgement = {
  readonly verdict: Verdict;
  readonly verdictHere: Verdict;
  readonly skew: Skew;
  /** How far, at least, the issuer's clock was ahead as it made the token; absent where nothing proves that it was. */
  readonly issuerAheadMs?: number;
};

/** A whole second may have been rounded up. */
const ROUNDING_MS = 1_000;

/**
 * @param now - true time.
 * @param here - this host's clock, read once before `now` was and once after.
 */
export const judge = (token: Validity, now: Reading, here: Span): Judgement => {
  const ahead = (token.issuedAt ?? 0) - ROUNDING_MS - now.latest;
  return {
    verdict: verdictOf(token, now),
    verdictHere: verdictOf(token, here),
    skew: {
      earliest: now.earliest - here.latest,
      offset: now.time - (here.earliest + here.latest) / 2,
      latest: now.latest - here.earliest,
    },
    ...(ahead > 0 && { issuerAheadMs: ahead }),
  };
};

/**
 * Valid from `notBefore` on, and before `expires` (RFC 7519 §4.1.4, §4.1.5). Nothing is valid before it was made: the RFC leaves
 * that open, PyJWT and Fernet's verifiers refuse it.
 */
const verdictOf = ({ issuedAt = 0, notBefore = 0, expires }: Validity, now: Span): Verdict => {
  const begins = Math.max(issuedAt, notBefore);
  if (now.latest < begins) return 'not-yet-valid';
  if (now.earliest < begins) return 'undecided';
  if (expires === 'hidden') return 'expiry-unknown';
  if (expires === undefined || now.latest < expires) return 'valid';
  return now.earliest >= expires ? 'expired' : 'undecided';
};

/** For a token that does not say when it expires: its issuer is known to let each live so long. */
export const withLifetime = (token: Validity, lifetimeMs: number | undefined): Validity =>
  lifetimeMs === undefined || typeof token.expires === 'number' || token.issuedAt === undefined
    ? token
    : { ...token, expires: Math.min(token.issuedAt + lifetimeMs, MAX_DATE_MS) };

/** What an edge answers over HTTPS, why there is no answer, and whether one is of use. */
import { type Interval, uncertainty } from '#contract/interval.ts';
import type { LeapNotice } from '#contract/leap.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { AnswerRefusal } from '#contract/signed-answer.ts';
import { type MonoNanos, nanos, type UnixNanos } from '#contract/time.ts';
import type { CertificateRefusal } from './authentication.ts';
import { MAX_STATED_DISTANCE, MAX_UPSTREAM_STRATUM } from './reply.ts';

/** Verified. */
export type EdgeAnswer = Interval & {
  /** Read just before the question left, on a connection that was open. */
  readonly t1: MonoNanos;
  /** Read as all of the answer was there. */
  readonly t4: MonoNanos;
  readonly time: UnixNanos;
  readonly leap: LeapNotice;
  readonly stratum: number;
  /** Whom its time came through, the edge itself not among them; absent where it does not say. */
  readonly lineage?: readonly string[];
};

/** Why there is no answer that could be verified. */
export type EdgeRefusal =
  | 'unreachable'
  | 'timeout'
  | 'tls'
  | CertificateRefusal
  | 'too-long'
  /** What the edge says itself: 503, 429, and anything else that is not 200. */
  | 'no-time'
  | 'too-many-requests'
  | 'refused'
  /** The key that is pinned here, or one that followed it, was given up. */
  | 'revoked'
  | AnswerRefusal;

/** Why one that was verified does not count. */
export type Useless = 'untraced' | 'loop' | 'stratum' | 'distance';

/** `retryAfter`: in s, where the edge named some. */
export type EdgeOutcome = Result<EdgeAnswer, EdgeRefusal> & { readonly retryAfter?: number };

/** Kept as it came, for whoever wants to see for himself. */
export type SignedEdgeAnswer = EdgeAnswer & {
  readonly jws: string;
  /** Ours, by whose word its key stands; it may have been rotated since. `x` as in a JWK. */
  readonly gatewayKey: { readonly id: string; readonly x: string };
};
export type CheckOutcome = Result<SignedEdgeAnswer, EdgeRefusal> & { readonly retryAfter?: number };

/** The timer of who asks an edge has fired; also the very first event. Nonces: 64 random bits each. `jitter`: uniform in [0, 1). */
export type QuestionDue = {
  readonly kind: 'due';
  readonly now: MonoNanos;
  readonly nonce: bigint;
  readonly secondNonce: bigint;
  readonly jitter: number;
};

/** @param first, second - 64 bits each. @returns 32 characters. */
export const nonceOf = (first: bigint, second: bigint): string =>
  [first, second].map((bits) => bits.toString(16).padStart(16, '0')).join('');

/** Ends of answers are told in µs. */
export const ANSWER_PRECISION = nanos(1e3);

export type Traced = EdgeAnswer & { readonly lineage: readonly string[] };

/** @param gateway - our own name in lineages. */
export const judgeAnswer = (answer: EdgeAnswer, gateway: string): Result<Traced, Useless> => {
  const { lineage, stratum, time } = answer;
  if (!lineage) return refuse('untraced', 'it does not say whom its time came through');
  if (lineage.includes(gateway)) return refuse('loop', `its time came through ${gateway}, as this gateway is called`);
  if (stratum > MAX_UPSTREAM_STRATUM) return refuse('stratum');
  return uncertainty(answer, time) + ANSWER_PRECISION < MAX_STATED_DISTANCE
    ? ok({ ...answer, lineage })
    : refuse('distance');
};

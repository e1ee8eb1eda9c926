/** Every refusal that this service can utter, in one table. RFC 9457. */
import { respond } from './headers.ts';
import type { EdgeContext } from './ports.ts';

export const PROBLEMS = {
  malformed: { status: 400, title: 'A body or a parameter is not what it should be.' },
  'unknown-key': { status: 401, title: 'Nobody who is trusted here signed this.' },
  'bad-signature': { status: 401, title: 'The signature does not fit.' },
  'wrong-audience': { status: 401, title: 'This sample was made for another edge.' },
  'no-such-path': { status: 404, title: 'There is nothing here.' },
  'method-not-allowed': { status: 405, title: 'This path does not know that method.' },
  'not-acceptable': { status: 406, title: 'The time is not told in this format.' },
  replayed: { status: 409, title: 'This sample, or a later one, is already kept.' },
  forked: { status: 409, title: 'This contradicts what the same key has signed before.' },
  loop: { status: 409, title: 'The time of this sample came through this edge.' },
  'too-large': { status: 413, title: 'The body is larger than any that is taken here.' },
  stale: { status: 422, title: 'By all that is known here, this sample is too old.' },
  future: { status: 422, title: 'By all that is known here, this sample is ahead of time.' },
  'upgrade-required': { status: 426, title: 'This path speaks WebSocket alone.' },
  'too-many-requests': { status: 429, title: 'This address has asked too often.', retryAfterSeconds: 60 },
  unexpected: { status: 500, title: 'This is a fault of the edge.' },
  'no-time': { status: 503, title: 'The time is not known well enough to tell it.', retryAfterSeconds: 2 },
  unavailable: { status: 503, title: 'What keeps the samples did not answer.', retryAfterSeconds: 2 },
} as const satisfies Record<string, { status: number; title: string; retryAfterSeconds?: number }>;

export type Problem = keyof typeof PROBLEMS;

/** @param more - members beside those of the RFC, such as the kept epoch. */
export const problem = (
  c: EdgeContext,
  { reason, detail }: { readonly reason: Problem; readonly detail?: string },
  more: Readonly<Record<string, number>> = {},
  headers: Readonly<Record<string, string>> = {},
): Response => {
  const { status, title, ...rest } = PROBLEMS[reason];
  c.set('refusal', reason);
  const body = { type: `urn:noonmark:problem:${reason}`, title, status, ...(detail && { detail }), ...more };
  const retry = 'retryAfterSeconds' in rest ? { 'Retry-After': String(rest.retryAfterSeconds) } : {};
  return respond(JSON.stringify(body), { 'Content-Type': 'application/problem+json', ...retry, ...headers }, status);
};

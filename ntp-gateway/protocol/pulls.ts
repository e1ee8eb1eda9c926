/** An edge's question, as it stands in the first line of an HTTP request, and what it is told: contract/pulled-time.ts. */
import { isNonce } from '#contract/fields.ts';
import { PULL_PATH, type PulledTime, type Question } from '#contract/pulled-time.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { UtcReading } from './utc-clock.ts';

/** `target`: RFC 9112 §3.2.1, path and query. */
export type PullRequest = { readonly method: string; readonly target: string; readonly hasBody: boolean };
export type Asked = Pick<Question, 'origin' | 'nonce'>;
export type PullRefusal = 'no-such-path' | 'method-not-allowed' | 'malformed' | 'wrong-audience';

/** What `questionUrl` makes is shorter: 255 characters of which each is escaped, a nonce, and the names of both. */
const LONGEST = 1_024;

/** @param edges - the origins of those that are told to ask: nobody else gets anything signed. */
export const screenPull = (
  { method, target, hasBody }: PullRequest,
  edges: ReadonlySet<string>,
): Result<Asked, PullRefusal> => {
  if (target.length > LONGEST) return refuse('malformed');
  const [path, query = ''] = target.split('?', 2);
  if (path !== PULL_PATH) return refuse('no-such-path');
  if (method !== 'GET') return refuse('method-not-allowed');
  if (hasBody) return refuse('malformed');
  const parameters = new URLSearchParams(query);
  const [[origin, ...origins], [nonce, ...nonces]] = [parameters.getAll('aud'), parameters.getAll('nonce')];
  if (origin === undefined || nonce === undefined || origins.length + nonces.length > 0 || !isNonce(nonce))
    return refuse('malformed');
  return edges.has(origin) ? ok({ origin, nonce }) : refuse('wrong-audience');
};

export const pulledTimeOf = (gateway: string, { origin, nonce }: Asked, reading: UtcReading): PulledTime => ({
  version: 1,
  gateway,
  aud: origin,
  nonce,
  epoch: reading.epoch,
  synchronized: true,
  estimateUnixNs: reading.time,
  earliestUnixNs: reading.earliest,
  latestUnixNs: reading.latest,
  leap: reading.leap,
  lineage: [gateway],
});

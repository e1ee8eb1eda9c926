/** Asks edges the time, and verifies what they answer: nothing of it is known to anybody else before. */

import type { GatewayKeys } from '#contract/gateway-keys.ts';
import { findGatewayKey } from '#contract/jwk-set.ts';
import { intervalOf, pointOf } from '#contract/read-answer.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { openAnswer } from '#contract/signed-answer.ts';
import type { UnixNanos } from '#contract/time.ts';
import type { EdgeAsked, Ports } from '../ports.ts';
import type { EdgeAnswer, EdgeOutcome, EdgeRefusal } from '../protocol/edge-answer.ts';
import type { EdgeConnection, EdgeResponse } from './edge-connection.ts';
import type { Floors } from './floors.ts';

export type EdgeAnswerParts = {
  readonly floors: Pick<Floors, 'of'>;
  readonly connect: (origin: string) => EdgeConnection;
};

type Session = { readonly ask: EdgeConnection; keys?: GatewayKeys };

type Asking = {
  readonly path: (nonce: string) => string;
  /** Whether keys that have followed the pinned one are as good. */
  readonly follows: boolean;
};
type SignedOutcome = Result<EdgeAnswer & { readonly jws: string }, EdgeRefusal> & { readonly retryAfter?: number };
type Ask = (edge: EdgeAsked, nonce: string) => Promise<SignedOutcome>;

/** With whom their time came through. */
export const askEdgesWith = (parts: EdgeAnswerParts): Ports['askEdge'] => {
  const ask = askWith(parts, { path: (nonce) => `/time?format=jws&detail&nonce=${nonce}`, follows: true });
  return async (edge, nonce): Promise<EdgeOutcome> => {
    const outcome = await ask(edge, nonce);
    if (!outcome.ok) return outcome;
    const { jws: _, ...answer } = outcome.value;
    return ok(answer);
  };
};

/** As any caller asks, and on the word of that one key alone; with what was signed. */
export const checkEdgesWith = (parts: EdgeAnswerParts): Ask =>
  askWith(parts, { path: (nonce) => `/time?nonce=${nonce}&format=jws`, follows: false });

const askWith = ({ floors, connect }: EdgeAnswerParts, { path, follows }: Asking): Ask => {
  const sessions = new Map<string, Session>();
  const sessionWith = (edge: EdgeAsked): Session => {
    const session = sessions.get(edge.name) ?? { ask: connect(edge.name) };
    sessions.set(edge.name, session);
    return session;
  };

  return async (edge, nonce): Promise<SignedOutcome> => {
    const session = sessionWith(edge);
    const { gatewayKey } = edge;
    const found = session.keys?.has(gatewayKey) ? ok(session.keys) : await findKeys(session, edge);
    if (!found.ok) return found;
    const keys = follows ? found.value : new Map([[gatewayKey, found.value.get(gatewayKey)!]]);
    session.keys = keys;
    const response = await session.ask(path(nonce));
    if (!response.ok) return response;
    if (response.value.status !== 200) {
      if (response.value.status === 503) delete session.keys; // that ours was given up may be why
      return refusalOf(response.value);
    }
    const { t1, t4, body } = response.value;
    const floor = floors.of(edge);
    const opened = await openAnswer(body, keys, { nonce, origin: edge.name, floor });
    // A key that we hold is signed with its gateway's name: that may have become another.
    if (!opened.ok && opened.reason === 'unknown-key') delete session.keys;
    if (!opened.ok) return opened.reason === 'went-back' ? refuse('went-back', hadPassed(floor)) : opened;
    const { time, leap, stratum, lineage } = opened.value;
    const timed = { t1, t4, ...intervalOf(opened.value), time: pointOf(time) };
    return ok({ ...timed, leap, stratum, ...(lineage && { lineage }), jws: body });
  };
};

const findKeys = async ({ ask }: Session, { gatewayKey }: EdgeAsked): Promise<Result<GatewayKeys, EdgeRefusal>> => {
  const response = await ask('/.well-known/jwks.json');
  if (!response.ok) return response;
  return response.value.status === 200 ? findGatewayKey(response.value.body, gatewayKey) : refusalOf(response.value);
};

const hadPassed = (floor: UnixNanos): string =>
  `earlier than ${new Date(Number(floor / 1_000_000n)).toISOString()}, which had passed`;

/** The edge's own word for it goes along for people: strangers must not be able to make up counters. */
const refusalOf = ({ status, retryAfter, body }: EdgeResponse): EdgeOutcome & { readonly ok: false } => {
  const [, word] = /"urn:noonmark:problem:([a-z-]{1,32})"/.exec(body) ?? [];
  const reason = status === 503 ? 'no-time' : status === 429 ? 'too-many-requests' : 'refused';
  const detail = `status ${status}${word === undefined || word === reason ? '' : `, ${word}`}`;
  return { ...refuse(reason, detail), ...(retryAfter !== undefined && { retryAfter }) };
};

/**
 * A time answer, signed by an edge key, with gateways' delegations of that key in its header: all that a caller needs who
 * has pinned the key of one of those gateways. No `iat`, `nbf` or `exp`: whoever asks the time cannot check them.
 */
import { covers, type Delegation, MAX_DELEGATION_LENGTH, openDelegation } from './delegation.ts';
import type { GatewayKeys, OpenRefusal } from './gateway-keys.ts';
import { importPublicKey, keyId, readJws, type SigningKey, signJws, type Verified, verifyJws } from './jws.ts';
import { decodeTimeAnswer, intervalOf } from './read-answer.ts';
import { type Result, refuse } from './result.ts';
import type { UnixNanos } from './time.ts';
import type { TimeAnswer } from './time-answer.ts';

/** Delegations in one answer. */
export const MOST_VOUCHERS = 16;
/** No answer is longer, in characters. */
const MAX_ANSWER_LENGTH = 64 * 1024;

const TYPE = 'time-answer+jws';

export type AnswerRefusal = OpenRefusal | 'wrong-audience' | 'wrong-nonce' | 'outside-delegation' | 'went-back';

/** What a caller knows of the answer before it comes. */
export type Expected = {
  /** That he sent, and drew for this request: the answer is of after that. */
  readonly nonce: string;
  /** That he asked. */
  readonly origin: string;
  /** What has certainly passed: the latest `earliest` that he has verified, or when his program was built. */
  readonly floor: UnixNanos;
};

/** @param delegations - as gateways signed them; `MOST_VOUCHERS` at most. */
export const signAnswer = (answer: TimeAnswer, delegations: readonly string[], key: SigningKey): Promise<string> =>
  signJws(TYPE, JSON.stringify(answer), key, { delegations });

/**
 * @param keys - of the gateways that the caller has pinned: an edge key is believed on the word of any of them, and no
 *   other's word in the header counts.
 * @returns by the first word that fits, in the order of the chain: `malformed` · `unknown-key`, which no pinned gateway
 *   vouches for · `bad-signature` · `wrong-audience`, vouched for at another origin · `wrong-nonce` · `outside-delegation`,
 *   for a time at which nobody vouches for the key · `went-back`, before the caller's floor.
 */
export const openAnswer = async (
  jws: string,
  keys: GatewayKeys,
  { nonce, origin, floor }: Expected,
): Promise<Result<Verified<TimeAnswer>, AnswerRefusal>> => {
  if (jws.length > MAX_ANSWER_LENGTH) return refuse('malformed', 'too long');
  const read = readJws(TYPE, jws);
  if (!read.ok) return read;
  const words = read.value.header.delegations;
  if (!areDelegations(words)) return refuse('malformed', 'delegations');

  const vouching = await delegationsOf(read.value.keyId, words, keys);
  const edgeKey = vouching[0] && (await importPublicKey(vouching[0].edgeKey).catch(() => undefined)); // some platforms look at the point
  if (!edgeKey) return refuse('unknown-key');
  const answer = await verifyJws(read.value, edgeKey, decodeTimeAnswer);
  if (!answer.ok) return answer;
  if (!answer.value.synchronized) return refuse('malformed', 'synchronized'); // no edge signs that

  const here = vouching.filter(({ aud }) => aud === origin);
  if (here.length === 0) return refuse('wrong-audience');
  if (answer.value.nonce !== nonce) return refuse('wrong-nonce');
  const interval = intervalOf(answer.value);
  if (!here.some((delegation) => covers(delegation, interval))) return refuse('outside-delegation');
  if (interval.latest < floor) return refuse('went-back');
  return answer;
};

const areDelegations = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value.length <= MOST_VOUCHERS &&
  value.every((one) => typeof one === 'string' && one.length <= MAX_DELEGATION_LENGTH);

/** Those that a pinned gateway has signed for the key with that id. */
const delegationsOf = async (
  id: string,
  words: readonly string[],
  keys: GatewayKeys,
): Promise<readonly Verified<Delegation>[]> => {
  const opened = await Promise.all(words.map((word) => openDelegation(word, keys)));
  const trusted = opened.flatMap((one) => (one.ok ? [one.value] : []));
  const ids = await Promise.all(trusted.map(({ edgeKey }) => keyId(edgeKey)));
  return trusted.filter((_delegation, index) => ids[index] === id);
};

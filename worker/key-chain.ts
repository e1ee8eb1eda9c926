/** The keys of one gateway, as this edge knows them: each on the word of the one before. Which of them still speak for it. */
import { type KeySuccession, MOST_SUCCESSIONS } from '#contract/key-succession.ts';
import { ok, type Result, refuse } from '#contract/result.ts';

export type KeyChain = {
  /** Public keys as in a JWK, the oldest first. */
  readonly keys: readonly string[];
  /** The word of each but the last for the one behind it, as it came. */
  readonly successions: readonly string[];
  /** That of the newest sample which was kept: those before it have been superseded. */
  readonly current: string;
  /** The first that it ever had here: what the gateway has said is kept under that. */
  readonly since: string;
  /** Why none of them speaks any more, and the word that has ended it. */
  readonly end?: { readonly reason: ChainEnd; readonly jws: string };
};
/** By gateway. */
export type KeyChains = Readonly<Record<string, KeyChain>>;

/** `forked`: a key has signed two words that differ, so somebody else has it, too. */
export const CHAIN_ENDS = ['revoked', 'forked'] as const;
export type ChainEnd = (typeof CHAIN_ENDS)[number];

/**
 * @param root - the key in the settings. One that did not follow from those known is a new beginning: it takes nothing along.
 * @param known - what is known of that gateway's keys.
 */
export const chainOf = (root: string, known: KeyChain | undefined): KeyChain =>
  known?.keys.includes(root) ? known : { keys: [root], successions: [], current: root, since: root };

/**
 * The keys that delegations may be signed by: superseded ones, too, for as long as what they signed lasts. Whoever puts a
 * later one into the settings has done with those before it.
 */
export const vouching = ({ keys, end }: KeyChain, root: string): readonly string[] =>
  end || !keys.includes(root) ? [] : keys.slice(keys.indexOf(root));

/** The keys that samples may be signed by. */
export const speaking = (chain: KeyChain, root: string): readonly string[] => {
  const allowed = vouching(chain, root);
  return allowed.slice(Math.max(0, allowed.indexOf(chain.current)));
};

/** A sample by this key, which may speak, was kept. */
export const spoken = (chain: KeyChain, key: string): KeyChain =>
  chain.current === key ? chain : { ...chain, current: key };

/**
 * @param word - signed by the key in it. @param jws - the same, as it came. @param isTaken - whether a key is another gateway's.
 * @returns the chain with it, which may have been its end; `unknown-key` from a key that does not speak (any more).
 */
export const succeed = (
  chain: KeyChain,
  root: string,
  { key, next }: Pick<KeySuccession, 'key' | 'next'>,
  jws: string,
  isTaken: (key: string) => boolean,
): Result<KeyChain, 'unknown-key' | 'forked' | 'malformed'> => {
  const { keys, successions, end } = chain;
  if (end?.jws === jws) return end.reason === 'revoked' ? ok(chain) : refuse('forked');
  if (end) return refuse('unknown-key', end.reason);
  const known = keys[keys.indexOf(key) + 1];
  if (keys.includes(key) && known === next) return ok(chain);
  // The thief of a key that was superseded can end nothing.
  if (!speaking(chain, root).includes(key)) return refuse('unknown-key', keys.includes(key) ? 'superseded' : undefined);
  if (next === null) return ok({ ...chain, end: { reason: 'revoked', jws } });
  if (known !== undefined) return ok({ ...chain, end: { reason: 'forked', jws } });
  // Of one key there is one vote; and a chain that comes back to itself would have no newest.
  if (keys.includes(next) || isTaken(next)) return refuse('malformed', 'next: a key that is known here already');
  const longer = { ...chain, keys: [...keys, next], successions: [...successions, jws] };
  if (successions.length < MOST_SUCCESSIONS) return ok(longer);
  const isFirstDone = keys[0] !== root && keys[0] !== chain.current;
  return isFirstDone
    ? ok({ ...longer, keys: longer.keys.slice(1), successions: longer.successions.slice(1) })
    : refuse('unknown-key', `more than ${MOST_SUCCESSIONS} keys after that in GATEWAY_KEYS: put the newest there`);
};

/** The edge's key pairs as the object keeps them. A private half is stored here, goes to isolates, and nowhere else. */
import { keyId } from '#contract/jws.ts';
import {
  type DelegationRefusal,
  type EdgeKey,
  type EdgeKeys,
  needsNewKey,
  onlyTrusted,
  type Vouching,
  vouch,
  wantedOf,
  withNewKey,
} from './edge-keys.ts';

export type KnownKeys = {
  readonly keys: EdgeKeys;
  /** Private halves by key id (`d` of the JWK, RFC 8037 §2): to sign with, never to be told or logged. */
  readonly secrets: ReadonlyMap<string, string>;
  /** How many delegations this life of the object has refused, by word. */
  readonly refusals: Readonly<Partial<Record<DelegationRefusal, number>>>;
};

type KeyPair = { readonly key: EdgeKey; readonly secret: string };
type Stored = Pick<KnownKeys, 'keys' | 'secrets'>;

/** The number goes up when `Stored` changes its form. */
const UNDER = 'edge-keys 1';

/** @param vouches - whether this is a key of that gateway now. */
export const openKeyring = (kv: SyncKvStorage, vouches: (gateway: string, gatewayKey: string) => boolean) => {
  let stored: Stored = kv.get<Stored>(UNDER) ?? { keys: [], secrets: new Map() };
  const keys = (): EdgeKeys => onlyTrusted(stored.keys, vouches);
  const refusals: Partial<Record<DelegationRefusal, number>> = {};

  return {
    known: (): KnownKeys => ({ ...stored, keys: keys(), refusals }),

    /** @returns a new pair where it is time for one. */
    renew: async (nowUnixMs: number): Promise<KeyPair | undefined> =>
      needsNewKey(keys(), nowUnixMs) ? makeKeyPair(nowUnixMs) : undefined,

    /**
     * Takes the delegations of one sample, and the new pair unless another post has brought one while it was made.
     *
     * @returns the keys that this gateway is asked to delegate.
     */
    vouch: (vouching: Vouching, nowUnixMs: number, pair: KeyPair | undefined): readonly string[] => {
      const vouched = vouch(keys(), vouching);
      for (const word of vouched.refusals) refusals[word] = (refusals[word] ?? 0) + 1;
      const isTaken = pair !== undefined && needsNewKey(vouched.keys, nowUnixMs);
      const next = isTaken ? withNewKey(vouched.keys, pair.key) : vouched.keys;
      const all = isTaken ? [...stored.secrets, [pair.key.id, pair.secret] as const] : [...stored.secrets];
      const isToBeWritten = isTaken || vouching.offered.length > 0 || next.length < stored.keys.length;
      stored = { keys: next, secrets: new Map(all.filter(([id]) => next.some((key) => key.id === id))) };
      if (isToBeWritten) kv.put(UNDER, stored);
      return wantedOf(next, vouching);
    },
  };
};

const makeKeyPair = async (madeUnixMs: number): Promise<KeyPair> => {
  const { privateKey } = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const { x, d } = (await crypto.subtle.exportKey('jwk', privateKey)) as { x: string; d: string };
  return { key: { id: await keyId(x), x, madeUnixMs, delegations: [] }, secret: d };
};

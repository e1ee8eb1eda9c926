/** The gateways' keys as the object keeps them. Of a gateway that has never changed its own nothing is kept. */
import type { KeySuccession } from '#contract/key-succession.ts';
import { type Result, refuse } from '#contract/result.ts';
import { chainOf, type KeyChain, type KeyChains, speaking, spoken, succeed, vouching } from './key-chain.ts';

/** The number goes up when `KeyChain` changes its form. */
const under = (gateway: string): string => `chain 1 ${gateway}`;
/** Those that have ended, the newest first, once another took the place of each: settings may be rolled back to a stolen key. */
const endedUnder = (gateway: string): string => `ended 1 ${gateway}`;
const MOST_ENDED = 8;

/** @param roots - the keys in the settings, by gateway. */
export const openKeyChains = (kv: SyncKvStorage, roots: Readonly<Record<string, string>>) => {
  const known = new Map<string, KeyChain>();
  const endedOf = (gateway: string): readonly KeyChain[] => kv.get<readonly KeyChain[]>(endedUnder(gateway)) ?? [];
  for (const [gateway, root] of Object.entries(roots)) {
    const chain = endedOf(gateway).find(({ keys }) => keys.includes(root)) ?? kv.get<KeyChain>(under(gateway));
    if (chain) known.set(gateway, chain);
  }
  const put = (gateway: string, chain: KeyChain): void => {
    const before = known.get(gateway);
    if (before?.end) kv.put(endedUnder(gateway), [before, ...endedOf(gateway)].slice(0, MOST_ENDED));
    known.set(gateway, chain);
    kv.put(under(gateway), chain);
  };
  const rootOf = (gateway: string): string | undefined => (Object.hasOwn(roots, gateway) ? roots[gateway] : undefined);
  const of = (gateway: string): KeyChain | undefined => {
    const root = rootOf(gateway);
    return root === undefined ? undefined : chainOf(root, known.get(gateway));
  };
  const isAmong = (keys: typeof speaking, gateway: string, key: string | undefined): boolean => {
    const chain = of(gateway);
    return chain !== undefined && key !== undefined && keys(chain, rootOf(gateway)!).includes(key);
  };

  return {
    of,
    /** Those of which something is kept, as it is kept: also where the settings have another key by now. */
    known: (): KeyChains => Object.fromEntries(known),
    speaks: (gateway: string, key: string | undefined): key is string => isAmong(speaking, gateway, key),
    vouches: (gateway: string, key: string): boolean => isAmong(vouching, gateway, key),

    /** A sample by this key of the gateway was kept. */
    heard: (gateway: string, key: string): void => {
      const chain = of(gateway)!;
      const next = spoken(chain, key);
      if (next !== chain) put(gateway, next);
    },

    /** @returns the chain with that word. One that ends in `forked` is kept, and refused. */
    succeed: (word: KeySuccession, jws: string): Result<KeyChain, 'unknown-key' | 'forked' | 'malformed'> => {
      const { gateway } = word;
      const [chain, root] = [of(gateway), rootOf(gateway)];
      if (!chain || root === undefined) return refuse('unknown-key');
      const isTaken = (key: string): boolean =>
        Object.keys(roots).some((other) => other !== gateway && of(other)!.keys.includes(key));
      const next = succeed(chain, root, word, jws, isTaken);
      if (next.ok && next.value !== chain) put(gateway, next.value);
      return next.ok && next.value.end?.reason === 'forked' ? refuse('forked') : next;
    },
  };
};

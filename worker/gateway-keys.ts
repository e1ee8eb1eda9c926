/** The gateways' keys that an isolate opens texts by: those of its settings, and those that have followed, as the object tells. */
import { type GatewayKeys, importGatewayKey } from '#contract/gateway-keys.ts';
import { chainOf, type KeyChains, speaking } from './key-chain.ts';

/**
 * What is remembered is the keys, not the promise of them: one request's promises may die with it.
 *
 * @param roots - the keys in the settings, by gateway. @param chains - as they were told last.
 */
export const createGatewayKeys = (
  roots: Readonly<Record<string, string>>,
  chains: () => KeyChains,
): (() => Promise<GatewayKeys>) => {
  let imported: { readonly from: KeyChains; readonly keys: GatewayKeys } | undefined;
  return async () => {
    const from = chains();
    if (imported?.from === from) return imported.keys;
    const all = Object.entries(roots).flatMap(([gateway, root]) =>
      speaking(chainOf(root, from[gateway]), root).map((x) => importGatewayKey(gateway, x)),
    );
    imported = { from, keys: new Map(await Promise.all(all)) };
    return imported.keys;
  };
};

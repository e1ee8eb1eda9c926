/** What an isolate keeps in mind of the object: what that told last, and how our clock stood to its clock. */

import { onlyTrusted } from './edge-keys.ts';
import type { Settings } from './env.ts';
import type { Knowledge } from './keeper.ts';
import { type Kept, sampleAge } from './kept.ts';
import { chainOf, type KeyChain, vouching } from './key-chain.ts';
import { type Exchange, isTooFarApart } from './statement.ts';
import { isBehind } from './timekeeper.ts';
import type { Told } from './told.ts';

/**
 * An exchange older than so many times `REFRESH_S` is made anew. Drift alone would let it last longer (6 ms after 120 s at
 * 50 ppm), but until then nothing shows a jump of our clock; and half as long would hardly spare the object a call.
 */
const EXCHANGE_LIFE = 4;

/** @param name - of our clock. */
export const createMemory = (name: string, { rules, gatewayKeys, refreshMs }: Settings) => {
  let known: Knowledge | undefined;
  let own: Exchange | undefined;

  /** By our settings, which may be newer than the object's: a key that was withdrawn takes all that it signed along. */
  const chainIn = (told: Knowledge, gateway: string): KeyChain | undefined => {
    const theirs = told.gatewayKeys[gateway];
    return theirs === undefined ? undefined : chainOf(theirs, told.chains[gateway]);
  };
  const trustedOf = (told: Knowledge): readonly Kept[] =>
    told.gateways.filter(({ gateway }) => chainIn(told, gateway)?.keys.includes(gatewayKeys[gateway] ?? ''));

  const learn = (told: Knowledge): void => {
    const vouches = (gateway: string, key: string): boolean => {
      const chain = chainIn(told, gateway);
      return chain !== undefined && vouching(chain, gatewayKeys[gateway] ?? '').includes(key);
    };
    known = { ...told, gateways: trustedOf(told), edge: { ...told.edge, keys: onlyTrusted(told.edge.keys, vouches) } };
  };

  return {
    known: (): Knowledge | undefined => known,
    exchanges: (): readonly Exchange[] => (known && own ? [own, ...known.exchanges] : []),

    /** Whether the last exchange leaves it possible that our clock is as near to others as is assumed. */
    isNear: (): boolean => own !== undefined && !isTooFarApart(own, rules),

    forgetExchange: (): void => {
      own = undefined;
    },

    /** Whether the object must be asked by us ourselves. */
    needsExchange: (nowUnixMs: number): boolean =>
      !own || Math.abs(nowUnixMs - own.ours.fromUnixMs) >= EXCHANGE_LIFE * refreshMs,

    /**
     * The object, or a copy of it, has told us, between these two readings of our clock. A copy may know less than a post of
     * ours was told, and a gateway's later word may take back an earlier one: that is not undone while it lasts.
     */
    remember: (knowledge: Knowledge, fromUnixMs: number, toUnixMs: number): void => {
      const ours = { clock: name, fromUnixMs, toUnixMs, isLate: false };
      const lasting = known?.gateways.filter((kept) => sampleAge(kept, toUnixMs) <= rules.maxSampleAge) ?? [];
      if (isBehind(trustedOf(knowledge), lasting)) return;
      const { object, objectUnixMs, askedUnixMs = objectUnixMs } = knowledge;
      // While a copy asked the one object, our exchange with the copy was not on its way: t2 and t3 again.
      const theirs = { clock: object, fromUnixMs: objectUnixMs, toUnixMs: askedUnixMs, isLate: true };
      own = fromUnixMs <= toUnixMs ? { ours, theirs } : undefined; // a clock that was set meanwhile has measured nothing
      learn(knowledge);
    },

    /**
     * The object has told another isolate. Nothing leads back, nor to a clock that our exchange is no way to. And who
     * repeats old copies must not keep news from us: their age is told by our clock and that exchange.
     */
    take: (told: Told, nowUnixMs: number): 'hit' | 'stale' | 'unknown-edge-key' => {
      if (!known || own?.theirs.clock !== told.object || told.objectUnixMs <= known.objectUnixMs) return 'stale';
      const ageMs = nowUnixMs - own.ours.fromUnixMs - (told.objectUnixMs - own.theirs.fromUnixMs);
      if (Math.abs(ageMs) >= refreshMs) return 'stale';
      const { secrets } = known.edge;
      if (!told.edge.keys.every(({ id }) => secrets.has(id))) return 'unknown-edge-key';
      learn({ ...told, edge: { ...told.edge, secrets }, cacheSecret: known.cacheSecret });
      return 'hit';
    },
  };
};

/** Whom one isolate asks, and when: the object, those of its location who were told lately, gateways themselves. */

import { createBackOff } from './back-off.ts';
import type { Settings } from './env.ts';
import type { Keeper, Knowledge, LogEntry, Receipt } from './keeper.ts';
import type { Kept } from './kept.ts';
import type { LocationCache } from './location-cache.ts';
import { createMemory } from './memory.ts';
import type { AskGateway } from './pull.ts';
import { createPulls, type PullReport } from './pulled.ts';
import { type CacheOutcome, createSharing } from './sharing.ts';
import type { Reader } from './statement.ts';
import type { Told } from './told.ts';
import { watchClock } from './watched-clock.ts';

/** While there is no time to give, or nothing to sign with, the object is asked once in so long. */
const RETRY_MS = 1_000;

/** What only lives as long as one request, and so cannot be kept here. */
export type RequestScope = {
  readonly keeper: () => Keeper;
  readonly cache: () => LocationCache;
  /** Keeps a call alive when the request that made it has been answered. */
  readonly background: (call: Promise<unknown>) => void;
};

export type AskingHealth = {
  readonly objectFailures: number;
  readonly cache: ReadonlyMap<CacheOutcome, number>;
  /** Of those gateways that were asked. */
  readonly pulls: ReadonlyMap<string, PullReport>;
};

/**
 * @param name - of our clock.
 * @param clock - `Date.now`: in whole ms, and still while a request only computes.
 * @param onNews - more is known, or less: our clock may have jumped.
 */
export const createAsking = (
  name: string,
  settings: Settings,
  clock: () => number,
  askGateway: AskGateway,
  onNews: () => void,
) => {
  const { refreshMs } = settings;
  const memory = createMemory(name, settings);
  const sharing = createSharing();
  const pulls = createPulls(name, settings, clock, askGateway);
  const mayRenew = createBackOff(RETRY_MS, refreshMs);
  let askedUnixMs: number | undefined;
  let pending: Promise<unknown> | undefined;
  let objectFailures = 0;

  const attempt = async <Reply>(call: () => Promise<Reply>): Promise<Reply | undefined> => {
    try {
      return await call();
    } catch {
      objectFailures++;
      return undefined;
    }
  };

  /** Throws at what an object of another release may tell: that is a failure of the object. */
  const remember = (sentUnixMs: number, knowledge: Knowledge): void => {
    memory.remember(knowledge, sentUnixMs, clock());
    askedUnixMs = sentUnixMs;
    onNews();
  };

  const share = (scope: RequestScope, knowledge: Knowledge): void =>
    scope.background(sharing.write(scope.cache(), knowledge, knowledge.cacheSecret));

  const exchange = async (scope: RequestScope): Promise<void> => {
    const sentUnixMs = clock();
    askedUnixMs = sentUnixMs;
    await attempt(async () => {
      const knowledge = await scope.keeper().knowledge();
      remember(sentUnixMs, knowledge);
      share(scope, knowledge);
    });
  };

  /** What others of this location were told is as good as what we would be, as long as our own exchange is. */
  const refresh = async (scope: RequestScope): Promise<void> => {
    const nowUnixMs = clock();
    askedUnixMs = nowUnixMs;
    const known = memory.known();
    const take = (told: Told) => memory.take(told, clock());
    const isLearnt =
      known && !memory.needsExchange(nowUnixMs) && (await sharing.read(scope.cache(), known.cacheSecret, take));
    if (isLearnt) onNews();
    else await exchange(scope);
  };

  const kept = (): readonly Kept[] => memory.known()?.gateways ?? [];

  return {
    /** Our clock. */
    look: watchClock(clock, refreshMs, () => {
      memory.forgetExchange();
      pulls.forget();
      onNews();
    }),
    known: memory.known,
    isNear: memory.isNear,
    /** What is kept of each gateway, with what it told us ourselves. */
    kept: (nowUnixMs: number): readonly Kept[] => pulls.addTo(kept(), nowUnixMs),
    reader: (): Reader => ({ clock: name, isLate: false, exchanges: memory.exchanges() }),

    /**
     * Asks anew where it is time to: at once where there is no answer to give.
     *
     * @returns when whoever was asked last has answered or failed.
     */
    ask: (scope: RequestScope, nowUnixMs: number, hasAnswer: boolean): Promise<unknown> | undefined => {
      const dueAfterMs = hasAnswer ? refreshMs : RETRY_MS;
      if (askedUnixMs === undefined || Math.abs(nowUnixMs - askedUnixMs) >= dueAfterMs) {
        pending = hasAnswer ? refresh(scope) : exchange(scope);
        scope.background(pending);
      }
      return pending;
    },
    /** Asks gateways themselves, where they can be asked. Nobody who has an answer without it waits for that. */
    pull: (scope: RequestScope): readonly Promise<void>[] => {
      const pulling = pulls.ask(kept()).map(async (one) => {
        await one;
        onNews();
      });
      for (const one of pulling) scope.background(one);
      return pulling;
    },
    /**
     * Asks the object again, since what it told of this edge's keys does not do: it may know more by now. Who goes on asking
     * for what it never comes to know brings about, in the end, one call in `REFRESH_S`.
     */
    renew: async (scope: RequestScope): Promise<void> => {
      const nowUnixMs = clock();
      const isFresh = askedUnixMs !== undefined && Math.abs(nowUnixMs - askedUnixMs) < RETRY_MS;
      if (!isFresh && mayRenew(nowUnixMs)) {
        pending = exchange(scope);
        scope.background(pending); // others wait for it too
      }
      await pending;
    },
    /** @returns undefined where the object fails. */
    post: async <Reply extends Pick<Receipt, 'isNews' | 'knowledge'>>(
      scope: RequestScope,
      sentUnixMs: number,
      call: (keeper: Keeper) => Promise<Reply>,
    ): Promise<Reply | undefined> => {
      const receipt = await attempt(async () => {
        const told = await call(scope.keeper());
        remember(sentUnixMs, told.knowledge);
        return told;
      });
      if (receipt?.isNews) share(scope, receipt.knowledge);
      return receipt;
    },
    log: ({ keeper }: RequestScope, limit: number): Promise<readonly LogEntry[] | undefined> =>
      attempt(() => keeper().log(limit)),
    health: (nowUnixMs: number): AskingHealth => ({
      objectFailures,
      cache: sharing.outcomes,
      pulls: pulls.reports(kept(), nowUnixMs),
    }),
  };
};

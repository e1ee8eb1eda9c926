/** What one isolate knows about time: it asks the object now and then, and answers from memory in between. */
import type { EdgeReading } from '#contract/edge-reading.ts';
import type { Verified } from '#contract/jws.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { Answer } from '#contract/time-answer.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import { agreeNow, type Kept, TOO_FAR_APART, type Verdict } from './agreement.ts';
import { type Agreed, answerFrom } from './answer.ts';
import { createBackOff } from './back-off.ts';
import type { Settings } from './env.ts';
import type { KnownKeys } from './keyring.ts';
import type { LocationCache } from './location-cache.ts';
import { createMemory } from './memory.ts';
import type { AskGateway } from './pull.ts';
import { createPulls, type PullReport } from './pulled.ts';
import { withNonce } from './reading-nonce.ts';
import { type CacheOutcome, createSharing } from './sharing.ts';
import type { Reader } from './statement.ts';
import type { KeepRefusal, Suspicion } from './timekeeper.ts';
import type { Keeper, Knowledge, LogEntry, Offered, Post, Receipt } from './timekeeper-object.ts';
import type { Told } from './told.ts';
import { watchClock } from './watched-clock.ts';

/** While there is no time to give, or nothing to sign with, the object is asked once in so long. */
const RETRY_MS = 1_000;
/** How long what was agreed is only carried on, before it is agreed anew from what is known. */
const OUTCOME_LIFE_MS = 1_000;

/** What only lives as long as one request, and so cannot be kept here. */
export type RequestScope = {
  readonly keeper: () => Keeper;
  readonly cache: () => LocationCache;
  /** Keeps a call alive when the request that made it has been answered. */
  readonly background: (call: Promise<unknown>) => void;
};

/** What a gateway is answered. `no-time` where our clock is not one to be bounded: the sample is kept all the same. */
export type Answered = Pick<Receipt, 'place' | 'wanted'> & {
  readonly reading: Result<EdgeReading, KeepRefusal | 'unknown-key' | 'no-time'>;
};

/** Where the object fails, `time` goes on with what was known, and the others give undefined. */
export type Isolate = {
  /** @param detailed - with what the width is made of. */
  time(scope: RequestScope, detailed?: boolean): Promise<Result<Answer, 'no-time'>>;
  keep(
    scope: RequestScope,
    jws: string,
    sample: Verified<TimeSample>,
    offered: Offered,
    from: Pick<Post, 'origin' | 'location'>,
  ): Promise<Answered | undefined>;
  log(scope: RequestScope, limit: number): Promise<readonly LogEntry[] | undefined>;
  /**
   * Asks the object again, since what it told of this edge's keys does not do: it may know more by now. Who goes on asking
   * for what it never comes to know brings about, in the end, one call in `REFRESH_S`.
   */
  renew(scope: RequestScope): Promise<void>;
  /** This edge's keys, as the object told of them last. */
  edge(): KnownKeys | undefined;
  health(): IsolateHealth;
};

export type IsolateHealth = {
  readonly gateways: readonly Kept[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly suspicions: ReadonlyMap<string, Suspicion>;
  readonly nowUnixMs: number;
  /** How often a gateway's statements were seen to exclude each other, or an exchange the spread: once a second at most. */
  readonly contradictions: number;
  readonly objectFailures: number;
  readonly cache: ReadonlyMap<CacheOutcome, number>;
  /** Of those gateways that were asked. */
  readonly pulls: ReadonlyMap<string, PullReport>;
};

/** @param clock - `Date.now`: in whole ms, and still while a request only computes. */
export const createIsolate = (
  name: string,
  settings: Settings,
  clock: () => number,
  askGateway: AskGateway,
): Isolate => {
  const { rules, refreshMs } = settings;
  const memory = createMemory(name, settings);
  const sharing = createSharing();
  const pulls = createPulls(name, settings, clock, askGateway);
  const mayRenew = createBackOff(RETRY_MS, refreshMs);
  let askedUnixMs: number | undefined;
  let pending: Promise<unknown> | undefined;
  let agreed: Agreed | undefined;
  /** Whoever asks in the same ms of our clock is told the same, as long as no more is known. */
  let last: { readonly from: Agreed; readonly unixMs: number; readonly answer: Result<Answer, 'no-time'> } | undefined;
  let contradictions = 0;
  let objectFailures = 0;

  const attempt = async <Reply>(call: () => Promise<Reply>): Promise<Reply | undefined> => {
    try {
      return await call();
    } catch {
      objectFailures++;
      return undefined;
    }
  };

  const look = watchClock(clock, refreshMs, () => {
    memory.forgetExchange();
    pulls.forget();
    agreed = undefined;
  });

  /** Throws at what an object of another release may tell: that is a failure of the object. */
  const remember = (sentUnixMs: number, knowledge: Knowledge): void => {
    memory.remember(knowledge, sentUnixMs, clock());
    askedUnixMs = sentUnixMs;
    agreed = undefined;
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
    if (isLearnt) agreed = undefined;
    else await exchange(scope);
  };

  /** Asks gateways themselves, where they can be asked. Nobody who has an answer without it waits for that. */
  const pull = (scope: RequestScope): readonly Promise<void>[] => {
    const pulling = pulls.ask(kept()).map(async (one) => {
      await one;
      agreed = undefined;
    });
    for (const one of pulling) scope.background(one);
    return pulling;
  };

  const reader = (): Reader => ({ clock: name, isLate: false, exchanges: memory.exchanges() });
  const kept = (): readonly Kept[] => memory.known()?.gateways ?? [];

  const agreedNear = (nowUnixMs: number): Agreed => {
    if (agreed && Math.abs(nowUnixMs - agreed.unixMs) < OUTCOME_LIFE_MS) return agreed;
    const from = { kept: pulls.addTo(kept(), nowUnixMs), reader: reader(), unixMs: nowUnixMs };
    agreed = { ...agreeNow(from.kept, from.reader, nowUnixMs, rules), ...from };
    contradictions += agreed.contradictions;
    return agreed;
  };

  const answerAt = (nowUnixMs: number, detailed: boolean): Result<Answer, 'no-time'> => {
    const from = agreedNear(nowUnixMs);
    if (detailed) return answerFrom(from, nowUnixMs, true, settings);
    if (last?.from !== from || last.unixMs !== nowUnixMs)
      last = { from, unixMs: nowUnixMs, answer: answerFrom(from, nowUnixMs, false, settings) };
    return last.answer;
  };

  return {
    time: async (scope, detailed = false) => {
      const nowUnixMs = look();
      const answer = answerAt(nowUnixMs, detailed);
      const dueAfterMs = answer.ok ? refreshMs : RETRY_MS;
      if (askedUnixMs === undefined || Math.abs(nowUnixMs - askedUnixMs) >= dueAfterMs) {
        pending = answer.ok ? refresh(scope) : exchange(scope);
        scope.background(pending);
      }
      if (!answer.ok) await pending;
      const later = answer.ok ? answer : answerAt(clock(), detailed); // our clock has gone on meanwhile
      const pulling = pull(scope);
      if (later.ok || pulling.length === 0) return later;
      await Promise.all(pulling); // the last who may tell us
      return answerAt(clock(), detailed);
    },
    keep: async (scope, jws, sample, offered, from) => {
      const isolateUnixMs = look();
      const gatewayKey = settings.gatewayKeys[sample.gateway];
      const post = { ...from, isolate: name, isolateUnixMs, gatewayKey };
      const receipt = await attempt(async () => {
        const told = await scope.keeper().keep(jws, sample, offered, post);
        remember(isolateUnixMs, told.knowledge);
        return told;
      });
      if (!receipt) return undefined;
      const { reading, place, wanted, knowledge, isNews } = receipt;
      if (isNews) share(scope, knowledge);
      if (!reading.ok) return { reading, place, wanted };
      // All others take our reading for one of a clock as near as is assumed: the gateway must not bound it.
      if (!memory.isNear()) return { reading: refuse('no-time', TOO_FAR_APART), place, wanted };
      const { secret, ...ofObject } = reading.value;
      const { location } = from;
      const whole = { ...ofObject, isolate: name, isolateUnixMs, departedUnixMs: clock(), location };
      return { reading: ok(await withNonce(whole, secret)), place, wanted };
    },
    log: ({ keeper }, limit) => attempt(() => keeper().log(limit)),
    renew: async (scope) => {
      const nowUnixMs = clock();
      const isFresh = askedUnixMs !== undefined && Math.abs(nowUnixMs - askedUnixMs) < RETRY_MS;
      if (!isFresh && mayRenew(nowUnixMs)) {
        pending = exchange(scope);
        scope.background(pending); // others wait for it too
      }
      await pending;
    },
    edge: () => memory.known()?.edge,
    health: () => {
      const nowUnixMs = clock();
      const { verdicts } = agreedNear(nowUnixMs);
      const { gateways = [], suspicions = new Map() } = memory.known() ?? {};
      return {
        gateways,
        verdicts,
        suspicions,
        nowUnixMs,
        contradictions,
        objectFailures,
        cache: sharing.outcomes,
        pulls: pulls.reports(gateways, nowUnixMs),
      };
    },
  };
};

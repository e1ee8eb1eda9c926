/** What one isolate says of time: it is told now and then (`asking.ts`), and answers from memory in between. */
import type { EdgeReading } from '#contract/edge-reading.ts';
import type { Verified } from '#contract/jws.ts';
import type { KeySuccession } from '#contract/key-succession.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { Answer } from '#contract/time-answer.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import { type Agreed, agreeNow, TOO_FAR_APART, type Verdict } from './agreement.ts';
import { answerFrom } from './answer.ts';
import { type AskingHealth, createAsking, type RequestScope } from './asking.ts';
import type { Settings } from './env.ts';
import type { LogEntry, Offered, Post, Receipt, Succeeded } from './keeper.ts';
import type { Kept } from './kept.ts';
import type { KeyChains } from './key-chain.ts';
import type { KnownKeys } from './keyring.ts';
import type { AskGateway } from './pull.ts';
import { withNonce } from './reading-nonce.ts';
import type { KeepRefusal, Suspicion } from './timekeeper.ts';

/** How long what was agreed is only carried on, before it is agreed anew from what is known. */
const OUTCOME_LIFE_MS = 1_000;

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
    from: Pick<Post, 'origin' | 'location' | 'gatewayKey'>,
  ): Promise<Answered | undefined>;
  succeed(scope: RequestScope, jws: string, word: Verified<KeySuccession>): Promise<Succeeded['outcome'] | undefined>;
  log(scope: RequestScope, limit: number): Promise<readonly LogEntry[] | undefined>;
  /** Asks the object again, since what it told of keys, of this edge's or of gateways', does not do. */
  renew(scope: RequestScope): Promise<void>;
  /** This edge's keys, as the object told of them last. */
  edge(): KnownKeys | undefined;
  /** What the object told last of gateways' keys. */
  chains(): KeyChains;
  health(): IsolateHealth;
};

const NO_CHAINS: KeyChains = {};

export type IsolateHealth = AskingHealth & {
  readonly gateways: readonly Kept[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly suspicions: ReadonlyMap<string, Suspicion>;
  readonly nowUnixMs: number;
  /** How often a gateway's statements were seen to exclude each other, or an exchange the spread: once a second at most. */
  readonly contradictions: number;
};

/** @param clock - `Date.now`: in whole ms, and still while a request only computes. */
export const createIsolate = (
  name: string,
  settings: Settings,
  clock: () => number,
  askGateway: AskGateway,
): Isolate => {
  let agreed: Agreed | undefined;
  /** Whoever asks in the same ms of our clock is told the same, as long as no more is known. */
  let last: { readonly from: Agreed; readonly unixMs: number; readonly answer: Result<Answer, 'no-time'> } | undefined;
  let contradictions = 0;
  const asking = createAsking(name, settings, clock, askGateway, () => {
    agreed = undefined;
  });

  const agreedNear = (nowUnixMs: number): Agreed => {
    if (agreed && Math.abs(nowUnixMs - agreed.unixMs) < OUTCOME_LIFE_MS) return agreed;
    const from = { kept: asking.kept(nowUnixMs), reader: asking.reader(), unixMs: nowUnixMs };
    agreed = { ...agreeNow(from.kept, from.reader, nowUnixMs, settings.rules), ...from };
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
      const nowUnixMs = asking.look();
      // Who was told this has asked whoever was to be asked.
      if (!detailed && last?.answer.ok && last.unixMs === nowUnixMs && last.from === agreed) return last.answer;
      const answer = answerAt(nowUnixMs, detailed);
      const asked = asking.ask(scope, nowUnixMs, answer.ok);
      if (!answer.ok) await asked;
      const later = answer.ok ? answer : answerAt(clock(), detailed); // our clock has gone on meanwhile
      const pulling = asking.pull(scope);
      if (later.ok || pulling.length === 0) return later;
      await Promise.all(pulling); // the last who may tell us
      return answerAt(clock(), detailed);
    },
    keep: async (scope, jws, sample, offered, from) => {
      const isolateUnixMs = asking.look();
      const post = { ...from, isolate: name, isolateUnixMs };
      const receipt = await asking.post(scope, isolateUnixMs, (keeper) => keeper.keep(jws, sample, offered, post));
      if (!receipt) return undefined;
      const { reading, place, wanted } = receipt;
      if (!reading.ok) return { reading, place, wanted };
      // All others take our reading for one of a clock as near as is assumed: the gateway must not bound it.
      if (!asking.isNear()) return { reading: refuse('no-time', TOO_FAR_APART), place, wanted };
      const { secret, ...ofObject } = reading.value;
      const { location } = from;
      const whole = { ...ofObject, isolate: name, isolateUnixMs, departedUnixMs: clock(), location };
      return { reading: ok(await withNonce(whole, secret)), place, wanted };
    },
    succeed: async (scope, jws, word) =>
      (await asking.post(scope, asking.look(), (keeper) => keeper.succeed(jws, word)))?.outcome,
    log: asking.log,
    renew: asking.renew,
    edge: () => asking.known()?.edge,
    chains: () => asking.known()?.chains ?? NO_CHAINS,
    health: () => {
      const nowUnixMs = clock();
      const { verdicts } = agreedNear(nowUnixMs);
      const { gateways = [], suspicions = new Map() } = asking.known() ?? {};
      return { gateways, verdicts, suspicions, nowUnixMs, contradictions, ...asking.health(nowUnixMs) };
    },
  };
};

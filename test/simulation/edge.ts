/** An edge in the simulation: the real timekeeper on clocks of its own, behind a path with delays, without a runtime. */
import type { EdgeReading } from '#contract/edge-reading.ts';
import type { Verified } from '#contract/jws.ts';
import { ok, refuse } from '#contract/result.ts';
import { after, milliseconds, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import type { CheckOutcome } from '../../ntp-gateway/protocol/edge-answer.ts';
import type { Answer } from '../../ntp-gateway/publish/answer.ts';
import { type Agreement, agreeNow } from '../../worker/agreement.ts';
import type { Kept } from '../../worker/kept.ts';
import { boundedNow, type KeepRules, keep } from '../../worker/timekeeper.ts';
import { makeKeysOfEdge } from './keys-of-edge.ts';
import type { World } from './world.ts';

export const ORIGIN = 'https://time.example.org';

const RULES: KeepRules = {
  quorum: 1,
  mayBeWrong: 0,
  drift: 5e-5,
  spread: milliseconds(20),
  objectLag: milliseconds(10),
  maxSampleAge: nanos(300e9),
  maxClockError: nanos(86_400e9),
};

type EdgeOptions = {
  readonly origin?: string;
  /** The isolate's clock less true time; the object's is within the spread of it. */
  readonly error?: Nanos;
  readonly there?: Nanos;
  readonly back?: Nanos;
  readonly isUp?: (now: UnixNanos) => boolean;
  /** What someone on the path makes of an answer. */
  readonly meddle?: (answer: Answer, n: number) => Answer;
  readonly rules?: KeepRules;
  /** How far another isolate's clock is ahead of this one's, which is assumed to be no more than the spread: it answers callers. */
  readonly apart?: (now: UnixNanos) => Nanos;
};

export const makeEdge = (options: EdgeOptions = {}) => {
  const { error = milliseconds(-7_300), there = milliseconds(20), back = milliseconds(20), rules = RULES } = options;
  const { origin = ORIGIN, isUp = () => true, meddle = (answer) => answer } = options;
  const { apart = () => nanos(0) } = options;
  let kept: readonly Kept[] = [];
  const nonces = new Set<string>();
  const refusals: string[] = [];
  const keys = makeKeysOfEdge();
  let posts = 0;

  const read = (now: UnixNanos, offset: number): number => Number(after(now, nanos(error + offset * 1e6)) / 1_000_000n);
  const isolateClock = (now: UnixNanos): number => read(now, 0);
  const objectClock = (now: UnixNanos): number => read(now, -12); // another machine, and late besides

  const post = async (sample: TimeSample, sha256: string, world: World): Promise<Answer> => {
    const n = posts++;
    if (!isUp(world.now())) throw new Error('no route');
    const wait = (base: Nanos): Promise<void> => world.wait(nanos(base + milliseconds(2 * world.dice.exponential())));
    await wait(there);
    const isolateUnixMs = isolateClock(world.now());
    await wait(milliseconds(3));
    const clocks = { isolate: 'i', isolateUnixMs, object: 'o', objectUnixMs: objectClock(world.now()) };
    const answered = sample.readings.filter(({ nonce }) => nonces.has(nonce));
    const arrival = { sample: sample as Verified<TimeSample>, sha256, origin, answered, ...clocks };
    const outcome = keep(kept, arrival, rules);
    if (!outcome.ok) refusals.push(outcome.reason);
    else kept = [...kept.filter(({ gateway }) => gateway !== sample.gateway), outcome.value];
    const nonce = `${n}`.padStart(43, 'n');
    nonces.add(nonce);
    const departedUnixMs = isolateClock(world.now());
    await wait(back);
    const proven = boundedNow(kept, clocks, rules);
    const edgeKeys = outcome.ok ? keys.vouch(sample, origin, clocks.objectUnixMs, proven) : [];
    const reading: EdgeReading = { sampleSha256: sha256, ...clocks, departedUnixMs, location: 'sim', nonce };
    const refusal = { type: `urn:noonmark:problem:${outcome.ok ? '' : outcome.reason}`, epoch: kept[0]?.epoch };
    const status = outcome.ok ? 200 : outcome.reason === 'replayed' ? 409 : 422;
    return meddle({ status, body: outcome.ok ? { ...reading, edgeKeys } : refusal }, n);
  };

  const gatewayKey = { id: 'k', x: 'x' };
  /** As an isolate says it that has made no exchange of its own. */
  const tell = async (_nonce: string, world: World): Promise<CheckOutcome> => {
    const t1 = world.mono();
    if (!isUp(world.now())) return refuse('unreachable');
    const wait = (base: Nanos): Promise<void> => world.wait(nanos(base + milliseconds(2 * world.dice.exponential())));
    await wait(there);
    const now = world.now();
    const reader = { clock: 'j', isLate: false, exchanges: [] };
    const { agreement } = agreeNow(kept, reader, isolateClock(after(now, apart(now))), rules);
    await wait(back);
    if (!agreement.ok) return refuse('no-time');
    const { earliest, latest, estimate: time } = agreement.value;
    return ok({ t1, t4: world.mono(), earliest, latest, time, leap: 'none', stratum: 3, jws: 'signed', gatewayKey });
  };

  return {
    post,
    tell,
    refusals,
    posts: () => posts,
    keys,
    /** What the isolate that takes the posts would answer; undefined for a 503. */
    answer: (now: UnixNanos): Agreement | undefined => {
      const { agreement } = agreeNow(kept, { clock: 'i', isLate: false, exchanges: [] }, isolateClock(now), rules);
      return agreement.ok ? agreement.value : undefined;
    },
  };
};

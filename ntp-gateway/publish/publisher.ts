/**
 * One edge, as a step function: when to post a sample, and what its answer says about the edge's clocks.
 * Each post is an exchange; ARCHITECTURE.md, "How the edge knows the time".
 */
import { decodeEdgeReading } from '#contract/edge-reading.ts';
import { after, between, type MonoNanos, type Nanos, nanos, seconds } from '#contract/time.ts';
import type { ReadingBound, TimeSample } from '#contract/time-sample.ts';
import { type Clock, isUsable, readClock } from '../discipline/clock.ts';
import type { ClockReading } from '../protocol/responder.ts';
import { makeSample } from './sampler.ts';

export type PublisherConfig = { readonly gateway: string; readonly origin: string; readonly interval: Nanos };

type Post = { readonly sha256: string; readonly epoch: number; readonly before: ClockReading };

export type Publisher = {
  readonly epoch: number;
  /** Samples signed for this edge in this epoch, and the hash of the last. */
  readonly sequence: number;
  readonly previousSha256: string | null;
  /** The post under way, once it has left. */
  readonly post?: Post;
  readonly reading?: ReadingBound;
  /** Posts still to come a second apart: a new edge needs several exchanges to know its clock well. */
  readonly quickPosts: number;
  readonly failures: number;
  /** The last outcome: 'ok', or the word of what went wrong. */
  readonly outcome: string;
  readonly counters: Readonly<Record<string, number>>;
};

export type PublisherEvent =
  /** The timer has fired. `jitter` is uniform in [0, 1). */
  | { readonly kind: 'due'; readonly now: MonoNanos; readonly jitter: number }
  /** The signed sample is on its way; `at` was read just before. */
  | { readonly kind: 'departed'; readonly at: MonoNanos; readonly sha256: string }
  /** The answer has come in whole; `at` was read just after. */
  | { readonly kind: 'answered'; readonly at: MonoNanos; readonly jitter: number; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly at: MonoNanos; readonly jitter: number };

/** `body` is parsed JSON or undefined; `retryAfter` in whole seconds where the edge named some. */
export type Answer = { readonly status: number; readonly body: unknown; readonly retryAfter?: number };

export type PublisherAction =
  | { readonly kind: 'post'; readonly sample: TimeSample }
  | { readonly kind: 'wake'; readonly at: MonoNanos }
  /** The edge keeps a later epoch than ours: go on above it. */
  | { readonly kind: 'raise-epoch'; readonly above: number };

const QUICK_POSTS = 4;
const QUICK_INTERVAL = seconds(1);
const LONGEST_BACKOFF = seconds(64);
const LONGEST_RETRY_AFTER_S = 300;

export const newPublisher = (epoch: number): Publisher => ({
  epoch,
  sequence: 0,
  previousSha256: null,
  quickPosts: QUICK_POSTS,
  failures: 0,
  outcome: 'waiting',
  counters: {},
});

/** @param clock - as it stands at the event; absent while there is none to speak of. */
export const stepPublisher = (
  state: Publisher,
  event: PublisherEvent,
  clock: Clock | undefined,
  config: PublisherConfig,
): [Publisher, PublisherAction[]] => {
  switch (event.kind) {
    case 'due':
      return post(state, event.now, clock, config);
    case 'departed':
      return [depart(state, event.at, event.sha256, clock), []];
    case 'answered':
      return answered(state, event, clock, config);
    case 'failed':
      return backOff(count(state, 'unreachable'), event.at, event.jitter);
  }
};

const post = (
  old: Publisher,
  now: MonoNanos,
  clock: Clock | undefined,
  config: PublisherConfig,
): [Publisher, PublisherAction[]] => {
  const reading = clock && readClock(clock, now);
  // Nothing to say: saying nothing lets the edge's bound widen, and end in a 503 there.
  if (!clock || !reading || !isUsable(clock, reading)) {
    return [{ ...old, outcome: 'unsynchronized' }, [wake(now, QUICK_INTERVAL)]];
  }
  const { outcome, counters } = old;
  const state = clock.epoch === old.epoch ? old : { ...newPublisher(clock.epoch), outcome, counters };
  const readings = state.reading ? [state.reading] : [];
  const sample = makeSample(config.gateway, config.origin, clock, reading, state, readings);
  return [{ ...state, sequence: state.sequence + 1 }, [{ kind: 'post', sample }]];
};

const depart = (state: Publisher, at: MonoNanos, sha256: string, clock: Clock | undefined): Publisher => {
  const { post: _, ...others } = { ...state, previousSha256: sha256 };
  return clock ? { ...others, post: { sha256, epoch: clock.epoch, before: readClock(clock, at) } } : others;
};

const answered = (
  { post, ...state }: Publisher,
  { at, jitter, answer }: Extract<PublisherEvent, { kind: 'answered' }>,
  clock: Clock | undefined,
  { interval }: PublisherConfig,
): [Publisher, PublisherAction[]] => {
  const { status, body, retryAfter = 0 } = answer;
  if (status === 409) {
    const kept = keptEpoch(body);
    const [next, actions] = backOff({ ...refused(state, answer), quickPosts: QUICK_POSTS }, at, jitter);
    // An edge that follows the rules names the epoch it keeps; one that does not is only posted to again.
    return [next, kept === undefined ? actions : [{ kind: 'raise-epoch', above: kept }, ...actions]];
  }
  if (status !== 200) {
    const quickPosts = status === 503 ? QUICK_POSTS : state.quickPosts;
    const least = seconds(Math.min(retryAfter, LONGEST_RETRY_AFTER_S));
    return backOff({ ...refused(state, answer), quickPosts }, at, jitter, least);
  }
  const read = decodeEdgeReading(body);
  if (!read.ok) return backOff(count(state, 'malformed'), at, jitter);
  // An answer to another sample says when that one was answered: replaying it would move the edge's clock.
  if (!post || read.value.sampleSha256 !== post.sha256) return backOff(count(state, 'wrong-sample'), at, jitter);

  const quickPosts = Math.max(0, state.quickPosts - 1);
  const next = { ...state, quickPosts, failures: 0, outcome: 'ok' };
  const spacing = nanos(quickPosts > 0 ? QUICK_INTERVAL : interval * (0.98 + 0.04 * jitter));
  // A clock that was stepped in between has no say about either end.
  if (!clock || clock.epoch !== post.epoch) return [next, [wake(at, spacing)]];
  return [{ ...next, reading: boundReading(read.value, post.before, readClock(clock, at)) }, [wake(at, spacing)]];
};

/** The edge read its clocks after the request left and before the answer came: true time then lies between. */
const boundReading = (
  reading: Omit<ReadingBound, 'estimateUnixNs' | 'earliestUnixNs' | 'latestUnixNs'>,
  before: ClockReading,
  now: ClockReading,
): ReadingBound => ({
  ...reading,
  estimateUnixNs: after(before.time, nanos(between(before.time, now.time) / 2)),
  earliestUnixNs: before.earliest,
  latestUnixNs: now.latest,
});

/** Bounded, so that a lying edge cannot drive the counter to where it ends. */
const HIGHEST_EPOCH = 2 ** 40;

const keptEpoch = (body: unknown): number | undefined => {
  const epoch = typeof body === 'object' && body !== null && 'epoch' in body ? body.epoch : undefined;
  return typeof epoch === 'number' && Number.isInteger(epoch) && 0 <= epoch && epoch <= HIGHEST_EPOCH
    ? epoch
    : undefined;
};

/** Counted by status, which is bounded; shown by the problem's own word, spec: `urn:noonmark:problem:<word>`. */
const refused = (state: Publisher, { status, body }: Answer): Publisher => {
  const type = typeof body === 'object' && body !== null && 'type' in body ? String(body.type) : '';
  const word = /^urn:noonmark:problem:([a-z-]{1,32})$/.exec(type)?.[1];
  return { ...count(state, `status-${status}`), outcome: word ?? `status-${status}` };
};

const wake = (now: MonoNanos, length: Nanos): PublisherAction => ({ kind: 'wake', at: after(now, length) });

/** Doubling from 1 s, each wait drawn from its upper half so that gateways do not come back all at once. */
const backOff = (
  { post: _, ...state }: Publisher,
  now: MonoNanos,
  jitter: number,
  least: Nanos = nanos(0),
): [Publisher, PublisherAction[]] => {
  const longest = Math.min(LONGEST_BACKOFF, QUICK_INTERVAL * 2 ** Math.min(state.failures, 10));
  const wait = nanos(Math.max(least, longest * (0.5 + jitter / 2)));
  return [{ ...state, failures: state.failures + 1 }, [wake(now, wait)]];
};

/** The counters' labels are this file's own words and three-digit statuses: bounded. */
const count = (state: Publisher, word: string): Publisher => ({
  ...state,
  outcome: word,
  counters: { ...state.counters, [word]: (state.counters[word] ?? 0) + 1 },
});

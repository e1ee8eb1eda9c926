/**
 * One edge, as a step function: when to post a sample, and what its answer says about the edge's clocks.
 * Each post is an exchange; ARCHITECTURE.md, "How the edge knows the time".
 */
import { type Delegation, decodeWantedKeys } from '#contract/delegation.ts';
import { decodeEdgeReading } from '#contract/edge-reading.ts';
import { MOST_HOPS } from '#contract/fields.ts';
import { after, between, type MonoNanos, type Nanos, nanos, seconds } from '#contract/time.ts';
import type { ReadingBound, TimeSample } from '#contract/time-sample.ts';
import type { PublishConfig } from '../config.ts';
import { type Clock, isUsable, readClock } from '../discipline/clock.ts';
import type { ClockReading } from '../protocol/server-state.ts';
import { type Answer, boundReading, keptEpoch, refusalOf } from './answer.ts';
import { delegate } from './delegate.ts';
import { makeSample } from './sampler.ts';

export type PublisherConfig = PublishConfig & { readonly gateway: string };

type Post = { readonly sha256: string; readonly epoch: number; readonly before: ClockReading };

export type Publisher = {
  readonly epoch: number;
  /** Samples signed for this edge in this epoch, and the hash of the last that has left. */
  readonly sequence: number;
  readonly previousSha256: string | null;
  /** From signing to the answer; `post` holds once the sample has left. */
  readonly isPosting: boolean;
  readonly post?: Post;
  readonly reading?: ReadingBound;
  /** Public keys that the edge wants us to vouch for, as its last answer had it. */
  readonly wantedKeys: readonly string[];
  /** Posts still to come a second apart: a new edge needs several exchanges to know its clock well, a new key two to be vouched by. */
  readonly quickPosts: number;
  /** In a row, and what went wrong in them: each word once, the last few. */
  readonly failures: number;
  readonly failed: readonly string[];
  /** How many samples the edge has taken, of whatever epoch, and when it said so of the last. */
  readonly taken: number;
  readonly takenAt?: MonoNanos;
  /** After a failure: no post before this, whatever the news. */
  readonly restUntil?: MonoNanos;
  /** The last outcome: 'ok', or the word of what went wrong. */
  readonly outcome: string;
  /** When that was so last; absent before the first. */
  readonly outcomeAt?: MonoNanos;
  readonly counters: Readonly<Record<string, number>>;
};

export type PublisherEvent =
  /** The timer has fired. `jitter` is uniform in [0, 1). */
  | { readonly kind: 'due'; readonly now: MonoNanos; readonly jitter: number }
  /** The signed sample is on its way; `at` was read just before. */
  | { readonly kind: 'departed'; readonly at: MonoNanos; readonly sha256: string }
  /** The answer has come in whole; `at` was read just after. */
  | { readonly kind: 'answered'; readonly at: MonoNanos; readonly jitter: number; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly at: MonoNanos; readonly jitter: number }
  /** Another key signs from now on. */
  | { readonly kind: 'new-key'; readonly now: MonoNanos };

export type PublisherAction =
  /** `delegations`: to be signed first, and to go along in the sample. */
  | { readonly kind: 'post'; readonly sample: TimeSample; readonly delegations?: readonly Delegation[] }
  | { readonly kind: 'wake'; readonly at: MonoNanos }
  /** The edge keeps a later epoch than ours: go on above it. */
  | { readonly kind: 'raise-epoch'; readonly above: number };

const QUICK_POSTS = 4;
const QUICK_INTERVAL = seconds(1);
const MOST_FAILED = 8;
const LONGEST_BACKOFF = seconds(64);
const LONGEST_RETRY_AFTER_S = 300;

export const newPublisher = (epoch: number): Publisher => ({
  epoch,
  sequence: 0,
  previousSha256: null,
  isPosting: false,
  wantedKeys: [],
  quickPosts: QUICK_POSTS,
  failures: 0,
  failed: [],
  taken: 0,
  outcome: 'waiting',
  counters: {},
});

/** One that was not published to for a while: its chain goes on, and it has to learn its clock again. */
export const resumePublisher = (retired: Publisher): Publisher => ({ ...retired, quickPosts: QUICK_POSTS });

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
    case 'new-key':
      // By the answer to its first sample the edge asks for its word, which goes along in the second.
      return [{ ...state, quickPosts: QUICK_POSTS }, state.isPosting ? [] : [{ kind: 'wake', at: event.now }]];
  }
};

const post = (
  old: Publisher,
  now: MonoNanos,
  clock: Clock | undefined,
  config: PublisherConfig,
): [Publisher, PublisherAction[]] => {
  if (old.isPosting) return [old, []]; // its answer sets the next timer
  if (isResting(old, now)) return [old, [{ kind: 'wake', at: old.restUntil }]];
  const reading = clock && readClock(clock, now);
  // Nothing to say: saying nothing lets the edge's bound widen, and end in a 503 there.
  if (!clock || !reading || !isUsable(clock, reading)) return keepSilent(old, 'unsynchronized', now);
  if ((clock.lineage?.length ?? 0) >= MOST_HOPS) return keepSilent(old, 'too-many-hops', now); // we are one, too
  const { outcome, outcomeAt, counters, failures, failed, taken, takenAt } = old;
  const since = { ...(outcomeAt !== undefined && { outcomeAt }), ...(takenAt !== undefined && { takenAt }) };
  const kept = { outcome, counters, failures, failed, taken, ...since };
  const state = clock.epoch === old.epoch ? old : { ...newPublisher(clock.epoch), ...kept };
  const readings = state.reading ? [state.reading] : [];
  const { pullUrl } = config;
  const plain = makeSample(config.gateway, config.origin, clock, reading, state, readings);
  const sample = { ...plain, ...(pullUrl !== undefined && { pullUrl }) };
  const delegations = delegate(config.gateway, config.origin, clock, reading, state.wantedKeys);
  const action = { kind: 'post', sample, ...(delegations.length > 0 && { delegations }) } as const;
  return [{ ...state, isPosting: true, sequence: state.sequence + 1 }, [action]];
};

const keepSilent = (old: Publisher, outcome: string, now: MonoNanos): [Publisher, PublisherAction[]] => [
  { ...old, outcome, outcomeAt: now },
  [wake(now, QUICK_INTERVAL)],
];

/** No rest is longer than the longest: what looks so was set before the oscillator went back. */
const isResting = (state: Publisher, now: MonoNanos): state is Publisher & { readonly restUntil: MonoNanos } => {
  const rest = state.restUntil === undefined ? 0 : between(now, state.restUntil);
  return rest > 0 && rest <= seconds(LONGEST_RETRY_AFTER_S);
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
    const kept = keptEpoch(answer);
    const [next, actions] = backOff({ ...refused(state, answer), quickPosts: QUICK_POSTS }, at, jitter);
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
  const { restUntil: _, ...rested } = state;
  const wantedKeys = decodeWantedKeys(body);
  const success = { failures: 0, failed: [], taken: state.taken + 1, takenAt: at, outcome: 'ok', outcomeAt: at };
  const next = { ...rested, ...success, isPosting: false, wantedKeys, quickPosts };
  // A clock that was stepped in between has no say about either end, and news to tell.
  if (!clock || clock.epoch !== post.epoch) return [next, [wake(at, QUICK_INTERVAL)]];
  const spacing = nanos(quickPosts > 0 ? QUICK_INTERVAL : interval * (0.98 + 0.04 * jitter));
  return [{ ...next, reading: boundReading(read.value, post.before, readClock(clock, at)) }, [wake(at, spacing)]];
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
  const restUntil = after(now, nanos(Math.max(least, longest * (0.5 + jitter / 2))));
  const { outcome } = state;
  const failed = state.failed.includes(outcome) ? state.failed : [...state.failed, outcome].slice(-MOST_FAILED);
  const next = { ...state, outcomeAt: now, isPosting: false, failures: state.failures + 1, failed, restUntil };
  return [next, [{ kind: 'wake', at: restUntil }]];
};

const refused = (state: Publisher, answer: Answer): Publisher => ({
  ...count(state, `status-${answer.status}`),
  outcome: refusalOf(answer),
});

/** The counters' labels are this file's own words and three-digit statuses: bounded. */
const count = (state: Publisher, word: string): Publisher => ({
  ...state,
  outcome: word,
  counters: { ...state.counters, [word]: (state.counters[word] ?? 0) + 1 },
});

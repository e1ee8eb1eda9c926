import { describe, expect, it } from 'vitest';
import type { EdgeReading } from '#contract/edge-reading.ts';
import { MOST_HOPS } from '#contract/fields.ts';
import { after, between, type MonoNanos, milliseconds, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import type { Clock } from '../../../ntp-gateway/discipline/clock.ts';
import { NO_LEAP } from '../../../ntp-gateway/discipline/leap.ts';
import type { Answer } from '../../../ntp-gateway/publish/answer.ts';
import {
  newPublisher,
  type Publisher,
  type PublisherAction,
  type PublisherEvent,
  stepPublisher,
} from '../../../ntp-gateway/publish/publisher.ts';
import { partsOf } from '../../support/estimate.ts';

const CONFIG = { gateway: 'gw-1', origin: 'https://time.example.org', interval: seconds(16) };
const ZERO = monoNanos(5_000_000_000n);
const UTC = unixNanos(1_795_336_200_000_000_000n);
const at = (s: number): MonoNanos => after(ZERO, seconds(s));

const clock = (epoch = 3, half = milliseconds(2)): Clock => ({
  at: ZERO,
  reading: { time: UTC, earliest: after(UTC, nanos(-half)), latest: after(UTC, half) },
  slew: nanos(0),
  frequency: 0,
  frequencyBounds: { least: 0, greatest: 0 },
  standardDeviation: milliseconds(0.1),
  wander: 1,
  early: partsOf(),
  late: partsOf(),
  epoch,
  synchronized: true,
  server: {
    leap: 'none',
    stratum: 2,
    referenceId: 0x7f000001,
    referenceTime: UTC,
    rootDelay: milliseconds(1),
    precision: -22,
  },
  sourcesSelected: 1,
  sourcesTotal: 1,
  leap: { ...NO_LEAP, taiOffsetSeconds: 37 },
});

const hash = (n: number): string => `${n}`.padStart(43, 'h');
const reading = (sampleSha256: string): EdgeReading => ({
  sampleSha256,
  isolate: 'i',
  isolateUnixMs: 1_795_336_200_000,
  departedUnixMs: 1_795_336_200_000,
  object: 'o',
  objectUnixMs: 1_795_336_200_000,
  location: 'local',
  nonce: hash(9),
});
const good = (n: number): Answer => ({ status: 200, body: reading(hash(n)) });

/** Runs events through, with the clock of each; gives the last state and all actions. */
const run = (
  events: readonly PublisherEvent[],
  clocks: (i: number) => Clock | undefined = () => clock(),
  from = newPublisher(3),
) => {
  const actions: PublisherAction[] = [];
  const state = events.reduce<Publisher>((before, event, i) => {
    const [next, done] = stepPublisher(before, event, clocks(i), CONFIG);
    actions.push(...done);
    return next;
  }, from);
  return { state, actions };
};
const due = (s: number): PublisherEvent => ({ kind: 'due', now: at(s), jitter: 0.5 });
const departed = (s: number, n: number): PublisherEvent => ({ kind: 'departed', at: at(s), sha256: hash(n) });
const answered = (s: number, answer: Answer): PublisherEvent => ({ kind: 'answered', at: at(s), jitter: 0.5, answer });
const exchange = (s: number, n: number, answer = good(n)): PublisherEvent[] => [
  due(s),
  departed(s, n),
  answered(s + 0.1, answer),
];
const samples = (actions: readonly PublisherAction[]) =>
  actions.flatMap((one) => (one.kind === 'post' ? [one.sample] : []));
const lastWait = (actions: readonly PublisherAction[], since: number): number => {
  const wake = actions.findLast((one) => one.kind === 'wake');
  return between(at(since), wake!.at) / 1e9;
};

describe('publisher', () => {
  it('says in the next sample what the last answer proves: the edge read its clocks between departure and answer', () => {
    const { actions } = run([...exchange(0, 1), due(1.1)]);
    const [first, second] = samples(actions);
    expect(first).toMatchObject({ sequence: 0, previousSha256: null, readings: [], aud: CONFIG.origin, epoch: 3 });
    expect(first).toMatchObject({ leap: 'none', taiOffsetSeconds: 37 });
    expect(second).toMatchObject({ sequence: 1, previousSha256: hash(1) });
    expect(second?.readings).toEqual([
      {
        ...reading(hash(1)),
        estimateUnixNs: after(UTC, milliseconds(50)),
        earliestUnixNs: after(UTC, milliseconds(-2)),
        latestUnixNs: after(UTC, milliseconds(102)),
      },
    ]);
  });

  it('says where it can be asked, where an edge is to be told so', () => {
    const pullUrl = 'https://gw-1.example.org';
    const [, actions] = stepPublisher(newPublisher(3), due(0), clock(), { ...CONFIG, pullUrl });
    expect(samples(actions)).toMatchObject([{ pullUrl }]);
    expect(samples(run([due(0)]).actions)[0]).not.toHaveProperty('pullUrl');
  });

  it('posts four times a second apart, then every interval', () => {
    let state = newPublisher(3);
    const waits = [1, 2, 3, 4, 5].map((n) => {
      const done = run(exchange(0, n), undefined, state);
      state = done.state;
      return Math.round(lastWait(done.actions, 0.1));
    });
    expect(waits).toEqual([1, 1, 1, 16, 16]);
  });

  it.each([
    { name: 'an answer to another sample', answer: good(7), outcome: 'wrong-sample' },
    { name: 'not an edge reading', answer: { status: 200, body: { hello: 1 } }, outcome: 'malformed' },
    { name: 'HTML', answer: { status: 200, body: undefined }, outcome: 'malformed' },
    {
      name: 'a problem document',
      answer: { status: 401, body: { type: 'urn:noonmark:problem:unknown-key' } },
      outcome: 'unknown-key',
    },
    { name: 'a problem of no known shape', answer: { status: 500, body: { type: 'x' } }, outcome: 'status-500' },
  ])('takes nothing from $name, and backs off', ({ answer, outcome }) => {
    const { state, actions } = run([...exchange(0, 1, answer), due(2)]);
    expect(state.outcome).toBe(outcome);
    expect(samples(actions).at(-1)?.readings).toEqual([]);
    expect(state.failures).toBe(1);
  });

  it('drops an exchange during which the clock was stepped', () => {
    const { state } = run(exchange(0, 1), (i) => clock(i < 2 ? 3 : 4));
    expect(state.reading).toBeUndefined();
  });

  it('starts anew in a new epoch: sequence, chain, readings, four quick posts', () => {
    const first = run([...exchange(0, 1), ...exchange(1, 2)]);
    const { state, actions } = run([due(5)], () => clock(4), first.state);
    expect(samples(actions)[0]).toMatchObject({ epoch: 4, sequence: 0, previousSha256: null, readings: [] });
    expect(state.quickPosts).toBe(4);
  });

  it('counts what an edge took through epochs and failures', () => {
    const failed: PublisherEvent = { kind: 'failed', at: at(3.1), jitter: 0.5 };
    const { state } = run([...exchange(0, 1), ...exchange(2, 2), due(3), departed(3, 3), failed], (i) =>
      clock(i < 3 ? 3 : 4),
    );
    expect(state).toMatchObject({ epoch: 4, taken: 2, takenAt: at(2.1), failures: 1, counters: { unreachable: 1 } });
  });

  it('names the last sample that was sent, past one for which there was no connection', () => {
    const unsent: PublisherEvent[] = [due(2), { kind: 'failed', at: at(2.1), jitter: 0.5 }];
    const chain = samples(run([...exchange(0, 1), ...unsent, due(5)]).actions);
    expect(chain.map(({ sequence, previousSha256 }) => [sequence, previousSha256])).toEqual([
      [0, null],
      [1, hash(1)],
      [2, hash(1)],
    ]);
  });

  it('goes on above the epoch that an edge keeps', () => {
    const { actions } = run(
      exchange(0, 1, { status: 409, body: { type: 'urn:noonmark:problem:replayed', epoch: 17 } }),
    );
    expect(actions).toContainEqual({ kind: 'raise-epoch', above: 17 });
  });

  it.each([
    ['replayed', 2 ** 41],
    ['replayed', -1],
    ['forked', 1.5],
    ['replayed', '17'],
    ['replayed', null],
    ['loop', 17],
  ])('does not follow an edge that says %s to the epoch %s', (word, epoch) => {
    const { actions } = run(exchange(0, 1, { status: 409, body: { type: `urn:noonmark:problem:${word}`, epoch } }));
    expect(actions.map(({ kind }) => kind)).not.toContain('raise-epoch');
  });

  it('doubles its wait up to a minute, each drawn from the upper half, and comes back at once after a success', () => {
    let state = newPublisher(3);
    const waits = Array.from({ length: 9 }, (_, i) => {
      const s = 1_000 * i;
      const done = run([due(s), { kind: 'failed', at: at(s), jitter: 0.5 }], undefined, state);
      state = done.state;
      return lastWait(done.actions, s);
    });
    expect(waits).toEqual([0.75, 1.5, 3, 6, 12, 24, 48, 48, 48]);
    expect(run(exchange(9_000, 1), undefined, state).state.failures).toBe(0);
  });

  it('keeps its rest after a failure whatever the news, and posts nothing beside a post under way', () => {
    const failed = run([due(0), { kind: 'failed', at: at(0), jitter: 0.5 }]).state;
    const woken = run([due(0.5)], () => clock(4), failed);
    expect(samples(woken.actions)).toEqual([]);
    expect(lastWait(woken.actions, 0)).toBe(0.75);
    expect(samples(run([due(0.75)], () => clock(4), failed).actions)).toHaveLength(1);
    expect(run([due(0), due(0.1), departed(0.2, 1), due(0.3)]).actions).toHaveLength(1);
  });

  it('is told of a new key: at once, and a few more times a second apart', () => {
    const newKey = (s: number): PublisherEvent => ({ kind: 'new-key', now: at(s) });
    const idle = { ...run(exchange(0, 1)).state, quickPosts: 0 };
    const told = run([newKey(7)], undefined, idle);
    expect(told.actions).toEqual([{ kind: 'wake', at: at(7) }]);
    const first = run(exchange(7, 2), undefined, told.state);
    const second = run(exchange(8.1, 3), undefined, first.state); // with the word that the first was asked for
    expect([lastWait(first.actions, 7.1), lastWait(second.actions, 8.2)].map(Math.round)).toEqual([1, 1]);

    const posting = run([due(7), newKey(7.1)], undefined, idle); // that sample may be by the old one
    expect(posting.actions.map(({ kind }) => kind)).toEqual(['post']);
    const heard = run([departed(7.1, 2), answered(7.2, good(2))], undefined, posting.state);
    expect(Math.round(lastWait(heard.actions, 7.2))).toBe(1);

    const failed = run([due(7), { kind: 'failed', at: at(7), jitter: 0.5 }, newKey(7.1), due(7.1)], undefined, idle);
    expect(samples(failed.actions)).toHaveLength(1);
    expect(lastWait(failed.actions, 7)).toBe(0.75);
  });

  it('does not rest for ever where the oscillator went back', () => {
    const failed = run([due(1e6), { kind: 'failed', at: at(1e6), jitter: 0.5 }]).state;
    expect(samples(run([due(1)], undefined, failed).actions)).toHaveLength(1);
  });

  it('waits as long as a 429 asks, within five minutes', () => {
    const limited = (retryAfter: number): Answer => ({ status: 429, body: undefined, retryAfter });
    expect(lastWait(run(exchange(0, 1, limited(120))).actions, 0.1)).toBeCloseTo(120);
    expect(lastWait(run(exchange(0, 1, limited(1e9))).actions, 0.1)).toBeCloseTo(300);
  });

  it.each([
    { name: 'no clock', clock: undefined },
    { name: 'a clock past its limit', clock: clock(3, milliseconds(1_501)) },
  ])('says nothing with $name', ({ clock }) => {
    const { state, actions } = run([due(0)], () => clock);
    expect(samples(actions)).toEqual([]);
    expect(state.outcome).toBe('unsynchronized');
    expect(lastWait(actions, 0)).toBe(1);
  });

  it('says which hops it came through, itself last, and nothing where those are more than any edge takes', () => {
    const through = (hops: number): Clock => ({ ...clock(), lineage: Array.from({ length: hops }, (_, i) => `${i}`) });
    const { actions } = run([due(0)], () => through(MOST_HOPS - 1));
    expect(samples(actions).map(({ lineage }) => lineage)).toEqual([[...through(MOST_HOPS - 1).lineage!, 'gw-1']]);
    const silent = run([due(0)], () => through(MOST_HOPS));
    expect(samples(silent.actions)).toEqual([]);
    expect(silent.state.outcome).toBe('too-many-hops');
    expect(lastWait(silent.actions, 0)).toBe(1);
  });

  describe('delegates', () => {
    const [one, other] = [`${'k'.repeat(42)}A`, `${'q'.repeat(42)}A`];
    const asking = (n: number, edgeKeys: unknown): Answer => ({ status: 200, body: { ...reading(hash(n)), edgeKeys } });
    const delegations = (actions: readonly PublisherAction[]) =>
      actions.flatMap((done) => (done.kind === 'post' ? [done.delegations] : []));

    it('what the last answer asks for, with the next sample, from ten minutes before it for a day', () => {
      const { actions } = run([...exchange(0, 1, asking(1, [one, other])), ...exchange(1, 2), due(2)]);
      const from = after(UTC, nanos(seconds(1) - milliseconds(2) - seconds(600)));
      const word = {
        version: 1,
        gateway: 'gw-1',
        aud: CONFIG.origin,
        validFromUnixNs: from,
        validUntilUnixNs: after(from, seconds(86_400)),
      };
      const both = [
        { ...word, edgeKey: one },
        { ...word, edgeKey: other },
      ];
      expect(delegations(actions)).toEqual([undefined, both, undefined]);
    });

    it('once more after a post that failed', () => {
      const failed: PublisherEvent = { kind: 'failed', at: at(1.1), jitter: 0.5 };
      const { actions } = run([...exchange(0, 1, asking(1, [one])), due(1), departed(1, 2), failed, due(5)]);
      expect(delegations(actions).map((list) => list?.length)).toEqual([undefined, 1, 1]);
    });

    it.each([[[one, other, one]], [['short']], ['text'], [null]])(
      'nothing where the answer asks for %j',
      (edgeKeys) => {
        const { state, actions } = run([...exchange(0, 1, asking(1, edgeKeys)), due(1.1)]);
        expect(delegations(actions)).toEqual([undefined, undefined]);
        expect(state.reading).toBeDefined();
      },
    );

    it('nothing in a new epoch, until it is asked again', () => {
      const first = run(exchange(0, 1, asking(1, [one])));
      expect(delegations(run([due(5)], () => clock(4), first.state).actions)).toEqual([undefined]);
    });

    it('nothing while no source answers', () => {
      const alone = { ...clock(), synchronized: false };
      const { actions } = run([...exchange(0, 1, asking(1, [one])), due(1.1)], () => alone);
      expect(delegations(actions)).toEqual([undefined, undefined]);
    });
  });
});

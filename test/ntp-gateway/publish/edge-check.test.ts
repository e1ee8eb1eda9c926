import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { ok, refuse } from '#contract/result.ts';
import { after, between, type MonoNanos, milliseconds, nanos, seconds, unixNanos } from '#contract/time.ts';
import type { CheckOutcome } from '../../../ntp-gateway/protocol/edge-answer.ts';
import {
  type CheckContext,
  type EdgeCheck,
  type EdgeCheckAction,
  newEdgeCheck,
  stepEdgeCheck,
} from '../../../ntp-gateway/publish/edge-check.ts';
import { compare } from '../../../ntp-gateway/publish/edge-comparison.ts';
import { clockOf, DRAWN } from '../../support/clock.ts';
import { NOON } from '../../support/ntp-reply.ts';

const CLOCK = clockOf(NOON);
const ORIGIN = 'https://time.example.org';
const at = (s: number): MonoNanos => after(DRAWN, seconds(s));

const contextOf = (over: Partial<CheckContext> = {}): CheckContext => {
  const clock = 'clock' in over ? over.clock : CLOCK;
  return {
    origin: ORIGIN,
    clock,
    publisher: { epoch: clock?.epoch ?? 1, reading: {} as never },
    sources: ['a'],
    ...over,
  };
};
const due = (s: number) => ({ kind: 'due', now: at(s), nonce: 1n, secondNonce: 2n, jitter: 0.5 }) as const;
const KEY = { id: 'k', x: 'x' };
const NONCE = '00000000000000010000000000000002';

/** The edge says that it is `ms` ahead of noon + s, within ± 2 ms; the exchange took 10 ms. */
const says = (s: number, ms: number): CheckOutcome => {
  const time = after(NOON, nanos(seconds(s) + milliseconds(ms)));
  const ends = { earliest: after(time, milliseconds(-2)), latest: after(time, milliseconds(2)) };
  const told = { time, ...ends, leap: 'none', stratum: 3, jws: 'a.b.c', gatewayKey: KEY } as const;
  return ok({ t1: at(s - 0.005), t4: at(s + 0.005), ...told });
};
const answered = (s: number, outcome: CheckOutcome, nonce = NONCE) =>
  ({ kind: 'answered', now: at(s), jitter: 0.5, nonce, outcome }) as const;

/** One question and what is made of its answer. */
const check = (
  outcome: CheckOutcome,
  from: EdgeCheck = newEdgeCheck(),
  before = contextOf(),
  then = before,
): { state: EdgeCheck; actions: EdgeCheckAction[] } => {
  const [asking] = stepEdgeCheck(from, due(1), before);
  const [state, actions] = stepEdgeCheck(asking, answered(1, outcome), then);
  return { state, actions };
};
const waitOf = (actions: readonly EdgeCheckAction[], s: number): number =>
  between(at(s), actions.find((one) => one.kind === 'wake')!.at) / 1e9;

describe('a check of an edge', () => {
  it('asks with a nonce, a minute or so after the last answer', () => {
    const [asking, actions] = stepEdgeCheck(newEdgeCheck(), due(0), contextOf());
    expect(actions).toEqual([{ kind: 'ask', nonce: NONCE }]);
    expect(stepEdgeCheck(asking, due(1), contextOf())[1]).toEqual([]);
    const [, next] = stepEdgeCheck(asking, { ...answered(1, says(1, 0)), jitter: 0 }, contextOf());
    expect(waitOf(next, 1)).toBeCloseTo(54);
    expect(waitOf(check(says(1, 0)).actions, 1)).toBeCloseTo(60);
  });

  it.each<{ why: string; context: CheckContext }>([
    { why: 'there is no clock', context: contextOf({ clock: undefined }) },
    { why: 'it is the host’s own', context: contextOf({ clock: { ...CLOCK, synchronized: false } }) },
    { why: 'the edge has taken nothing', context: contextOf({ publisher: { epoch: CLOCK.epoch } }) },
    {
      why: 'it has taken nothing of this epoch',
      context: contextOf({ publisher: { epoch: 0, reading: {} as never } }),
    },
  ])('is put off while $why', ({ context }) => {
    const [state, actions] = stepEdgeCheck(newEdgeCheck(), due(0), context);
    expect(state).toEqual(newEdgeCheck());
    expect(actions).toEqual([{ kind: 'wake', at: at(10) }]);
  });

  it('is put off by 120 s where we were stepped: until then an isolate may tell what we said before', () => {
    const { state } = check(says(1, 0));
    const stepped = contextOf({ clock: { ...CLOCK, epoch: CLOCK.epoch + 1 } });
    const [waiting, actions] = stepEdgeCheck(state, due(60), stepped);
    expect(actions).toEqual([{ kind: 'wake', at: at(180) }]);
    expect(waiting.counters).toEqual({ agreed: 1 });
    expect(stepEdgeCheck(waiting, due(180), stepped)[1]).toEqual([{ kind: 'ask', nonce: NONCE }]);
  });

  it('takes the answer to another question for none', () => {
    const [asking] = stepEdgeCheck(newEdgeCheck(), due(0), contextOf());
    expect(stepEdgeCheck(asking, answered(1, says(1, 900), 'x'.repeat(32)), contextOf())).toEqual([asking, []]);
    expect(stepEdgeCheck(newEdgeCheck(), answered(1, says(1, 900)), contextOf())).toEqual([newEdgeCheck(), []]);
  });

  it.each([0, 3, -3])('agrees with one that is %i ms ahead, as both may be right', (ms) => {
    const { state, actions } = check(says(1, ms));
    expect(state).toMatchObject({ outcome: 'agreed', counters: { agreed: 1 }, compared: { beyond: 0 } });
    expect(state.compared!.offset / 1e6).toBeCloseTo(ms, 1);
    expect(actions.map(({ kind }) => kind)).toEqual(['wake']);
  });

  it.each([300, -300])('contradicts one that is %i ms ahead, and keeps what it was shown', (ms) => {
    const { state, actions } = check(says(1, ms));
    expect(state).toMatchObject({ outcome: 'violation', episode: 1 });
    expect(Math.sign(state.compared!.beyond)).toBe(Math.sign(ms));
    expect(Math.abs(state.compared!.beyond)).toBeGreaterThan(270e6);
    const [kept] = actions;
    if (kept?.kind !== 'keep-violation') throw new Error('nothing kept');
    expect(kept.violation).toMatchObject({ edge: ORIGIN, number: 1, nonce: NONCE, jws: 'a.b.c', gatewayKey: KEY });
    expect(kept.violation.sources).toEqual(['a']);
    expect(between(kept.violation.before.time, kept.violation.after.time) / 1e6).toBeCloseTo(10, 1);
  });

  it('keeps the first of an episode, then ever fewer, and begins another once the edge has agreed', () => {
    let state = newEdgeCheck();
    const kept: number[] = [];
    const tell = (ms: number): void => {
      const next = check(says(1, ms), state);
      state = next.state;
      for (const one of next.actions) if (one.kind === 'keep-violation') kept.push(one.violation.number);
    };
    for (let i = 0; i < 20; i++) tell(300);
    state = check(refuse('unreachable'), state).state; // which ends no episode
    tell(300);
    tell(0);
    tell(300);
    expect(kept).toEqual([1, 2, 4, 8, 16, 1]);
    expect(state.counters).toEqual({ violation: 22, unreachable: 1, agreed: 1 });
  });

  it.each<{ why: string; meanwhile: CheckContext }>([
    { why: 'our clock is gone', meanwhile: contextOf({ clock: undefined }) },
    { why: 'our clock was stepped', meanwhile: contextOf({ clock: { ...CLOCK, epoch: 99 } }) },
  ])('judges nothing where $why as the answer comes', ({ meanwhile }) => {
    const { state, actions } = check(says(1, 300), newEdgeCheck(), contextOf(), meanwhile);
    expect(state).toMatchObject({ outcome: 'unjudged', episode: 0, counters: { unjudged: 1 } });
    expect(waitOf(actions, 1)).toBeCloseTo(60);
  });

  it('counts what cannot be verified by its word, and asks again a minute later', () => {
    const { state, actions } = check(refuse('unknown-key', 'why'));
    expect(state).toMatchObject({ outcome: 'unknown-key', detail: 'why', failures: 1, episode: 0 });
    expect(waitOf(actions, 1)).toBeCloseTo(60);
    expect(check(says(1, 0), state).state).not.toHaveProperty('detail');
  });

  it('backs off where it is told to, within a quarter of an hour', () => {
    let state = newEdgeCheck();
    const waits = [undefined, undefined, 300, 1e9, undefined, -5].map((retryAfter) => {
      const limited = {
        ...refuse('too-many-requests'),
        ...(retryAfter !== undefined && { retryAfter }),
      } as CheckOutcome;
      const next = check(limited, state);
      state = next.state;
      return Math.round(waitOf(next.actions, 1));
    });
    expect(waits).toEqual([120, 240, 480, 960, 960, 960]);
    expect(waitOf(check(says(1, 0), state).actions, 1)).toBeCloseTo(60);
  });

  it('never blames who says what is true, by a clock of ours that holds what is true', () => {
    const ns = fc.integer({ min: 0, max: 2e9 });
    fc.assert(
      fc.property(ns, ns, ns, ns, ns, ns, ns, ns, ns, (a, b, c, d, e, f, took, when, best) => {
        const truth = [NOON, after(NOON, nanos(took))] as const;
        const heard = after(NOON, nanos(Math.min(took, when)));
        const around = (time: typeof NOON, below: number, above: number) => {
          const [earliest, latest] = [after(time, nanos(-below)), after(time, nanos(above))];
          return { time: unixNanos(earliest + ((latest - earliest) * BigInt(best % 101)) / 100n), earliest, latest };
        };
        const said = around(heard, a, b);
        expect(contains(said, heard)).toBe(true);
        expect(compare(said, around(truth[0], c, d), around(truth[1], e, f)).beyond).toBe(0);
      }),
    );
  });

  it('says exactly by how much two intervals fail to touch', () => {
    const around = (ms: number) => ({
      time: after(NOON, milliseconds(ms)),
      earliest: after(NOON, milliseconds(ms - 1)),
      latest: after(NOON, milliseconds(ms + 1)),
    });
    const beyond = (ms: number): number => compare(around(ms), around(0), around(10)).beyond / 1e6;
    expect([-2, -3, 12, 13].map(beyond)).toEqual([0, -1, 0, 1]);
    expect(compare(around(5), around(0), around(10)).offset).toBe(0);
  });
});

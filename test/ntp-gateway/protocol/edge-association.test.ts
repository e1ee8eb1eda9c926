import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { after, between, type MonoNanos, milliseconds, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import type { EdgeAnswer, EdgeOutcome } from '../../../ntp-gateway/protocol/edge-answer.ts';
import {
  type EdgeAssociation,
  type EdgeAssociationAction,
  newEdgeAssociation,
  settleEdge,
  stepEdgeAssociation,
} from '../../../ntp-gateway/protocol/edge-association.ts';

const ZERO = monoNanos(5_000_000_000n);
const at = (s: number): MonoNanos => after(ZERO, seconds(s));
const TRUTH = unixNanos(1_795_336_200_000_000_000n);
const REFERENCE_ID = 0xaea3b3e3;
const WORTH = { gain: 0.5, surprised: false };

/** Asked at `s`, answered 40 ms later; true time is within −3 and +5 ms of what it says. */
const answer = (s: number, over: Partial<EdgeAnswer> = {}): EdgeAnswer => ({
  t1: after(at(s), milliseconds(1)),
  t4: after(at(s), milliseconds(40)),
  time: TRUTH,
  earliest: after(TRUTH, milliseconds(-3)),
  latest: after(TRUTH, milliseconds(5)),
  leap: 'insert',
  stratum: 3,
  lineage: ['gw-1'],
  ...over,
});

const start = (minPoll = 4, maxPoll = 6): EdgeAssociation =>
  newEdgeAssociation({ minPoll, maxPoll, burst: false, gateway: 'gw-island' });

const due = (state: EdgeAssociation, s: number, nonce = 1n) =>
  stepEdgeAssociation(state, { kind: 'due', now: at(s), nonce, secondNonce: 2n, jitter: 0 }, REFERENCE_ID);
const hear = (state: EdgeAssociation, s: number, outcome: EdgeOutcome, nonce = state.question ?? '') =>
  stepEdgeAssociation(state, { kind: 'answered', now: at(s), nonce, outcome }, REFERENCE_ID);

/** In s from zero. */
const wakesOf = (actions: readonly EdgeAssociationAction[]): number[] =>
  actions.flatMap((action) => (action.kind === 'wake' ? [between(ZERO, action.at) / 1e9] : []));

/** Asks when it is time to, and hears the same each time. @returns when it asked, in s, and how it stands. */
const live = (outcomeAt: (s: number) => EdgeOutcome, length: number, first = start()) => {
  let state = first;
  const asked: number[] = [];
  for (let s = 0; s < length; ) {
    const [waiting, actions] = due(state, s);
    if (actions[0]?.kind === 'ask') asked.push(s);
    const [heard, more] = waiting.question ? hear(waiting, s + 0.04, outcomeAt(s)) : [waiting, actions];
    const isGood = more[0]?.kind === 'measured';
    const [next, last] = isGood ? settleEdge(heard, WORTH, at(s + 0.04)) : [heard, more];
    state = next;
    s = wakesOf(last)[0]!;
  }
  return { asked, state };
};

describe('an edge that is asked', () => {
  it('gets a nonce of 128 bits, and nothing more until it has answered', () => {
    const [state, actions] = due(start(), 0, 0xfedn);
    expect(actions).toEqual([{ kind: 'ask', nonce: '0000000000000fed0000000000000002' }]);
    expect(due(state, 1)).toEqual([state, []]);
    expect(state).toMatchObject({ reach: 0, counters: { sent: 1 } });
  });

  it('measures an exchange that took no time there, by a clock as far off as the farther end of what it says', () => {
    const [state, actions] = hear(due(start(), 0)[0], 0.04, ok(answer(0)));
    expect(actions).toEqual([
      {
        kind: 'measured',
        measurement: {
          exchange: { t1: answer(0).t1, t2: TRUTH, t3: TRUTH, t4: answer(0).t4 },
          leap: 'insert',
          stratum: 3,
          precision: 1_000,
          rootDelay: 0,
          rootDispersion: 5e6,
          referenceId: REFERENCE_ID,
          referenceTime: TRUTH,
        },
      },
    ]);
    expect(state).toMatchObject({
      reach: 1,
      lineage: ['gw-1'],
      question: undefined,
      counters: { sent: 1, measured: 1 },
    });
  });

  it('is asked four times 2 s apart, then every 2^min_poll s', () => {
    expect(live((s) => ok(answer(s)), 60).asked).toEqual([0, 2, 4, 6, 22, 38, 54]);
  });

  it('that is worth less is asked up to max_poll', () => {
    let state = live((s) => ok(answer(s)), 40).state;
    for (let i = 0; i < 40; i++) [state] = settleEdge(state, { gain: 0, surprised: false }, at(40));
    expect(state.pace.poll).toBe(6);
    expect(settleEdge(state, { gain: 0, surprised: true }, at(40))[0].pace.poll).toBe(4);
  });

  it.each<{ word: string; over: Partial<EdgeAnswer>; detail?: string }>([
    { word: 'loop', over: { lineage: ['gw-island', 'https://far.test', 'gw-1'] }, detail: 'gw-island' },
    { word: 'stratum', over: { stratum: 15 } },
    { word: 'distance', over: { latest: after(TRUTH, seconds(16)) } },
    { word: 'distance', over: { earliest: after(TRUTH, seconds(-16)) } },
  ])('is not believed: $word', ({ word, over, detail = '' }) => {
    const [state, actions] = hear(due(start(), 0)[0], 0.04, ok(answer(0, over)));
    expect(actions).toEqual([
      { kind: 'dropped', reason: word },
      { kind: 'wake', at: at(2) },
    ]);
    expect(state).toMatchObject({ reach: 0, fault: { reason: word }, counters: { [word]: 1 } });
    expect(state.fault?.detail ?? '').toContain(detail);
    expect(state.lineage).toEqual([]);
  });

  it('that does not say whom its time came through is not believed: untraced', () => {
    const { lineage: _, ...untraced } = answer(0);
    expect(hear(due(start(), 0)[0], 0.04, ok(untraced))[0].fault?.reason).toBe('untraced');
  });

  it('is held to the longest stratum and distance that are of use', () => {
    const over = { stratum: 14, latest: after(TRUTH, nanos(16e9 - 1_001)) };
    expect(hear(due(start(), 0)[0], 0.04, ok(answer(0, over)))[1]).toMatchObject([{ kind: 'measured' }]);
  });

  it('answers a question of before a jump: it counts no more, and sets no timer', () => {
    const [state, actions] = hear(due(start(), 0)[0], 0.04, ok(answer(0)), 'another');
    expect(actions).toEqual([{ kind: 'dropped', reason: 'unsolicited' }]);
    expect(state.counters).toEqual({ sent: 1, unsolicited: 1 });
    expect(hear(start(), 1, ok(answer(1)), 'another')[1]).toEqual(actions);
  });
});

describe('an edge that refuses', () => {
  it('is asked eight times, then ever more seldom, up to max_poll', () => {
    const { asked, state } = live(() => refuse('unreachable', 'ECONNREFUSED'), 300);
    expect(asked).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 46, 110, 174, 238]);
    expect(state).toMatchObject({ reach: 0, fault: { reason: 'unreachable', detail: 'ECONNREFUSED' } });
  });

  it('is heard of again as soon as it answers, and what was wrong is forgotten', () => {
    const { state } = live((s) => (s < 200 ? refuse('no-time') : ok(answer(s))), 300);
    expect(state).not.toHaveProperty('fault');
    expect(state.counters['no-time']).toBe(11);
    expect(state.counters.measured).toBeGreaterThan(3);
    expect(state.lineage).toEqual(['gw-1']);
  });

  it('once in a while is asked no less often for it', () => {
    const { asked } = live((s) => (s === 38 ? refuse('timeout') : ok(answer(s))), 80);
    expect(asked).toEqual([0, 2, 4, 6, 22, 38, 54, 70]);
  });

  it.each([
    { retryAfter: 70, next: 70.04 },
    { retryAfter: 9_999, next: 300.04 },
    { retryAfter: -5, next: 2 },
  ])('with Retry-After $retryAfter is asked after $next s', ({ retryAfter, next }) => {
    const [state, actions] = hear(due(start(), 0)[0], 0.04, { ...refuse('no-time'), retryAfter });
    expect(wakesOf(actions)).toEqual([next]);
    const early = due(state, 1)[1];
    expect(early).toEqual(next > 2 ? [{ kind: 'wake', at: at(next) }] : [{ kind: 'ask', nonce: expect.any(String) }]);
    expect(due(state, next)[1]).toMatchObject([{ kind: 'ask' }]);
  });

  it('because it is asked too often has a rest, and is not asked out of turn', () => {
    const [state, actions] = hear(due(start(), 0)[0], 0.04, refuse('too-many-requests'));
    expect(state.kiss).toBe('RATE');
    expect(wakesOf(actions)[0]).toBeGreaterThanOrEqual(64);
    expect(hear(due(state, 100)[0], 100.04, ok(answer(100)))[0].kiss).toBeUndefined();
  });

  it('the answer may come after the next question was due', () => {
    const [, actions] = hear(due(start(), 0)[0], 9, refuse('timeout'));
    expect(wakesOf(actions)).toEqual([9]);
  });
});

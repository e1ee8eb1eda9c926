import { describe, expect, it } from 'vitest';
import {
  after,
  between,
  type MonoNanos,
  milliseconds,
  monoNanos,
  type Nanos,
  seconds,
  type UnixNanos,
  unixNanos,
} from '#contract/time.ts';
import {
  type Association,
  type AssociationConfig,
  newAssociation,
  settle,
  stepAssociation,
} from '../../../ntp-gateway/protocol/association.ts';
import type { AssociationAction, AssociationEvent } from '../../../ntp-gateway/protocol/association-event.ts';
import type { Worth } from '../../../ntp-gateway/protocol/poll.ts';
import { decodePacket, encodePacket, type NtpPacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { ntpFromUnix, ntpTimestamp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { hex } from '../../support/hex.ts';
import { NOON, ntpReply } from '../../support/ntp-reply.ts';

const config: AssociationConfig = { minPoll: 6, maxPoll: 10, burst: false, interleaved: false };
const START = monoNanos(1_000_000_000_000n);
const TRAVEL = milliseconds(5);
const kinds = (actions: readonly AssociationAction[]): string[] => actions.map(({ kind }) => kind);

const due = (now: MonoNanos, nonce = 0x0123_4567_89ab_cdefn, jitter = 0): AssociationEvent => ({
  kind: 'due',
  now,
  nonce,
  secondNonce: nonce ^ 0xff00n,
  jitter,
});
const datagram = (receivedAt: MonoNanos, changes: Partial<NtpPacket> = {}, fromServer = true): AssociationEvent => ({
  kind: 'datagram',
  receivedAt,
  approximately: NOON,
  bytes: encodePacket(ntpReply(changes)),
  fromServer,
});

/** Worth what a request costs: no reason to ask more often or less. */
const FAIR: Worth = { gain: 1 - 2 ** -0.5, surprised: false };

/** Carries the association's wishes out in virtual time, `answer` being the server: the nth request → what differs in its reply. */
const run = (
  answer: (n: number) => Partial<NtpPacket> | 'silence',
  until: Nanos,
  config_: Partial<AssociationConfig> = {},
  worth: (n: number) => Worth = () => FAIR,
) => {
  let state = newAssociation({ ...config, ...config_ });
  const sentAt: number[] = [];
  const polls: number[] = [];
  let [now, wakeAt, measured] = [START, START, 0];
  let replyAt: MonoNanos | undefined;
  let request: NtpPacket | undefined;
  const happen = (event: AssociationEvent): void => {
    const [next, actions] = stepAssociation(state, event);
    state = next;
    perform(actions);
  };
  const perform = (actions: readonly AssociationAction[]): void => {
    for (const action of actions) {
      if (action.kind === 'wake') wakeAt = action.at;
      if (action.kind === 'measured') {
        const [settled, more] = settle(state, worth(++measured));
        state = settled;
        perform(more);
      }
      if (action.kind === 'close') replyAt = undefined;
      if (action.kind !== 'send') continue;
      const sent = decodePacket(action.bytes);
      if (!sent.ok) throw new Error(sent.reason);
      request = sent.value;
      sentAt.push(between(START, now) / 1e9);
      polls.push(request.poll);
      replyAt = answer(sentAt.length) === 'silence' ? undefined : after(now, TRAVEL);
    }
  };
  while (between(START, now) <= until) {
    if (replyAt !== undefined && replyAt < wakeAt) {
      now = replyAt;
      const changes = answer(sentAt.length);
      const t2 = after<UnixNanos>(NOON, between(START, now));
      const reply = {
        originTimestamp: request!.transmitTimestamp,
        receiveTimestamp: ntpFromUnix(t2),
        transmitTimestamp: ntpFromUnix(t2),
      };
      replyAt = undefined;
      happen(datagram(now, { ...reply, ...(changes === 'silence' ? {} : changes) }));
    } else {
      now = wakeAt;
      if (between(START, now) <= until) happen(due(now, BigInt(sentAt.length + 1)));
    }
  }
  return { state, sentAt, polls, measured };
};

describe('an exchange', () => {
  const asking = (): Association => stepAssociation(newAssociation(config), due(START))[0];

  it('is sent, waited for and measured', () => {
    const [asked, first] = stepAssociation(newAssociation(config), due(START));
    expect(first).toEqual([
      { kind: 'send', bytes: hex(`23 00 03 20 ${'00'.repeat(36)} 0123456789abcdef`) },
      { kind: 'wake', at: after(START, seconds(3)) },
    ]);
    const [sent] = stepAssociation(asked, { kind: 'sent', at: after(START, milliseconds(1)) });
    const [answered, second] = stepAssociation(sent, datagram(after(START, milliseconds(11))));
    expect(second).toMatchObject([
      { kind: 'close' },
      {
        kind: 'measured',
        measurement: {
          exchange: {
            t1: after(START, milliseconds(1)),
            t2: NOON,
            t3: unixNanos(NOON + 100_000n),
            t4: after(START, milliseconds(11)),
          },
        },
      },
    ]);
    expect(settle(answered, FAIR)[1]).toEqual([{ kind: 'wake', at: after(START, milliseconds(2_001)) }]);
    expect(answered).toMatchObject({ reach: 1, question: undefined, counters: { sent: 1, measured: 1 } });
  });

  it('never departs before it was due: a late word of an earlier request moves nothing', () => {
    const asked = asking();
    expect(stepAssociation(asked, { kind: 'sent', at: after(START, milliseconds(-1)) })).toEqual([asked, []]);
    const idle = newAssociation(config);
    expect(stepAssociation(idle, { kind: 'sent', at: START })).toEqual([idle, []]);
  });

  it('that nobody answers in 3 s is given up, and tried again', () => {
    const [lost, actions] = stepAssociation(asking(), due(after(START, seconds(3))));
    expect(actions).toEqual([{ kind: 'close' }, { kind: 'wake', at: after(START, seconds(3)) }]);
    expect(lost).toMatchObject({ reach: 0, question: undefined, counters: { sent: 1, timeout: 1 } });
    expect(kinds(stepAssociation(lost, due(after(START, seconds(3))))[1])).toEqual(['send', 'wake']);
  });

  it('that could not be sent is tried again no sooner than one that could', () => {
    const [failed, actions] = stepAssociation(asking(), { kind: 'send-failed', now: after(START, milliseconds(1)) });
    expect(actions).toEqual([{ kind: 'close' }, { kind: 'wake', at: after(START, seconds(2)) }]);
    expect(failed.counters).toEqual({ sent: 1, 'send-failed': 1 });
    expect(stepAssociation(failed, { kind: 'send-failed', now: START })).toEqual([failed, []]);
  });

  it.each([
    { reason: 'wrong-server', event: datagram(START, {}, false) },
    { reason: 'too-short', event: { ...datagram(START), bytes: hex('24') } },
    { reason: 'version', event: { ...datagram(START), bytes: hex(`2c ${'00'.repeat(47)}`) } },
    { reason: 'too-long', event: { ...datagram(START), bytes: hex(`24 ${'00'.repeat(9_000)}`) } },
    { reason: 'malformed-extension', event: { ...datagram(START), bytes: hex(`24 ${'00'.repeat(80)}`) } },
    { reason: 'malformed-mac', event: { ...datagram(START), bytes: hex(`24 ${'00'.repeat(48)}`) } },
    { reason: 'mode', event: datagram(START, { mode: 3 }) },
    { reason: 'bogus-origin', event: datagram(START, { originTimestamp: ntpTimestamp(1n) }) },
    { reason: 'crypto-nak', event: datagram(START, { mac: { keyId: 0, digest: hex('') } }) },
    { reason: 'unsynchronized', event: datagram(START, { leap: 'unknown' }) },
    { reason: 'distance', event: datagram(START, { rootDelay: seconds(40) }) },
  ])('$reason is counted, changes nothing else, and leaves room for the true reply', ({ reason, event }) => {
    const asked = asking();
    const [still, actions] = stepAssociation(asked, event as AssociationEvent);
    expect(actions).toEqual([{ kind: 'dropped', reason }]);
    expect(still).toEqual({ ...asked, counters: { sent: 1, [reason]: 1 } });
    expect(kinds(stepAssociation(still, datagram(after(START, milliseconds(10))))[1])).toEqual(['close', 'measured']);
  });

  it('is answered once: the same reply again is unsolicited, and in the next exchange a duplicate', () => {
    const reply = datagram(after(START, milliseconds(10)));
    const [answered] = stepAssociation(asking(), reply);
    const [idle, actions] = stepAssociation(answered, reply);
    expect(actions).toEqual([{ kind: 'dropped', reason: 'unsolicited' }]);
    const [asked] = stepAssociation(idle, due(after(START, seconds(2)), 99n));
    expect(stepAssociation(asked, reply)[1]).toEqual([{ kind: 'dropped', reason: 'duplicate' }]);
  });

  it('notices that the server is ourselves', () => {
    const advertised = {
      leap: 'none' as const,
      stratum: 2,
      referenceId: 0xc0000201,
      referenceTime: unixNanos(NOON - 1n), // blurred to what ntpReply says
      rootDelay: milliseconds(15.625),
      precision: -22,
    };
    const reply = datagram(after(START, milliseconds(10)));
    expect(stepAssociation(asking(), reply, advertised)[1]).toEqual([{ kind: 'dropped', reason: 'loop' }]);
  });

  it('notices that the server follows us', () => {
    const [asked] = stepAssociation(newAssociation({ ...config, ownReferenceIds: [0xc0000201] }), due(START));
    expect(stepAssociation(asked, datagram(after(START, milliseconds(10))))[1]).toEqual([
      { kind: 'dropped', reason: 'loop' },
    ]);
  });

  it('leaves the state it was given as it was: a log of events gives the same day again', () => {
    const day = () => run((n) => (n % 3 === 0 ? 'silence' : {}), seconds(3_600));
    expect(day()).toEqual(day());
  });
});

describe('a day with a server', () => {
  it('starts with four good replies 2 s apart, then waits twice as long each time, then asks every 64 s', () => {
    const { sentAt, polls, state } = run(() => ({}), seconds(300));
    expect(sentAt).toEqual([0, 2, 4, 6, 22, 54, 118, 182, 246]);
    expect(polls).toEqual([3, 3, 3, 3, 4, 5, 6, 6, 6]);
    expect(state.reach).toBe(0xff);
  });

  const NOTHING: Worth = { gain: 0, surprised: false };

  it('whose replies buy nothing is asked half as often after each fourth, up to the longest interval', () => {
    const { polls } = run(
      () => ({}),
      seconds(20_000),
      { maxPoll: 8 },
      () => NOTHING,
    );
    expect(polls).toEqual([3, 3, 3, 3, 4, 5, 6, 6, 6, 6, 7, 7, 7, 7, ...polls.slice(14).map(() => 8)]);
    expect(polls.length).toBeGreaterThan(60);
  });

  it('that surprises is asked at the shortest interval at once', () => {
    const { polls } = run(
      () => ({}),
      seconds(20_000),
      {},
      (n) => (n === 25 ? { gain: 0, surprised: true } : NOTHING),
    );
    expect(polls.slice(20, 30)).toEqual([9, 9, 10, 10, 10, 6, 6, 6, 6, 7]);
  });

  it('with burst is asked twice in a row, at twice the shortest interval', () => {
    const { sentAt } = run(
      () => ({}),
      seconds(900),
      { burst: true },
      (n) => (n < 12 ? NOTHING : FAIR),
    );
    expect(sentAt.slice(9, 15).map((at) => at - sentAt[9]!)).toEqual([0, 128, 130, 258, 260, 388]);
  });

  it('that is silent sends eight requests at first, then ever fewer', () => {
    const { sentAt, state } = run(() => 'silence', seconds(4_000));
    expect(sentAt).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 149, 405, 917, 1941, 2965, 3989]);
    expect(state).toMatchObject({ reach: 0, counters: { sent: 14, timeout: 14 } });
  });

  it('that was silent for an hour gets a burst when it is back, and the shortest interval again', () => {
    const { sentAt, polls, state } = run((n) => (n > 4 && n < 20 ? 'silence' : {}), seconds(30_000));
    const back = sentAt[19]!;
    expect(polls[19]).toBe(10);
    expect(sentAt.slice(20, 25).map((at) => at - back)).toEqual([2, 4, 6, 22, 54]);
    expect(state).toMatchObject({ reach: 0xff, pace: { poll: 6 } });
  });

  it('that loses every third packet is asked as often as any', () => {
    const { sentAt } = run((n) => (n % 3 === 0 ? 'silence' : {}), seconds(3_600));
    expect(sentAt.slice(-5).map((at, i, all) => at - (all[i - 1] ?? at - 64))).toEqual([64, 64, 64, 64, 64]);
  });

  const kiss = (code: string): Partial<NtpPacket> => ({
    stratum: 0,
    referenceId: Number.parseInt(Buffer.from(code).toString('hex'), 16),
  });

  it('that says RATE is asked half as often each time, up to 2^10 s', () => {
    const { sentAt, state, measured } = run(() => kiss('RATE'), seconds(4_000), { maxPoll: 17 });
    expect(sentAt).toEqual([0, 384, 1152, 2176, 3200]);
    expect(state).toMatchObject({ kiss: 'RATE', counters: { 'kiss-rate': 5, timeout: 5 } });
    expect(measured).toBe(0);
  });

  it('that says RATE once is asked as often as before after eight good replies', () => {
    const { sentAt, polls, state } = run((n) => (n === 7 ? kiss('RATE') : {}), seconds(2_000));
    expect(sentAt.slice(5, 9)).toEqual([54, 118, 502, 630]);
    expect(polls.slice(6, 17)).toEqual([6, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6]);
    expect(state.kiss).toBe(undefined);
  });

  it.each(['DENY', 'RSTR'])('that says %s is asked at the longest interval, and for ever', (code) => {
    const { sentAt, state } = run(() => kiss(code), seconds(3_500));
    expect(sentAt).toEqual([0, 1024, 2048, 3072]);
    expect(state.kiss).toBe(code);
  });

  it('whose true replies come after a forged kiss does not notice', () => {
    const [asked] = stepAssociation(newAssociation(config), due(START));
    const [kissed] = stepAssociation(asked, datagram(after(START, milliseconds(1)), kiss('DENY')));
    expect(kissed.kiss).toBe('DENY');
    const [answered, actions] = stepAssociation(kissed, datagram(after(START, milliseconds(10))));
    expect(kinds(actions)).toEqual(['close', 'measured']);
    expect(answered).toMatchObject({ kiss: undefined, pace: { poll: 3, backOff: 0, repliesWanted: 3 } });
  });

  it('spreads its requests by up to 5 %, never closer than the interval', () => {
    const [asked] = stepAssociation(newAssociation(config), due(START, 1n, 0.5));
    const [answered] = stepAssociation(asked, datagram(after(START, TRAVEL), { originTimestamp: ntpTimestamp(1n) }));
    expect(settle(answered, FAIR)[1]).toEqual([{ kind: 'wake', at: after(START, seconds(2 * 1.025)) }]);
  });
});

describe('interleaved mode, RFC 9769 §2', () => {
  /** What the server stamps on the nth exchange, and the time that it puts into its basic replies: 300 µs too early. */
  const received = (n: number): UnixNanos => after<UnixNanos>(NOON, seconds(2 * n));
  const left = (n: number): UnixNanos => after(received(n), milliseconds(1));
  const guessed = (n: number): UnixNanos => after(received(n), milliseconds(0.7));
  const departure = (n: number): MonoNanos => after(START, seconds(2 * n));

  /** The nth exchange, answered as `how` says or not at all. */
  const exchange = (state: Association, n: number, how: 'basic' | 'interleaved' | 'lost', before = n - 1) => {
    const [asked, [send]] = stepAssociation(state, due(departure(n), BigInt(1000 + n)));
    const sent = send?.kind === 'send' ? decodePacket(send.bytes) : undefined;
    if (!sent?.ok) throw new Error('nothing was sent');
    const { originTimestamp, receiveTimestamp, transmitTimestamp } = sent.value;
    const asks = { originTimestamp, receiveTimestamp };
    if (how === 'lost')
      return { asks, state: stepAssociation(asked, due(after(departure(n), seconds(3))))[0], actions: [] };
    const stamps = {
      basic: { originTimestamp: transmitTimestamp, transmitTimestamp: ntpFromUnix(guessed(n)) },
      interleaved: { originTimestamp: receiveTimestamp, transmitTimestamp: ntpFromUnix(left(before)) },
    };
    const leap = n < 2 ? ('insert' as const) : ('none' as const); // the leap second comes after exchange 1
    const says = { leap, rootDelay: milliseconds(15.625 * n), rootDispersion: milliseconds(7.8125 * (60 - n)) };
    const reply = { receiveTimestamp: ntpFromUnix(received(n)), ...says, ...stamps[how] };
    const [answered, actions] = stepAssociation(asked, datagram(after(departure(n), milliseconds(11)), reply));
    return { asks, state: answered, actions };
  };
  const measuredIn = (actions: readonly AssociationAction[]) =>
    actions.flatMap((action) => (action.kind === 'measured' ? [action.measurement] : []));
  const fresh = newAssociation({ ...config, interleaved: true });
  const stampsOf = (n: number, t3: UnixNanos) => ({
    t1: departure(n),
    t2: received(n),
    t3,
    t4: after(departure(n), milliseconds(11)),
  });
  const NONE = ntpTimestamp(0n);

  it('is asked for once there is an exchange to name, and then each reply measures the one before', () => {
    const first = exchange(fresh, 0, 'basic');
    expect(first.asks).toEqual({ originTimestamp: NONE, receiveTimestamp: NONE });
    expect(measuredIn(first.actions)).toMatchObject([{ exchange: stampsOf(0, guessed(0)) }]);

    const second = exchange(first.state, 1, 'interleaved');
    expect(second.asks).toEqual({ originTimestamp: ntpFromUnix(received(0)), receiveTimestamp: 1001n ^ 0xff00n });
    // It tells of an exchange that was measured already, and asks for the timer itself.
    expect(second.actions).toEqual([{ kind: 'close' }, { kind: 'wake', at: departure(2) }]);

    const third = exchange(second.state, 2, 'interleaved');
    expect(third.asks).toEqual({ originTimestamp: ntpFromUnix(received(1)), receiveTimestamp: 1002n ^ 0xff00n });
    const [measurement] = measuredIn(third.actions);
    expect(measurement!.exchange).toEqual(stampsOf(1, left(1)));
    expect(third.state.counters).toEqual({ sent: 3, measured: 2, interleaved: 2 });
  });

  it('says what was announced in the exchange that is measured, not what is since', () => {
    let state = fresh;
    const announced = ['basic', 'interleaved', 'interleaved', 'interleaved'].flatMap((how, n) => {
      const answered = exchange(state, n, how as 'basic' | 'interleaved');
      state = answered.state;
      return measuredIn(answered.actions).map(({ leap }) => leap);
    });
    expect(announced).toEqual(['insert', 'insert', 'none']); // of exchanges 0, 1 and 2
  });

  it('takes the larger root delay and dispersion of the two replies', () => {
    const second = exchange(exchange(fresh, 3, 'basic').state, 2, 'interleaved', 3);
    const third = exchange(second.state, 1, 'interleaved', 2);
    expect(measuredIn(third.actions)).toMatchObject([
      { rootDelay: milliseconds(15.625 * 2), rootDispersion: milliseconds(7.8125 * 59) },
    ]);
  });

  it('goes on where a server answers in basic mode, and loses no more than one exchange', () => {
    const second = exchange(exchange(fresh, 0, 'basic').state, 1, 'interleaved');
    const third = exchange(second.state, 2, 'basic');
    expect(measuredIn(third.actions)).toMatchObject([{ exchange: stampsOf(2, guessed(2)) }]);
    const fourth = exchange(third.state, 3, 'interleaved');
    expect(measuredIn(fourth.actions)).toEqual([]);
    expect(fourth.state.last).toMatchObject({ isOpen: true });
  });

  it('still names the last exchange that was answered after three losses, and none after four', () => {
    let { state } = exchange(exchange(fresh, 0, 'basic').state, 1, 'interleaved');
    for (const n of [2, 3, 4]) {
      const lost = exchange(state, n, 'lost');
      expect(lost.asks.originTimestamp).toBe(ntpFromUnix(received(1)));
      state = lost.state;
    }
    const answered = exchange(state, 5, 'interleaved', 1);
    expect(answered.asks.originTimestamp).toBe(ntpFromUnix(received(1)));
    expect(measuredIn(answered.actions)).toMatchObject([{ exchange: stampsOf(1, left(1)) }]);

    const { state: silent } = exchange(state, 5, 'lost');
    expect(exchange(silent, 6, 'basic').asks).toEqual({ originTimestamp: NONE, receiveTimestamp: NONE });
  });

  it('is never asked for without the word of the operator', () => {
    const { state } = exchange(newAssociation(config), 0, 'basic');
    expect(exchange(state, 1, 'basic').asks).toEqual({ originTimestamp: NONE, receiveTimestamp: NONE });
  });

  it.each([
    { reason: 'processing-time', name: 'stepped in between', t3: after<UnixNanos>(received(1), milliseconds(-1)) },
    { reason: 'negative-delay', name: 'longer there than we waited', t3: after<UnixNanos>(received(1), seconds(1)) },
  ])('drops a transmit timestamp that does not fit the exchange before: $name', ({ reason, t3 }) => {
    const { state } = exchange(exchange(fresh, 0, 'basic').state, 1, 'interleaved');
    const [asked] = stepAssociation(state, due(departure(2), 1002n));
    const stamps = { originTimestamp: ntpTimestamp(1002n ^ 0xff00n), receiveTimestamp: ntpFromUnix(received(2)) };
    const reply = datagram(after(departure(2), milliseconds(11)), { ...stamps, transmitTimestamp: ntpFromUnix(t3) });
    expect(stepAssociation(asked, reply)[1]).toEqual([{ kind: 'dropped', reason }]);
  });

  it('remembers one exchange, not a chain of them', () => {
    let { state } = exchange(fresh, 0, 'basic');
    for (let n = 1; n < 50; n++) state = exchange(state, n, 'interleaved').state;
    expect(Object.values(state.last!).every((value) => typeof value !== 'object')).toBe(true);
    expect(state.question).toBe(undefined);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, between, type MonoNanos, monoNanos, seconds } from '#contract/time.ts';
import type { SourceConfig } from '../../ntp-gateway/config.ts';
import type { Estimator } from '../../ntp-gateway/discipline/estimator.ts';
import { VERDICTS, type Verdict } from '../../ntp-gateway/discipline/selection.ts';
import { countBadPoll, type Membership, newMembership, review, takeAnswer } from '../../ntp-gateway/membership.ts';
import { newSource, type Source } from '../../ntp-gateway/source.ts';

const NOW = monoNanos(5_000_000_000n);
const at = (s: number): MonoNanos => after(NOW, seconds(s));
const WEEK_S = 7 * 86_400;

const config: SourceConfig = {
  name: 'pool.example',
  kind: 'pool',
  host: 'pool.example',
  port: 123,
  maxSources: 2,
  minPoll: 6,
  maxPoll: 10,
  burst: true,
  interleaved: false,
};
const resolved = (...addresses: readonly string[]) => addresses.map((address) => ({ address, referenceId: 0 }));
const named = (...addresses: readonly string[]): Membership =>
  takeAnswer(newMembership(config, NOW), resolved(...addresses), NOW, 0);

/** Written as `a`: well; with `?` it has yet to speak, with `~` it has fallen silent, with `!` it was bad four times. */
const source = (text: string, of: SourceConfig = config): Source => {
  const [address = '', state = ''] = text;
  const made = newSource(of, { address, referenceId: 0 }, NOW, []);
  const reach = state === '' ? 0b1111 : 0;
  return {
    ...made,
    association: { ...made.association, reach },
    badPolls: state === '!' ? 4 : 0,
    ...(state !== '?' && { estimator: {} as Estimator }),
  };
};
const addressesOf = (some: readonly { readonly address: string }[]): string => some.map((one) => one.address).join(' ');
const NO_VERDICTS = new Map<string, Verdict>();

describe('who joins and who leaves', () => {
  it.each([
    { name: 'as many as are wanted', has: '', dns: 'a b c', joins: 'a b', leaves: '' },
    { name: 'what there is', has: '', dns: 'a', joins: 'a', leaves: '' },
    { name: 'nobody beside members that are well', has: 'a b', dns: 'c d', joins: '', leaves: '' },
    { name: 'members that DNS no longer names stay', has: 'a b', dns: 'c', joins: '', leaves: '' },
    { name: 'nobody twice', has: 'a', dns: 'a b', joins: 'b', leaves: '' },
    { name: 'who has yet to speak holds its place', has: 'a b?', dns: 'c', joins: '', leaves: '' },
    { name: 'one for one that is bad', has: 'a b!', dns: 'a b c d', joins: 'c', leaves: 'b' },
    { name: 'bad, but there is no other', has: 'a b!', dns: 'a b', joins: '', leaves: '' },
    { name: 'two bad, one other', has: 'a! b!', dns: 'c', joins: 'c', leaves: 'a' },
    {
      name: 'one beside one that fell silent, whose last words may still count',
      has: 'a b~',
      dns: 'c',
      joins: 'c',
      leaves: '',
    },
    { name: 'no more than that', has: 'a b~ c', dns: 'd', joins: '', leaves: '' },
    { name: 'silent, and by now bad: its successor is there', has: 'a b! c', dns: 'd', joins: '', leaves: 'b' },
    { name: 'silent, and back: the newest goes', has: 'a b c', dns: 'd', joins: '', leaves: 'c' },
    { name: 'all silent: as many again', has: 'a~ b~', dns: 'c d e', joins: 'c d', leaves: '' },
    {
      name: 'all silent, they and those that came instead: no more',
      has: 'a~ b~ c~ d~',
      dns: 'e',
      joins: '',
      leaves: '',
    },
    { name: 'and nobody leaves while they are', has: 'a~ b~ c? d?', dns: 'e', joins: '', leaves: '' },
    { name: 'newcomers that do not answer either make room', has: 'a~ b~ c! d!', dns: 'e', joins: 'e', leaves: 'c d' },
  ])('$name', ({ has, dns, joins, leaves }) => {
    const members = has
      .split(' ')
      .filter(Boolean)
      .map((one) => source(one));
    const { joining, leaving } = review(named(...dns.split(' ')), members, NO_VERDICTS, NOW);
    expect([addressesOf(joining), addressesOf(leaving)]).toEqual([joins, leaves]);
  });

  it.each([
    { reach: 0b0000_1000, joins: '' },
    { reach: 0b0001_0000, joins: 'c' },
  ])('silent is who left four polls unanswered: reach $reach', ({ reach, joins }) => {
    const b = source('b');
    const members = [source('a'), { ...b, association: { ...b.association, reach } }];
    expect(addressesOf(review(named('c'), members, NO_VERDICTS, NOW).joining)).toBe(joins);
  });

  it('a server that stands behind two names has one vote, unless on another port', () => {
    const other = { ...config, name: 'other.example', host: 'other.example' };
    const members = [source('a', other), source('b', { ...other, port: 1_123 })];
    expect(addressesOf(review(named('a', 'b'), members, NO_VERDICTS, NOW).joining)).toBe('b');
  });

  it('who was bad is not taken on again for an hour', () => {
    const verdicts = new Map<string, Verdict>([['pool.example:123 (b)', 'falseticker']]);
    const { membership } = review(named('a', 'b', 'c'), [source('a'), source('b!')], verdicts, NOW);
    expect(membership.resting).toEqual([
      { id: 'pool.example:123 (b)', address: 'b', verdict: 'falseticker', until: at(3_600) },
    ]);
    const later = (s: number) => review(membership, [source('a'), source('c!')], NO_VERDICTS, at(s));
    expect(addressesOf(later(3_599).joining)).toBe('');
    expect(addressesOf(later(3_600).joining)).toBe('b');
    expect(later(3_600).membership.resting).toMatchObject([{ address: 'c' }]);
  });

  it.each(['192.0.2.1', '2001:db8::1'])('%s, written out, is asked whatever becomes of it', (host) => {
    const literal = { ...config, kind: 'address' as const, name: host, host, maxSources: 1 };
    const membership = takeAnswer(newMembership(literal, NOW), resolved(host, 'z'), NOW, 0);
    expect(addressesOf(review(membership, [], NO_VERDICTS, NOW).joining)).toBe(host);
    const bad = { ...source('a!', literal), address: host };
    const { joining, leaving, asks } = review(membership, [bad], NO_VERDICTS, at(1_000));
    expect([joining, leaving, asks]).toEqual([[], [], false]);
  });

  it('never more than twice as many as wanted, nobody twice, and nobody who is well leaves unless enough are', () => {
    const state = fc.constantFrom('', '?', '~', '!');
    const turn = fc.record({ states: fc.array(state, { minLength: 8 }), dns: fc.subarray([...'abcdefghij']) });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 20 }), fc.integer({ min: 1, max: 4 }), (turns, maxSources) => {
        const of = { ...config, maxSources };
        let membership = newMembership(of, NOW);
        let members: readonly Source[] = [];
        for (const [i, { states, dns }] of turns.entries()) {
          membership = takeAnswer(membership, resolved(...dns), at(i), 0.5);
          members = members.map(({ address }, n) => source(`${address}${states[n]}`, of));
          const reviewed = review(membership, members, NO_VERDICTS, at(i));
          const newcomers = reviewed.joining.map(({ address }) => source(`${address}?`, of));
          const stay = members.filter((one) => !reviewed.leaving.includes(one));
          const isWell = ({ estimator, association }: Source) => estimator !== undefined && association.reach !== 0;
          if (reviewed.leaving.some(isWell)) expect(stay.filter(isWell)).toHaveLength(maxSources);
          expect(stay.length + newcomers.length).toBeGreaterThanOrEqual(Math.min(members.length, maxSources));
          members = [...stay, ...newcomers];
          membership = reviewed.membership;
          expect(members.length).toBeLessThanOrEqual(2 * maxSources);
          expect(new Set(members.map(({ address }) => address)).size).toBe(members.length);
        }
      }),
    );
  });
});

describe('when DNS is asked', () => {
  /** The seconds from each answer to the next question. */
  const waits = (first: Membership, members: readonly Source[], answers: readonly string[][], jitter = 0): number[] => {
    let [membership, now] = [first, NOW];
    return answers.map((answer) => {
      membership = takeAnswer(membership, resolved(...answer), now, jitter);
      const answeredAt = now;
      for (;;) {
        const reviewed = review(membership, members, NO_VERDICTS, now);
        membership = reviewed.membership;
        if (reviewed.asks) return between(answeredAt, now) / 1e9;
        now = after(now, seconds(1));
      }
    });
  };
  const [two, bad] = [
    [source('a'), source('b')],
    [source('a'), source('b!')],
  ];

  it('at once, and not again while the question is under way', () => {
    const { membership, asks } = review(newMembership(config, NOW), [], NO_VERDICTS, NOW);
    expect(asks).toBe(true);
    expect(review(membership, [], NO_VERDICTS, at(1e6)).asks).toBe(false);
  });

  it('without an answer: after 2 s, then twice as long each time, up to 64 s', () => {
    const answers = Array.from({ length: 7 }, () => []);
    expect(waits(newMembership(config, NOW), [], answers)).toEqual([2, 4, 8, 16, 32, 64, 64]);
  });

  it('where one is missing: after 64 s, then twice as long each time, up to 1024 s', () => {
    const answers = Array.from({ length: 6 }, () => ['a', 'b']);
    expect(waits(newMembership(config, NOW), bad, answers)).toEqual([64, 128, 256, 512, 1_024, 1_024]);
  });

  it('dice shorten a wait, to half of it at most', () => {
    expect(waits(newMembership(config, NOW), bad, [['a'], ['a']], 0.5)).toEqual([48, 96]);
    expect(waits(newMembership(config, NOW), bad, [['a']], 0.999)[0]).toBeGreaterThanOrEqual(32);
  });

  it('at once where one goes bad after a calm, and patiently at first again', () => {
    const long = { ...named('a', 'b'), wait: seconds(512) };
    const calm = review(long, two, NO_VERDICTS, at(600)).membership;
    expect(review(calm, bad, NO_VERDICTS, at(601)).asks).toBe(true);
    expect(waits(calm, bad, [['a', 'b']])).toEqual([64]);
  });

  it.each([
    { jitter: 0, s: 2 * WEEK_S },
    { jitter: 0.5, s: 1.5 * WEEK_S },
  ])('all well, dice at $jitter: after $s s', ({ jitter, s }) => {
    const membership = takeAnswer(newMembership(config, NOW), resolved('a', 'b'), NOW, jitter);
    expect(review(membership, two, NO_VERDICTS, at(s - 1)).asks).toBe(false);
    const due = review(membership, two, NO_VERDICTS, at(s));
    expect(due.asks).toBe(true);
    const unanswered = takeAnswer(due.membership, [], at(s), 0);
    expect(unanswered.addresses).toEqual(resolved('a', 'b'));
    expect(review(unanswered, two, NO_VERDICTS, at(s + 64)).asks).toBe(true);
  });
});

describe('a bad poll', () => {
  const BLAMED: readonly string[] = ['falseticker', 'unreachable', 'too-distant', 'too-jittery'];
  it.each(Object.keys(VERDICTS) as Verdict[])('%s', (verdict) => {
    const before = { ...source('a'), badPolls: 2 };
    expect(countBadPoll(before, verdict).badPolls).toBe(BLAMED.includes(verdict) ? 3 : 0);
  });

  it('of a source that has no vote is one that nobody answered', () => {
    expect(countBadPoll(source('a'), 'noselect').badPolls).toBe(0);
    expect(countBadPoll(source('a?'), 'noselect').badPolls).toBe(1);
  });

  it.each([
    { cookies: 0, verdict: 'unreachable', bad: 4 },
    { cookies: 0, verdict: 'waiting', bad: 0 },
    { cookies: 3, verdict: 'unreachable', bad: 1 },
  ] as const)(
    'a key exchange that failed makes $bad bad polls: $cookies cookies, $verdict',
    ({ cookies, verdict, bad }) => {
      const made = source('a?', { ...config, nts: { port: 4460 } });
      const keys = { ...made.association.keys!, cookies, fault: { reason: 'timeout' } } as const;
      const failed = { ...made, association: { ...made.association, keys } };
      expect(countBadPoll(failed, verdict).badPolls).toBe(bad);
    },
  );

  it('takes four in a row', () => {
    const after = (n: number): Source =>
      Array.from({ length: n }).reduce<Source>((one) => countBadPoll(one, 'falseticker'), source('b'));
    const leaving = (n: number) => review(named('c'), [source('a'), after(n)], NO_VERDICTS, NOW).leaving;
    expect(leaving(3)).toEqual([]);
    expect(addressesOf(leaving(4))).toBe('b');
  });
});

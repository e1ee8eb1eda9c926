import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seconds } from '#contract/time.ts';
import {
  type Pace,
  paceAfterLearning,
  paceAfterLoss,
  paceAfterReply,
  paceAfterRequest,
  paceWithin,
  pollOf,
  spacing,
  startPace,
} from '../../../ntp-gateway/protocol/poll.ts';
import { evenly } from '../../support/evenly.ts';

const config = { minPoll: 6, maxPoll: 10, burst: false };
const calm = (poll: number, backOff = 0, score = 0): Pace => ({
  poll,
  score,
  backOff,
  burstLeft: 0,
  repliesWanted: 0,
  jitter: 0,
});
const quick: Pace = { ...calm(6), burstLeft: 5, repliesWanted: 2 };
const starting: Pace = { ...calm(3), burstLeft: 5, repliesWanted: 2 };

describe('other bounds', () => {
  it.each([
    { name: 'a poll below them', pace: calm(6), bounds: { minPoll: 8, maxPoll: 10 }, poll: 8, backOff: 0 },
    { name: 'a poll above them', pace: calm(10), bounds: { minPoll: 4, maxPoll: 7 }, poll: 7, backOff: 0 },
    { name: 'what losses have added', pace: calm(6, 4), bounds: { minPoll: 6, maxPoll: 8 }, poll: 6, backOff: 2 },
    { name: 'a start', pace: starting, bounds: { minPoll: 8, maxPoll: 8 }, poll: 3, backOff: 0 },
    { name: 'a start above them', pace: starting, bounds: { minPoll: -2, maxPoll: 2 }, poll: -2, backOff: 0 },
  ])('take $name', ({ pace, bounds, poll, backOff }) => {
    const within = paceWithin({ ...pace, score: 1 }, config, { ...bounds, burst: false });
    expect(within).toMatchObject({ poll, backOff, burstLeft: pace.burstLeft, repliesWanted: pace.repliesWanted });
  });

  it('leave what is within them as it was', () => {
    const pace = calm(7, 1, 0.5);
    expect(paceWithin(pace, config, { minPoll: 4, maxPoll: 8, burst: true })).toBe(pace);
  });
});

describe('spacing of requests', () => {
  it.each([
    { name: '2^6 s', pace: calm(6), least: 64, most: 67.2 },
    { name: '2^-1 s', pace: calm(-1), least: 0.5, most: 0.525 },
    { name: 'what losses have added', pace: calm(6, 2), least: 256, most: 268.8 },
    { name: 'a burst, RFC 5905 §13.2', pace: quick, least: 2, most: 2.1 },
    { name: 'a burst is never slower than the poll', pace: { ...quick, poll: 0 }, least: 1, most: 1.05 },
    { name: 'a burst that may send no more', pace: { ...quick, burstLeft: 0 }, least: 64, most: 67.2 },
    { name: 'a burst that wants no more', pace: { ...quick, repliesWanted: 0 }, least: 64, most: 67.2 },
    {
      name: 'after RATE, four of the intervals that were too short on top',
      pace: calm(6, 1),
      kiss: 'RATE',
      least: 384,
      most: 403.2,
    },
    { name: 'but no more than 2^10 s for that', pace: calm(6, 3), kiss: 'RATE', least: 1024, most: 1075.2 },
    { name: 'unless the interval is longer', pace: calm(12), kiss: 'RATE', least: 4096, most: 4300.8 },
    { name: 'no rest after DENY', pace: calm(6, 4), kiss: 'DENY', least: 1024, most: 1075.2 },
  ])('$name: from $least s to $most s', ({ pace, kiss, least, most }) => {
    expect(spacing(pace, kiss)).toBe(seconds(least));
    expect(spacing({ ...pace, jitter: 1 }, kiss)).toBeCloseTo(seconds(most), 3);
  });
});

describe('pace after a request', () => {
  it.each([
    { name: 'counts a burst down', pace: quick, burst: false, next: { ...quick, burstLeft: 4 } },
    { name: 'whatever started it', pace: quick, burst: true, next: { ...quick, burstLeft: 4 } },
    { name: 'is else the same', pace: calm(7), burst: false, next: calm(7) },
    { name: 'with burst, at the shortest interval, too', pace: calm(6), burst: true, next: calm(6) },
    {
      name: 'with burst, two requests at twice the shortest interval',
      pace: calm(7),
      burst: true,
      next: { ...calm(7), burstLeft: 1, repliesWanted: 2 },
    },
    {
      name: 'with burst, four at most',
      pace: calm(10),
      burst: true,
      next: { ...calm(10), burstLeft: 3, repliesWanted: 4 },
    },
    { name: 'with burst, one where losses or kisses slow us down', pace: calm(7, 1), burst: true, next: calm(7, 1) },
    { name: 'with burst, one in the start’s longer waits', pace: calm(4), burst: true, next: calm(4) },
  ])('$name', ({ pace, burst, next }) => {
    expect(paceAfterRequest(pace, 0.25, { ...config, burst })).toEqual({ ...next, jitter: 0.25 });
  });
});

describe('pace after a reply', () => {
  it.each([
    { name: 'a burst goes on', pace: quick, reach: 0, kiss: undefined, next: { ...quick, repliesWanted: 1 } },
    { name: 'a calm pace stays', pace: calm(6), reach: 0b1111_1110, kiss: undefined, next: calm(6) },
    {
      name: 'a slowed one stays while some are lost',
      pace: calm(6, 2),
      reach: 0b1111_0110,
      kiss: undefined,
      next: calm(6, 2),
    },
    { name: 'and recovers once eight were answered', pace: calm(6, 2), reach: 0xfe, kiss: undefined, next: calm(6, 1) },
    {
      name: 'who was unreachable is asked as at the start',
      pace: { ...calm(8, 2, 1), jitter: 0.5 },
      reach: 0,
      kiss: undefined,
      next: { ...calm(3), burstLeft: 7, repliesWanted: 3, jitter: 0.5 },
    },
    { name: 'unless it complained of the rate', pace: calm(6, 4), reach: 0, kiss: 'RATE', next: calm(6, 4) },
  ])('$name', ({ pace, reach, kiss, next }) => {
    expect(paceAfterReply(pace, reach, kiss, config)).toEqual(next);
  });
});

/** Half a bit: neither dear nor cheap. */
const FAIR = 1 - 2 ** -0.5;

describe('pace after learning', () => {
  it.each([
    { name: 'in the start’s burst nothing changes', pace: starting, gain: 0, next: starting },
    { name: 'then each wait is twice the one before', pace: calm(3), gain: 0, next: calm(4) },
    { name: 'up to the shortest interval', pace: calm(5), gain: 1, next: calm(6) },
    { name: 'nothing gained counts for longer', pace: calm(6), gain: 0, next: calm(6, 0, 0.5) },
    { name: 'what is fair counts for neither', pace: calm(7, 0, 1), gain: FAIR, next: calm(7, 0, 1) },
    { name: 'half of what was uncertain, for shorter', pace: calm(7), gain: 0.5, next: calm(7, 0, -0.5) },
    { name: 'all of it counts for two bits', pace: calm(7), gain: 1, next: calm(7, 0, -1.5) },
    { name: 'longer, when that lasts', pace: calm(6, 0, 1.5), gain: 0, next: calm(7) },
    { name: 'shorter, when that lasts', pace: calm(8, 0, -1.5), gain: 0.5, next: calm(7) },
    { name: 'never beyond the longest', pace: calm(10, 0, 1.5), gain: 0, next: calm(10) },
    { name: 'nor below the shortest', pace: calm(6, 0, -1.5), gain: 1, next: calm(6) },
    {
      name: 'while losses slow us down, no gain makes it shorter',
      pace: calm(8, 1, -1.5),
      gain: 1,
      next: calm(8, 1, -1.5),
    },
  ])('$name', ({ pace, gain, next }) => {
    const after = paceAfterLearning(pace, { gain, surprised: false }, config);
    expect(after).toEqual({ ...next, score: expect.closeTo(next.score, 9) });
  });

  it.each([
    { name: 'at the shortest interval, of one', poll: 6, price: 0.5 },
    { name: 'of two', poll: 7, price: 0.25 },
    { name: 'of four', poll: 9, price: 0.125 },
  ])('with burst each reply owes its part of the price: $name', ({ poll, price }) => {
    const after = paceAfterLearning(calm(poll), { gain: 0, surprised: false }, { ...config, burst: true });
    expect(after).toEqual(calm(poll, 0, price));
  });

  it.each([
    { name: 'the shortest interval at once', pace: calm(10, 0, 1.5), next: calm(6) },
    { name: 'but losses and kisses still count', pace: calm(9, 1), next: calm(6, 1) },
    { name: 'at the start, nothing', pace: starting, next: starting },
  ])('that came as a surprise: $name', ({ pace, next }) => {
    expect(paceAfterLearning(pace, { gain: 0, surprised: true }, config)).toEqual(next);
  });

  it('comes to rest where a request is worth its price', () => {
    // What is uncertain grows with time from reply to reply; a reply brings it back to 1.
    const gainAt = (poll: number): number => 1 - 1 / (1 + 2 ** poll / 400);
    let pace = calm(6);
    const polls = Array.from({ length: 200 }, () => {
      pace = paceAfterLearning(pace, { gain: gainAt(pace.poll), surprised: false }, config);
      return pace.poll;
    });
    expect(new Set(polls.slice(100))).toEqual(new Set([7, 8])); // 0.4 and 0.71 bits
    expect(polls.slice(0, 100).every((poll, i, all) => Math.abs(poll - (all[i - 1] ?? poll)) <= 1)).toBe(true);
  });
});

describe('pace after a loss', () => {
  it.each([
    { name: 'one of eight', pace: calm(6), reach: 0b1111_1110, kiss: undefined, maxPoll: 10, next: calm(6) },
    { name: 'seven of eight', pace: calm(6), reach: 0b1000_0000, kiss: undefined, maxPoll: 10, next: calm(6) },
    { name: 'all of eight', pace: calm(6), reach: 0, kiss: undefined, maxPoll: 10, next: calm(6, 1) },
    { name: 'and again', pace: calm(7, 1), reach: 0, kiss: undefined, maxPoll: 10, next: calm(7, 2) },
    { name: 'at the longest interval', pace: calm(7, 3), reach: 0, kiss: undefined, maxPoll: 10, next: calm(7, 3) },
    { name: 'in a burst', pace: quick, reach: 0, kiss: undefined, maxPoll: 10, next: quick },
    {
      name: 'of the start’s last',
      pace: { ...starting, burstLeft: 0 },
      reach: 0,
      kiss: undefined,
      maxPoll: 10,
      next: { ...calm(6, 1), repliesWanted: 2 },
    },
    { name: 'RATE', pace: calm(6), reach: 0xfe, kiss: 'RATE', maxPoll: 10, next: calm(6, 1) },
    {
      name: 'RATE ends a burst',
      pace: quick,
      reach: 0,
      kiss: 'RATE',
      maxPoll: 10,
      next: { ...quick, backOff: 1, burstLeft: 0 },
    },
    {
      name: 'RATE ends the start',
      pace: starting,
      reach: 0,
      kiss: 'RATE',
      maxPoll: 10,
      next: { ...quick, backOff: 1, burstLeft: 0 },
    },
    { name: 'RATE at 2^10 s', pace: calm(8, 2), reach: 0xfe, kiss: 'RATE', maxPoll: 17, next: calm(8, 2) },
    {
      name: 'RATE beyond 2^10 s shortens nothing',
      pace: calm(8, 4),
      reach: 0xfe,
      kiss: 'RATE',
      maxPoll: 17,
      next: calm(8, 4),
    },
    { name: 'DENY', pace: calm(6), reach: 0xfe, kiss: 'DENY', maxPoll: 9, next: calm(6, 3) },
    {
      name: 'RSTR ends a burst',
      pace: quick,
      reach: 0,
      kiss: 'RSTR',
      maxPoll: 10,
      next: { ...quick, backOff: 4, burstLeft: 0 },
    },
    { name: 'DENY never silences', pace: calm(6), reach: 0xfe, kiss: 'DENY', maxPoll: 17, next: calm(6, 4) },
    { name: 'any other kiss', pace: calm(6), reach: 0xfe, kiss: 'INIT', maxPoll: 10, next: calm(6) },
  ])('$name', ({ pace, reach, kiss, maxPoll, next }) => {
    expect(paceAfterLoss(pace, reach, kiss, { minPoll: 6, maxPoll })).toEqual(next);
  });
});

it('whatever happens, the interval stays within its bounds, and only replies ever shorten it', () => {
  const kiss = fc.constantFrom(undefined, 'RATE', 'DENY', 'RSTR', 'STEP');
  const worth = fc.record({ gain: evenly({ min: 0, max: 1 }), surprised: fc.boolean() });
  const happening = fc.tuple(fc.boolean(), fc.nat(0xff), kiss, worth);
  const bounds = fc.tuple(fc.integer({ min: -4, max: 17 }), fc.integer({ min: -4, max: 17 }), fc.boolean());
  fc.assert(
    fc.property(bounds, fc.array(happening, { maxLength: 80 }), ([a, b, burst], happenings) => {
      const bounded = { minPoll: Math.min(a, b), maxPoll: Math.max(a, b), burst };
      let pace = startPace(bounded);
      for (const [answered, reach, code, told] of happenings) {
        const asked = paceAfterRequest(pace, 0, bounded);
        expect(pollOf(asked)).toBe(pollOf(pace));
        const shifted = reach & 0xfe;
        pace = answered
          ? paceAfterLearning(paceAfterReply(asked, shifted, code, bounded), told, bounded)
          : paceAfterLoss(asked, shifted, code, bounded);
        if (!answered) expect(pollOf(pace)).toBeGreaterThanOrEqual(pollOf(asked));
        expect(pollOf(pace)).toBeGreaterThanOrEqual(Math.min(bounded.minPoll, 3));
        expect(pollOf(pace)).toBeLessThanOrEqual(bounded.maxPoll);
        expect(pace.burstLeft).toBeLessThanOrEqual(8);
        expect(Math.abs(pace.score)).toBeLessThan(2);
      }
    }),
  );
});

it('with burst a server is asked no more often than at the shortest interval', () => {
  for (let poll = config.minPoll; poll <= config.maxPoll; poll++) {
    let pace = paceAfterRequest(calm(poll), 0, { ...config, burst: true });
    let [requests, passed] = [1, 0];
    while (spacing(pace) === seconds(2)) {
      passed += spacing(pace);
      pace = paceAfterReply(paceAfterRequest(pace, 0, { ...config, burst: true }), 0xfe, undefined, config);
      requests++;
    }
    expect(requests).toBe(Math.min(2 ** (poll - config.minPoll), 4));
    expect((passed + spacing(pace)) / requests).toBeGreaterThanOrEqual(seconds(64));
  }
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seconds } from '#contract/time.ts';
import {
  type Pace,
  paceAfterLoss,
  paceAfterReply,
  paceAfterRequest,
  spacing,
  startPace,
} from '../../../ntp-gateway/protocol/poll.ts';

const config = { minPoll: 6, maxPoll: 10, burst: true };
const calm = (poll: number): Pace => ({ poll, burstLeft: 0, repliesWanted: 0 });
const quick: Pace = { poll: 6, burstLeft: 5, repliesWanted: 2 };

describe('spacing of requests', () => {
  it.each([
    { name: '2^6 s', pace: calm(6), least: 64, most: 67.2 },
    { name: '2^-1 s', pace: calm(-1), least: 0.5, most: 0.525 },
    { name: 'a burst, RFC 5905 §13.2', pace: quick, least: 2, most: 2.1 },
    { name: 'a burst is never slower than the poll', pace: { ...quick, poll: 0 }, least: 1, most: 1.05 },
    { name: 'a burst that may send no more', pace: { ...quick, burstLeft: 0 }, least: 64, most: 67.2 },
    { name: 'a burst that wants no more', pace: { ...quick, repliesWanted: 0 }, least: 64, most: 67.2 },
  ])('$name: from $least s to $most s', ({ pace, least, most }) => {
    expect(spacing(pace, 0)).toBe(seconds(least));
    expect(spacing(pace, 1)).toBeCloseTo(seconds(most), 3);
  });
});

describe('pace after a request', () => {
  it('counts a burst down, and nothing else', () => {
    expect(paceAfterRequest(quick)).toEqual({ ...quick, burstLeft: 4 });
    expect(paceAfterRequest(calm(7))).toEqual(calm(7));
  });
});

describe('pace after a reply', () => {
  it.each([
    { name: 'a burst goes on', pace: quick, reach: 0, kiss: undefined, next: { ...quick, repliesWanted: 1 } },
    { name: 'a calm pace stays', pace: calm(6), reach: 0b1111_1110, kiss: undefined, next: calm(6) },
    {
      name: 'a raised one stays while some are lost',
      pace: calm(8),
      reach: 0b1111_0110,
      kiss: undefined,
      next: calm(8),
    },
    { name: 'and falls once eight were answered', pace: calm(8), reach: 0b1111_1110, kiss: undefined, next: calm(7) },
    {
      name: 'who was unreachable is asked in a burst',
      pace: calm(10),
      reach: 0,
      kiss: undefined,
      next: { poll: 6, burstLeft: 7, repliesWanted: 3 },
    },
    { name: 'unless it complained of the rate', pace: calm(10), reach: 0, kiss: 'RATE', next: calm(10) },
  ])('$name', ({ pace, reach, kiss, next }) => {
    expect(paceAfterReply(pace, reach, kiss, config)).toEqual(next);
  });

  it('without bursts, who was unreachable is asked at the shortest interval', () => {
    expect(paceAfterReply(calm(10), 0, undefined, { ...config, burst: false })).toEqual(calm(6));
  });
});

describe('pace after a loss', () => {
  it.each([
    { name: 'one of eight', pace: calm(6), reach: 0b1111_1110, kiss: undefined, maxPoll: 10, next: calm(6) },
    { name: 'seven of eight', pace: calm(6), reach: 0b1000_0000, kiss: undefined, maxPoll: 10, next: calm(6) },
    { name: 'all of eight', pace: calm(6), reach: 0, kiss: undefined, maxPoll: 10, next: calm(7) },
    { name: 'at the longest interval', pace: calm(10), reach: 0, kiss: undefined, maxPoll: 10, next: calm(10) },
    { name: 'in a burst', pace: quick, reach: 0, kiss: undefined, maxPoll: 10, next: quick },
    { name: 'RATE', pace: calm(6), reach: 0xfe, kiss: 'RATE', maxPoll: 10, next: calm(7) },
    {
      name: 'RATE ends a burst',
      pace: quick,
      reach: 0,
      kiss: 'RATE',
      maxPoll: 10,
      next: { ...quick, poll: 7, burstLeft: 0 },
    },
    { name: 'RATE at 2^10 s', pace: calm(10), reach: 0xfe, kiss: 'RATE', maxPoll: 17, next: calm(10) },
    {
      name: 'RATE beyond 2^10 s shortens nothing',
      pace: calm(12),
      reach: 0xfe,
      kiss: 'RATE',
      maxPoll: 17,
      next: calm(12),
    },
    { name: 'DENY', pace: calm(6), reach: 0xfe, kiss: 'DENY', maxPoll: 9, next: calm(9) },
    {
      name: 'RSTR ends a burst',
      pace: quick,
      reach: 0,
      kiss: 'RSTR',
      maxPoll: 10,
      next: { ...quick, poll: 10, burstLeft: 0 },
    },
    { name: 'DENY never silences', pace: calm(6), reach: 0xfe, kiss: 'DENY', maxPoll: 17, next: calm(10) },
    { name: 'any other kiss', pace: calm(6), reach: 0xfe, kiss: 'INIT', maxPoll: 10, next: calm(6) },
  ])('$name', ({ pace, reach, kiss, maxPoll, next }) => {
    expect(paceAfterLoss(pace, reach, kiss, { maxPoll })).toEqual(next);
  });
});

it('whatever happens, the interval stays within its bounds and a loss never shortens it', () => {
  const kiss = fc.constantFrom(undefined, 'RATE', 'DENY', 'RSTR', 'STEP');
  const happenings = fc.array(fc.tuple(fc.constantFrom('reply', 'loss'), fc.nat(0xff), kiss), { maxLength: 60 });
  const isKept = (some: [string, number, string | undefined][]): void => {
    let pace = startPace(config);
    for (const [what, reach, code] of some) {
      const asked = paceAfterRequest(pace);
      const before = asked.poll;
      const shifted = reach & 0xfe;
      pace =
        what === 'reply' ? paceAfterReply(asked, shifted, code, config) : paceAfterLoss(asked, shifted, code, config);
      expect(pace.poll).toBeGreaterThanOrEqual(what === 'loss' ? before : config.minPoll);
      expect(pace.poll).toBeLessThanOrEqual(config.maxPoll);
      expect(pace.burstLeft).toBeLessThanOrEqual(8);
    }
  };
  fc.assert(fc.property(happenings, isKept));
});

import { describe, expect, it } from 'vitest';
import type { LeapNotice } from '#contract/leap.ts';
import { unixMillis } from '#contract/time.ts';
import { decideLeap, isAtLeap, isSmearedAt } from '../../../ntp-gateway/discipline/leap.ts';

const utc = (time: string) => unixMillis(Date.parse(time));
const word = (leap: LeapNotice, time: string) => ({ leap, at: utc(time) });
const MIDNIGHT = '2027-01-01T00:00:00Z';
const EVE = '2026-12-31T23:00:00Z';

describe('what most sources announce', () => {
  const decide = (now: string, ...words: readonly [LeapNotice, string][]): LeapNotice =>
    decideLeap(
      undefined,
      words.map(([leap, at]) => word(leap, at)),
      utc(now),
    ).notice;

  it.each([
    { name: 'more than half', words: ['insert', 'insert', 'none'], notice: 'insert' },
    { name: 'more than half, the other way', words: ['delete', 'delete', 'insert'], notice: 'delete' },
    { name: 'half', words: ['insert', 'none'], notice: 'none' },
    { name: 'more than half, not of one mind', words: ['insert', 'delete', 'none'], notice: 'none' },
    { name: 'the only one', words: ['insert'], notice: 'insert' },
  ] as const)('$name: $notice', ({ words, notice }) => {
    expect(decide(EVE, ...words.map((leap) => [leap, EVE] as [LeapNotice, string]))).toBe(notice);
  });

  it.each([
    {
      name: 'said a day and a second before',
      now: '2026-12-30T23:59:59Z',
      said: '2026-12-30T23:59:00Z',
      notice: 'none',
    },
    { name: 'said a day before', now: '2026-12-31T00:00:00Z', said: '2026-12-30T23:59:00Z', notice: 'insert' },
    { name: 'said at the end of June', now: '2026-06-30T12:00:00Z', said: '2026-06-30T12:00:00Z', notice: 'insert' },
    {
      name: 'said before and nothing heard since',
      now: '2027-01-01T00:10:00Z',
      said: '2026-12-31T23:50:00Z',
      notice: 'insert',
    },
    { name: 'said after it', now: '2027-01-01T00:10:00Z', said: MIDNIGHT, notice: 'none' },
    { name: 'said at the end of March', now: '2026-03-31T12:00:00Z', said: '2026-03-31T12:00:00Z', notice: 'none' },
    { name: 'said half a year before, by a clock as wrong', now: EVE, said: '2026-05-31T23:59:59Z', notice: 'none' },
  ] as const)('$name: $notice', ({ now, said, notice }) => {
    expect(decide(now, ['insert', said])).toBe(notice);
  });
});

describe('by a list', () => {
  const list = {
    entries: [
      { from: utc('2015-07-01T00:00:00Z'), taiOffsetSeconds: 36 },
      { from: utc('2017-01-01T00:00:00Z'), taiOffsetSeconds: 37 },
      { from: utc(MIDNIGHT), taiOffsetSeconds: 36 },
    ],
    expires: utc('2027-06-28T00:00:00Z'),
  };

  it.each([
    { name: 'a day and a second before', now: '2026-12-30T23:59:59Z', notice: 'none', tai: 37 },
    { name: 'a day before', now: '2026-12-31T00:00:00Z', notice: 'delete', tai: 37 },
    {
      name: 'after it, a source not yet heard since',
      now: '2027-01-01T00:10:00Z',
      oldest: EVE,
      notice: 'delete',
      tai: 37,
    },
    { name: 'after it, all heard since', now: '2027-01-01T00:10:00Z', notice: 'none', tai: 36 },
    { name: 'a source heard two days before', now: EVE, oldest: '2026-12-29T00:00:00Z', notice: 'delete', tai: 37 },
    { name: 'the last moment that it is valid', now: '2027-06-27T23:59:59Z', notice: 'none', tai: 36 },
    { name: 'between two', now: '2016-06-30T23:59:59Z', notice: 'none', tai: 36 },
    { name: 'the other way', now: '2016-12-31T23:59:59Z', notice: 'insert', tai: 36 },
    { name: 'before it begins', now: '2015-06-30T23:59:59Z', notice: 'none', tai: null },
  ])('$name: $notice, TAI − UTC $tai s', ({ now, oldest = now, notice, tai }) => {
    const words = [word('none', now), word('none', oldest)];
    const decision = { notice, by: 'list', announced: 'none', taiOffsetSeconds: tai };
    expect(decideLeap(list, words, utc(now))).toEqual(decision);
  });

  it('is believed before the sources, whose word is kept to be shown', () => {
    const words = [word('insert', EVE), word('insert', EVE), word('none', EVE)];
    expect(decideLeap(list, words, utc(EVE))).toMatchObject({ notice: 'delete', by: 'list', announced: 'insert' });
  });

  it('that has expired is none', () => {
    const now = '2027-06-30T12:00:00Z';
    const decision = { notice: 'insert', by: 'sources', announced: 'insert', taiOffsetSeconds: null };
    expect(decideLeap(list, [word('insert', now)], utc(now))).toEqual(decision);
    expect(decideLeap(list, [word('none', now)], list.expires)).toMatchObject({
      by: 'sources',
      taiOffsetSeconds: null,
    });
  });
});

describe('too close to a leap second to learn', () => {
  it.each([
    { at: '2026-12-31T23:59:55.000Z', notice: 'insert', close: false },
    { at: '2026-12-31T23:59:55.001Z', notice: 'insert', close: true },
    { at: '2026-12-31T23:59:59.999Z', notice: 'delete', close: true },
    { at: '2027-01-01T00:00:04.999Z', notice: 'insert', close: true },
    { at: '2027-01-01T00:00:05.000Z', notice: 'insert', close: false },
    { at: '2026-07-01T00:00:00.000Z', notice: 'insert', close: true },
    { at: '2026-12-31T23:59:59.999Z', notice: 'none', close: false },
    { at: '2026-11-30T23:59:59.999Z', notice: 'insert', close: false },
  ] as const)('$at, $notice: $close', ({ at, notice, close }) => {
    expect(isAtLeap(utc(at), notice)).toBe(close);
  });
});

describe('who smears does so half a day around a leap second', () => {
  const entries = [
    { from: utc('2012-07-01T00:00:00Z'), taiOffsetSeconds: 35 },
    { from: utc('2015-07-01T00:00:00Z'), taiOffsetSeconds: 36 },
    { from: utc('2017-01-01T00:00:00Z'), taiOffsetSeconds: 37 },
  ];
  const list = { entries, expires: utc('2017-06-28T00:00:00Z') };
  it.each([
    { time: '2016-12-31T11:58:59Z', smeared: false },
    { time: '2016-12-31T12:00:00Z', smeared: true },
    { time: '2017-01-01T12:00:00Z', smeared: true },
    { time: '2017-01-01T12:01:01Z', smeared: false },
    { time: '2015-07-01T06:00:00Z', smeared: true },
    { time: '2012-07-01T00:00:00Z', smeared: false }, // where the list begins nothing is known to have changed
    { time: '2026-12-31T18:00:00Z', smeared: false },
  ])('$time: $smeared', ({ time, smeared }) => {
    expect(isSmearedAt(utc(time), list, undefined)).toBe(smeared);
    expect(isSmearedAt(utc(time), undefined, undefined)).toBe(false);
  });

  it('also around one that is only announced', () => {
    expect(isSmearedAt(utc(EVE), list, utc(MIDNIGHT))).toBe(true);
    expect(isSmearedAt(utc(EVE), undefined, utc(MIDNIGHT))).toBe(true);
  });
});

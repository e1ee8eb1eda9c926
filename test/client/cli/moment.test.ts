import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMoment } from '../../../client/cli/at/moment.ts';

describe('a moment', () => {
  it.each([
    ['2026-11-30T12:00:00Z', Date.UTC(2026, 10, 30, 12)],
    ['2026-11-30t12:00:00.5z', Date.UTC(2026, 10, 30, 12, 0, 0, 500)],
    ['2026-11-30 14:00:00.000001+02:00', Date.UTC(2026, 10, 30, 12) + 0.001],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)], // the leap second is over when 2017 begins
    ['2015-07-01T01:59:60.5+02:00', Date.UTC(2015, 6, 1) + 500],
    ['2026-06-30T15:59:60-08:00', Date.UTC(2026, 6, 1)], // RFC 3339 §5.7: in UTC it is the last of June
    ['2028-02-29T00:00:00-00:00', Date.UTC(2028, 1, 29)],
    ['2026-11-30T23:59:59+23:59', Date.UTC(2026, 10, 30, 0, 0, 59)],
    ['@1795336205.5', 1_795_336_205_500],
    ['@0', 0],
  ])('%s', (text, unixMs) => {
    expect(parseMoment(text)).toEqual({ unixMs });
  });

  it.each([
    ['+5s', 5_000],
    ['+1.5ms', 1.5],
    ['+2h', 7_200_000],
  ])('%s is from now', (text, fromNowMs) => {
    expect(parseMoment(text)).toEqual({ fromNowMs });
  });

  it.each([
    '',
    '5',
    '+5',
    '-5s',
    '+-5s',
    '@',
    '@-1',
    '@1e9',
    '@999999999999',
    '1795336205',
    '2026-11-30',
    '2026-11-30T12:00:00', // of which zone?
    '2026-02-30T12:00:00Z',
    '2026-02-29T12:00:00Z',
    '2100-02-29T12:00:00Z',
    '2026-04-31T12:00:00+02:00',
    '2026-00-10T12:00:00Z',
    '2026-11-00T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-11-30T24:00:00Z',
    '2026-11-30T12:60:00Z',
    '2026-11-30T12:00:60Z', // a leap second is the last of a June or December
    '2026-11-30T23:59:60Z',
    '2026-12-31T23:58:60Z',
    '2026-12-31T23:59:60+01:00', // an hour before the last one in UTC
    '2026-12-31T23:59:61Z',
    '2026-11-30T12:00:00+24:00',
    '2026-11-30T12:00:00+01:60',
    '2026-11-30T12:00:00.Z',
    ' 2026-11-30T12:00:00Z',
    '2026-11-30T12:00:00Z\n',
    '02026-11-30T12:00:00Z',
    '2026-11-30T25:00:00Z',
    '2026-11-30T12:00:61Z',
    '2026-11-30T12:00:00+99:99',
    '1969-12-31T23:59:59Z',
    'noon',
  ])('%j is none', (text) => {
    expect(parseMoment(text)).toBeUndefined();
  });

  it('is what a date says that was written anywhere', () => {
    const date = fc.date({ min: new Date(0), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, minutes) => {
        const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const size = Math.abs(minutes);
        const two = (n: number) => String(n).padStart(2, '0');
        const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        fc.pre(/^\d{4}-/.test(local));
        expect(parseMoment(local + zone)).toEqual({ unixMs: date.getTime() });
      }),
    );
  });
});

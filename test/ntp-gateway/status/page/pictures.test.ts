import { describe, expect, it } from 'vitest';
import type { Past } from '../../../../ntp-gateway/status/page/past.ts';
import {
  clockPicture,
  delaysPicture,
  dropRates,
  lastOf,
  offsetsPicture,
  ratesPicture,
} from '../../../../ntp-gateway/status/page/pictures.ts';
import type { Sources } from '../../../../ntp-gateway/status/sources.ts';

const past: Past = {
  at: [10, 12, 14],
  zero: 1_000,
  lanes: {
    clock: {
      hostOffsetMs: [5, 5, null],
      hostApartMs: [0, 0.5, null],
      earlierMs: [100, 1, null],
      laterMs: [200, 2, null],
    },
    'source a': { offsetMs: [0.5, 0.25, 0.25], uncertaintyMs: [40, 1, 1], delayMs: [8, 9, 10] },
    'source liar': { offsetMs: [3.6e6, 3.6e6, 3.6e6], uncertaintyMs: [1, 1, 1], delayMs: [8, 9, null] },
    server: { repliesPerSecond: [null, 10, 20], dropsPerSecond: [null, 0, 4] },
    'dropped mode': { perSecond: [null, 0, 4] },
  },
};
const colours = new Map([
  ['a', 0],
  ['liar', 3],
]);
const sources = [
  { id: 'a', state: 'selected' },
  { id: 'liar', state: 'falseticker' },
] as unknown as Sources;
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('the pictures', () => {
  it('show the host’s error, certainly within its band, by true time', () => {
    const { at, lines, least, most, label, sentence } = clockPicture(past);
    expect(at).toEqual([1_010, 1_012, 1_014]);
    const [line] = lines;
    // It is 5 ms ahead of what is told; true time lies up to 2 ms after that, and up to 1 ms before; and both were read so far apart.
    expect([line!.values, line!.band]).toEqual([
      [5, 5, null],
      [
        [-195, 2.5, null],
        [105, 6.5, null],
      ],
    ]);
    expect([least, most]).toEqual([2, 7]); // of what is not far wider than now
    expect(plain(sentence)).toBe('The host’s clock is 5 ms fast, and its error certainly between +2.5 ms and +6.5 ms.');
    expect(plain(line!.text(5, 3, 6))).toBe('5 ms fast, certain within +3 ms and +6 ms');
    expect(plain(label(2.5))).toBe('2.5 ms');
  });

  it('leave those who lie outside, and say so', () => {
    const { lines, least, most, sentence } = offsetsPicture(past, sources, colours);
    expect(lines.map(({ name, colour }) => [name, colour])).toEqual([
      ['a', '--line0'],
      ['liar', '--line3'],
    ]);
    expect([least, most]).toEqual([-1, 1.5]);
    expect(plain(sentence)).toBe('a +250 µs, liar +60 min. Outside of the picture: liar (+60 min).');
    const more = [
      { id: 'b', state: 'selected', reach: '377' },
      { id: 'nowhere', state: 'unresolved' },
    ];
    const { beyond } = offsetsPicture(past, [...sources, ...more] as unknown as Sources, colours);
    expect(plain(beyond)).toBe('. Outside of the picture: liar (+60 min). Without a line: 1 more');
    expect(offsetsPicture(past, [], colours).most).toBeGreaterThan(3.6e6); // where nobody is believed all are shown
  });

  it('count delays and rates from 0', () => {
    const delays = delaysPicture(past, colours);
    expect([delays.least, delays.most]).toEqual([0, 11.5]);
    expect(plain(delays.sentence)).toBe('a 10 ms, liar 9 ms.');
    const rates = ratesPicture(past);
    expect([rates.least, rates.most]).toEqual([0, 23]);
    expect(rates.sentence).toBe('dropped 4 /s, replies 20 /s.');
    expect([...dropRates(past)]).toEqual([['mode', 4]]);
  });

  it('show as much of the past as is wanted', () => {
    const { at, lanes } = lastOf(past, 2);
    expect(at).toEqual([12, 14]);
    expect(lanes.server!.repliesPerSecond).toEqual([10, 20]);
  });

  it.each([
    [0.004, '4 µs'],
    [40, '40 ms'],
    [-20_000, '−20 s'],
  ])('have one unit at an axis that reaches to %d ms', (ms, text) => {
    const clock = { hostOffsetMs: [ms], hostApartMs: [0], earlierMs: [0], laterMs: [0] };
    expect(clockPicture({ at: [1], zero: 0, lanes: { clock } }).label(ms)).toBe(text);
  });

  it('have nothing to show before there is anything', () => {
    const none: Past = { at: [], zero: 0, lanes: {} };
    for (const picture of [
      clockPicture(none),
      offsetsPicture(none, [], new Map()),
      delaysPicture(none, new Map()),
      ratesPicture(none),
    ]) {
      expect(picture.sentence).toBe('Nothing to show yet.');
      expect(picture.most).toBeGreaterThan(picture.least);
    }
  });
});

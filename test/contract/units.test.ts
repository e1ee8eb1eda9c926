import { describe, expect, it } from 'vitest';
import { nanos } from '#contract/time.ts';
import { formatDuration, parseDuration, parseRatio, parseSignedDuration, parseSize } from '#contract/units.ts';

describe('a size', () => {
  it.each([
    ['512B', 512],
    ['1kB', 1_000],
    ['10MB', 10_000_000],
    ['1.5GB', 1_500_000_000],
    ['0.3B', 0],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '10', 'MB', '10M', '10mb', '10KB', '10 MB', '-1B', '1MiB', '1s', '1toString'])(
    '"%s" is none',
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});

describe('a length of time', () => {
  it.each([
    ['10ns', 10],
    ['100us', 100_000],
    ['5ms', 5_000_000],
    ['1.5ms', 1_500_000],
    ['0.1s', 100_000_000],
    ['16s', 16_000_000_000],
    ['2m', 120_000_000_000],
    ['1h', 3_600_000_000_000],
    ['0.4ns', 0],
    ['007s', 7_000_000_000],
  ])('%s is %i ns', (text, ns) => {
    expect(parseDuration(text)).toBe(ns);
  });

  it.each([
    '',
    '16',
    's',
    '16 s',
    '-1s',
    '+1s',
    '1e3s',
    '.5s',
    '1.s',
    '16S',
    '1d',
    '1ppm',
    '1m30s',
    '1toString',
    `${'9'.repeat(10)}s`,
  ])('"%s" is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('a ratio', () => {
  it.each([
    ['500ppm', 5e-4],
    ['0.5ppm', 5e-7],
    ['15ppb', 1.5e-8],
  ])('%s is %d', (text, ratio) => {
    expect(parseRatio(text)).toBe(ratio);
  });

  it.each(['', '500', '500 ppm', '-1ppm', '5%', '1s', '1constructor'])('"%s" is none', (text) => {
    expect(parseRatio(text)).toBeUndefined();
  });
});

describe('a length of time, either way', () => {
  it.each([
    ['120ms', 120_000_000],
    ['-120ms', -120_000_000],
    ['-0.5s', -500_000_000],
    ['--1s', undefined],
    ['-', undefined],
    ['- 1s', undefined],
    ['+1s', undefined],
  ])('%s is %s ns', (text, ns) => {
    expect(parseSignedDuration(text)).toBe(ns);
  });
});

describe('a length of time for people', () => {
  it.each([
    [0, '0 ms'],
    [1_234, '0.00123 ms'],
    [-400_000, '-0.4 ms'],
    [12_345_678, '12.3 ms'],
    [999_999_999, '1000 ms'],
    [1_000_000_000, '1 s'],
    [-2_014_000_000, '-2.01 s'],
    [119_600_000_000, '120 s'],
    [120_000_000_000, '2 min'],
    [7_199_000_000_000, '120 min'],
    [7_200_000_000_000, '2 h'],
    [172_800_000_000_000, '2 days'],
    [1.7e18, '19676 days'],
  ])('%d ns is %s', (ns, text) => {
    expect(formatDuration(nanos(ns))).toBe(text);
  });
});

import { describe, expect, it } from 'vitest';
import { instantText, readingJson, skewText } from '../../../client/cli/instant.ts';

describe('a point in time', () => {
  it.each([
    [1_796_042_516_116.02, '2026-11-30T12:41:56.116020Z'],
    [1_796_042_515_999.9995, '2026-11-30T12:41:56.000000Z'],
    [0, '1970-01-01T00:00:00.000000Z'],
    [0.25, '1970-01-01T00:00:00.000250Z'],
    [-0.25, '1969-12-31T23:59:59.999750Z'],
  ])('%d ms is %s', (unixMs, text) => {
    expect(instantText(unixMs)).toBe(text);
  });

  it('has ends that are rounded outwards', () => {
    const told = readingJson({ earliest: 1_000.000_9, time: 1_000.000_9, latest: 1_000.000_1 + 1 });
    expect(told).toEqual({
      time: '1970-01-01T00:00:01.000001Z',
      earliest: '1970-01-01T00:00:01.000000Z',
      latest: '1970-01-01T00:00:01.001001Z',
      unixMs: 1_000.001,
      earliestUnixMs: 1_000,
      latestUnixMs: 1_001.001,
    });
  });
});

it('how far a host is off is said in words, and with the farther end', () => {
  expect(skewText({ earliest: 117, offset: 120, latest: 124 })).toBe('120 ms slow ± 4 ms');
  expect(skewText({ earliest: -124.25, offset: -120.4, latest: -119 })).toBe('120 ms fast ± 4.25 ms');
  expect(skewText({ earliest: 3_599_990, offset: 3_599_999.9, latest: 3_600_018 })).toBe('1 h 0.00 s slow ± 18 ms');
});

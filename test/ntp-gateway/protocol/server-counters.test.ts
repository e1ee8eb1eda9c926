import { expect, it } from 'vitest';
import * as words from '../../../ntp-gateway/protocol/server-counters.ts';

const { newCounters, sumCounters } = words;

it('counts each word in a place of its own, all threads’ in one memory', () => {
  const rows = newCounters(3);
  expect(new Set(rows.map(({ buffer }) => buffer)).size).toBe(1);
  const indices = Object.values(words).filter((value) => typeof value === 'number');
  for (const index of indices) {
    rows[0]![index]! += 2 ** index;
    rows[2]![index]! += 2 ** 20;
  }
  expect(sumCounters(rows)).toEqual({
    served: 2 ** 20 + 1,
    interleaved: 2 ** 20 + 2,
    kissed: 2 ** 20 + 4,
    dropped: {
      denied: 2 ** 20 + 8,
      'rate-limited': 2 ** 20 + 16,
      short: 2 ** 20 + 32,
      long: 2 ** 20 + 64,
      version: 2 ** 20 + 128,
      mode: 2 ** 20 + 256,
      'malformed-extension': 2 ** 20 + 512,
      'malformed-mac': 2 ** 20 + 1024,
      'unknown-key': 2 ** 20 + 2048,
      unsent: 2 ** 20 + 4096,
      overloaded: 2 ** 20 + 8192,
    },
  });
});

it('leaves out what never happened', () => {
  const rows = newCounters(2);
  rows[1]![words.MODE]!++;
  expect(sumCounters(rows)).toEqual({ served: 0, interleaved: 0, kissed: 0, dropped: { mode: 1 } });
});

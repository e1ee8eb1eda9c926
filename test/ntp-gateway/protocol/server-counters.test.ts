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
    authenticated: 2 ** 20 + 4,
    kissed: 2 ** 20 + 8,
    dropped: {
      denied: 2 ** 20 + 16,
      'rate-limited': 2 ** 20 + 32,
      'too-short': 2 ** 20 + 64,
      'too-long': 2 ** 20 + 128,
      version: 2 ** 20 + 256,
      mode: 2 ** 20 + 512,
      'malformed-extension': 2 ** 20 + 1024,
      'malformed-mac': 2 ** 20 + 2048,
      'unknown-key': 2 ** 20 + 4096,
      unsent: 2 ** 20 + 8192,
      overloaded: 2 ** 20 + 16384,
      'bad-mac': 2 ** 20 + 32768,
      'malformed-nts': 2 ** 20 + 65536,
      nak: 2 ** 20 + 131072,
      'bad-authenticator': 2 ** 20 + 262144,
    },
  });
});

it('leaves out what never happened', () => {
  const rows = newCounters(2);
  rows[1]![words.MODE]!++;
  expect(sumCounters(rows)).toEqual({ served: 0, interleaved: 0, authenticated: 0, kissed: 0, dropped: { mode: 1 } });
});

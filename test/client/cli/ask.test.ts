import { describe, expect, it } from 'vitest';
import { untilAsked } from '../../../client/cli/ask.ts';
import type { Change } from '../../../client/clock.ts';

/** @param tripMs - what the exchange took. */
const exchanged = (tripMs: number): Change => {
  const told = { earliest: 0, time: 0, latest: 0, leap: 'none', isSynchronized: true } as const;
  return { kind: 'exchanged', exchanged: { sent: 100, received: 100 + tripMs, told } };
};
const refused = (reason: 'timeout' | 'contradiction'): Change => ({ kind: 'refused', reason });
const jumped: Change = { kind: 'jumped' };

/** What a clock that tells these changes has a command wait for; undefined where it goes on waiting. */
const asked = async (changes: readonly Change[]) => {
  const listeners = new Set<(change: Change) => void>();
  const asking = untilAsked({
    onChange: (heard) => {
      listeners.add(heard);
      return () => void listeners.delete(heard);
    },
  });
  for (const change of changes) for (const heard of listeners) heard(change);
  if (listeners.size === 0) return await asking;
  return undefined;
};

describe('a command has asked enough', () => {
  it.each<{ what: string; changes: readonly Change[]; comes: unknown }>([
    {
      what: 'after four',
      changes: [9, 3, 2, 4].map(exchanged),
      comes: { ok: true, value: { roundTrip: 2, exchanges: 4 } },
    },
    { what: 'not after three', changes: [9, 3, 2].map(exchanged), comes: undefined },
    {
      what: 'where one after the first is refused',
      changes: [exchanged(9), refused('timeout')],
      comes: { ok: true, value: { roundTrip: 9, exchanges: 1 } },
    },
    { what: 'where the first is refused', changes: [refused('timeout')], comes: { ok: false, reason: 'timeout' } },
    {
      what: 'where two contradict each other',
      changes: [exchanged(9), refused('contradiction'), exchanged(9)],
      comes: { ok: false, reason: 'contradiction' },
    },
    {
      what: 'after four since a jump',
      changes: [exchanged(1), exchanged(1), jumped, ...[9, 8, 7, 6].map(exchanged)],
      comes: { ok: true, value: { roundTrip: 6, exchanges: 4 } },
    },
    {
      what: 'where one is refused after a jump',
      changes: [exchanged(1), jumped, refused('timeout')],
      comes: { ok: false, reason: 'timeout' },
    },
    {
      what: 'where the clocks jump on and on',
      changes: [jumped, exchanged(1), jumped, jumped],
      comes: { ok: false, reason: 'jumped' },
    },
  ])('$what', async ({ changes, comes }) => {
    expect(await asked(changes)).toEqual(comes);
  });
});

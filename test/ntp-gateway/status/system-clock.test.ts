/** What an operator sees of the host's clock, and is told of it. */
import { describe, expect, it } from 'vitest';
import { milliseconds, monoNanos, type Nanos, nanos, seconds, unixMillis } from '#contract/time.ts';
import { settingFor } from '../../../ntp-gateway/discipline/kernel-clock.ts';
import type { SystemClock } from '../../../ntp-gateway/discipline/system-clock.ts';
import { systemClockChanges, systemClockOf, systemClockText } from '../../../ntp-gateway/status/system-clock.ts';

const NOON = unixMillis(Date.parse('2026-11-30T12:00:00Z'));
const beside = (offset: Nanos) => ({
  offset,
  least: nanos(offset - 3e6),
  most: nanos(offset + 5e6),
  deviation: nanos(1e5),
});
const written = { ...settingFor(1.2e-4), status: 0, maxError: 5_000, estError: 100, base: 2e-5 };
const lastStep = { at: NOON, by: seconds(-3_600), now: monoNanos(1n) };
const led: SystemClock = { word: 'tracking', written, beside: beside(milliseconds(1.5)), lastStep };

describe('status', () => {
  it('says nothing where the clock is let be', () => {
    expect(systemClockOf(undefined, { word: 'off' })).toBeUndefined();
  });

  it('says how it is led, with the sign of `hostOffsetMs`: positive where the host is fast', () => {
    const status = systemClockOf('step-and-slew', led)!;
    expect(status).toEqual({
      discipline: 'step-and-slew',
      state: 'tracking',
      reason: null,
      hostOffsetMs: -1.5,
      boundMs: 6.5,
      frequencyPpm: 120,
      slewPpm: 100,
      lastStep: { at: '2026-11-30T12:00:00.000Z', byMs: -3_600_000 },
    });
    expect(systemClockText(status)).toBe(
      'step-and-slew: tracking; 1.5 ms slow, 6.5 ms at most; frequency 120 ppm, 100 ppm of it a slew; stepped by -60 min at 2026-11-30T12:00:00.000Z',
    );
  });

  it('says why it is not', () => {
    const status = systemClockOf('slew', { word: 'owned-by-another', detail: 'freq 7 for 8' })!;
    expect(systemClockText(status)).toBe('slew: owned-by-another (freq 7 for 8)');
  });
});

describe('the log', () => {
  const off: SystemClock = { word: 'off' };
  it.each([
    ['the same', led, { ...led, beside: beside(nanos(0)) }, []],
    [
      'a step',
      off,
      led,
      [
        {
          event: 'system-clock-step',
          level: 'warn',
          seconds: -3_600,
          msg: 'the system clock was stepped by -3600 s',
        },
        { event: 'system-clock', level: 'info', state: 'tracking', msg: 'system clock: tracking' },
      ],
    ],
    [
      'a slew',
      led,
      { ...led, word: 'slewing', beside: beside(seconds(3)) },
      [{ event: 'system-clock', level: 'info', state: 'slewing', msg: 'system clock: slewing, slow by +3 s' }],
    ],
    [
      'a refusal',
      off,
      { word: 'not-permitted', detail: 'it takes CAP_SYS_TIME' },
      [
        {
          event: 'system-clock',
          level: 'warn',
          state: 'not-permitted',
          reason: 'it takes CAP_SYS_TIME',
          msg: 'system clock: not-permitted: it takes CAP_SYS_TIME',
        },
      ],
    ],
  ] as readonly [string, SystemClock, SystemClock, object[]][])('%s', (_, before, now, told) => {
    expect(systemClockChanges(before, now)).toEqual(told);
  });
});

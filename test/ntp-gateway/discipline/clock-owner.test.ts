/** Whose the clock is, by what daemons leave in the kernel. */
import { describe, expect, it } from 'vitest';
import { after, monoNanos, nanos, seconds } from '#contract/time.ts';
import {
  isAbandoned,
  isUntended,
  LONGEST_SILENCE,
  touched,
  watch,
} from '../../../ntp-gateway/discipline/clock-owner.ts';
import { LIMIT, STA_UNSYNC } from '../../../ntp-gateway/discipline/kernel-clock.ts';

const STA_PLL = 1;
const STA_NANO = 0x2000;
const NOW = monoNanos(5_000_000_000n);
const ours = { freq: 1_000, tick: 10_001, status: 0, maxError: 900, estError: 40, tai: 37 };
const written = { ...ours, base: 1e-6 };

describe('what is in the kernel', () => {
  it.each([
    ['as it was written', {}],
    ['its error grown', { maxError: 500_000 }],
    ['its error at the limit, where the kernel says so', { maxError: LIMIT, status: STA_UNSYNC }],
    ['the clock set, which clears what is said of it', { maxError: LIMIT, estError: LIMIT, status: STA_UNSYNC }],
    ["the kernel's own bits", { status: STA_NANO }],
    ['a leap second counted', { tai: 38 }],
  ])('is ours: %s', (_, seen) => {
    expect(touched(written, { ...ours, ...seen })).toBeUndefined();
  });

  it.each([
    ['chronyd: another frequency', { freq: 1_001 }, 'freq 1001 for 1000'],
    ['chronyd: a slew by the tick', { tick: 10_000 }, 'tick 10000 for 10001'],
    ['chronyd without rtcsync, at its start', { status: STA_UNSYNC }, 'status 0x40 for 0x0'],
    ['systemd-timesyncd', { status: STA_PLL, maxError: 0, estError: 0 }, 'status 0x1 for 0x0'],
    ['ntpd with the kernel’s loop', { status: STA_PLL, maxError: 1_500, estError: 700 }, 'esterror 700 µs for 40 µs'],
    ['an error that fell', { maxError: 899 }, 'maxerror 899 µs, below 900 µs'],
    ['another that knows nothing', { maxError: LIMIT, estError: LIMIT, status: STA_UNSYNC | STA_PLL }, 'status 0x41'],
  ])('is not: %s', (_, seen, said) => {
    expect(touched(written, { ...ours, ...seen })).toContain(said);
  });
});

describe('another’s clock', () => {
  const theirs = { freq: -77, tick: 10_000, status: 0, maxError: 20_000, estError: 300, tai: 0 };

  it('is nobody’s where the kernel has long said that it knows nothing', () => {
    expect(isUntended({ ...theirs, status: STA_UNSYNC, maxError: LIMIT })).toBe(true);
    expect(isUntended({ ...theirs, status: STA_UNSYNC })).toBe(false); // chronyd without rtcsync
    expect(isUntended({ ...theirs, maxError: LIMIT })).toBe(false);
  });

  it('is abandoned once its error has only grown for longer than anybody waits between two polls', () => {
    const from = watch(undefined, theirs, NOW);
    const grown = { ...theirs, maxError: 1_172_000 };
    const last = watch(from, grown, after(NOW, LONGEST_SILENCE));
    expect(last.since).toBe(NOW);
    expect(isAbandoned(last, after(NOW, LONGEST_SILENCE))).toBe(false);
    expect(isAbandoned(last, after(NOW, nanos(LONGEST_SILENCE + 1)))).toBe(true);
    expect(LONGEST_SILENCE).toBeGreaterThan(seconds(2_048)); // systemd-timesyncd's PollIntervalMaxSec
  });

  it.each([{ freq: -78 }, { tick: 9_999 }, { status: STA_PLL }, { estError: 301 }, { maxError: 19_999 }])(
    'is tended: %o',
    (change) => {
      const from = watch(undefined, theirs, NOW);
      const later = after(NOW, seconds(1_000));
      expect(watch(from, { ...theirs, ...change }, later).since).toBe(later);
    },
  );
});

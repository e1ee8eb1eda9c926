/** Moments and lengths as the pages tell them: in JSON as numbers, for people with a unit. */
import { between, milliseconds as msOf, type Nanos, nanos, unixNanos } from '#contract/time.ts';
import { formatDuration, roundDuration } from '#contract/units.ts';
import type { ClockReading } from '../protocol/server-state.ts';

/** RFC 3339, to the millisecond. */
export const iso = (unixNanos: bigint): string => new Date(Number(unixNanos / 1_000_000n)).toISOString();

/** The same to the µs, for what has a bound beside it. */
export const isoMicros = (unixNanos: bigint): string =>
  `${iso(unixNanos).slice(0, -5)}.${`${(unixNanos / 1_000n) % 1_000_000n}`.padStart(6, '0')}Z`;

/** To the µs. */
export const milliseconds = (length: Nanos): number => Math.round(length / 1e3) / 1e3;

/** The same of a bound: never less than it is. */
export const boundMilliseconds = (length: Nanos): number => Math.ceil(length / 1e3) / 1e3;

/** A reading of the clock to the µs: the interval reaches as far as it does, or farther. */
export const toldOf = ({ earliest, time, latest }: ClockReading) => {
  const told = unixNanos((time / 1_000n) * 1_000n);
  const earlierMs = boundMilliseconds(nanos(Math.max(between(earliest, told), 0)));
  const laterMs = boundMilliseconds(between(told, latest));
  return { time: isoMicros(told), uncertaintyMs: Math.max(earlierMs, laterMs), earlierMs, laterMs };
};

/** "3 µs", "12.3 ms", "-2 min". */
export const lengthText = (ms: number): string =>
  Math.abs(ms) < 1 ? `${Math.round(ms * 1e3)} µs` : formatDuration(nanos(ms * 1e6));

/** The same of a bound: never less than it is. */
export const boundText = (ms: number): string =>
  lengthText(ms < 1 ? Math.ceil(ms * 1e3 - 1e-6) / 1e3 : roundDuration(msOf(ms), Math.ceil) / 1e6);

/** A length with its sign, for what may be either. */
export const signedText = (ms: number): string => `${ms >= 0 ? '+' : ''}${lengthText(ms)}`;

/** "3 ms slow", of a clock less ours. */
export const fastText = (ms: number): string =>
  ms === 0 ? 'on time' : `${lengthText(Math.abs(ms))} ${ms > 0 ? 'fast' : 'slow'}`;

/** "300 s", "21.7 min": how long ago, or how often. */
export const secondsText = (seconds: number): string =>
  seconds < 1_000 ? `${seconds} s` : formatDuration(nanos(seconds * 1e9));

/** "sent 3, timeout 1". */
export const countersText = (all: Readonly<Record<string, number>>): string =>
  Object.entries(all)
    .map(([word, times]) => `${word} ${times}`)
    .join(', ') || 'none';

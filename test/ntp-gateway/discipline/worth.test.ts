import { describe, expect, it } from 'vitest';
import { after, milliseconds, monoNanos, nanos, type UnixNanos } from '#contract/time.ts';
import { type Estimator, learn } from '../../../ntp-gateway/discipline/estimator.ts';
import { worthOf } from '../../../ntp-gateway/discipline/worth.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/reply.ts';
import { NOON } from '../../support/ntp-reply.ts';

const OSCILLATOR = { maxDrift: 5e-4 };

/** Our clock runs true; the server's is ahead by `ahead` ms. `delay` ms is the round trip, half each way. */
const measurement = (at: number, delay: number, ahead = 0): Measurement => {
  const server = after<UnixNanos>(NOON, milliseconds(at * 1e3 + delay / 2 + ahead));
  const t1 = monoNanos(BigInt(at) * 1_000_000_000n);
  return {
    exchange: { t1, t2: server, t3: server, t4: after(t1, milliseconds(delay)) },
    leap: 'none',
    stratum: 1,
    precision: nanos(0),
    rootDelay: nanos(0),
    rootDispersion: nanos(0),
    referenceId: 0,
    referenceTime: NOON,
  };
};
const learnAll = (measurements: readonly Measurement[]): Estimator | undefined =>
  measurements.reduce<Estimator | undefined>((estimator, one) => learn(estimator, one, OSCILLATOR), undefined);
const worthOfLast = (...measurements: Measurement[]) =>
  worthOf(learnAll(measurements.slice(0, -1)), learnAll(measurements), OSCILLATOR);

describe('worth of a measurement', () => {
  it('is all of it for the first', () => {
    expect(worthOfLast(measurement(0, 10))).toEqual({ gain: 1, surprised: false });
  });

  it('is nothing where nothing was learnt', () => {
    const known = learnAll([measurement(0, 10)]);
    expect(worthOf(known, known, OSCILLATOR)).toEqual({ gain: 0, surprised: false });
    expect(worthOf(undefined, undefined, OSCILLATOR)).toEqual({ gain: 0, surprised: false });
  });

  it.each([
    {
      name: 'soon after one as quick, little',
      measurements: [measurement(0, 10), measurement(2, 10)],
      least: 0,
      most: 0.5,
    },
    {
      name: 'much later, most of what has grown',
      measurements: [measurement(0, 10), measurement(64, 10)],
      least: 0.8,
      most: 0.95,
    },
    {
      name: 'of a slower one soon after, next to nothing',
      measurements: [measurement(0, 10), measurement(2, 40)],
      least: 0,
      most: 0.05,
    },
    {
      name: 'of a quicker one, what it is quicker by',
      measurements: [measurement(0, 40), measurement(2, 4)],
      least: 0.85,
      most: 0.95,
    },
    {
      name: 'once offset and frequency are known, less at the same distance',
      measurements: Array.from({ length: 100 }, (_, i) => measurement(64 * i, 10 + (i % 7))),
      least: 0,
      most: 0.3,
    },
  ])('$name', ({ measurements, least, most }) => {
    const { gain, surprised } = worthOfLast(...measurements);
    expect(gain).toBeGreaterThanOrEqual(least);
    expect(gain).toBeLessThanOrEqual(most);
    expect(surprised).toBe(false);
  });

  it.each([
    { name: 'that contradicts all before', ahead: 1_000, surprised: true },
    { name: 'that rules out what was expected', ahead: 8, surprised: true },
    { name: 'that leaves it possible', ahead: 4, surprised: false },
  ])('is a surprise, or not, for one $name', ({ ahead, surprised }) => {
    expect(worthOfLast(measurement(0, 30), measurement(2, 30), measurement(66, 10, ahead))).toMatchObject({
      surprised,
    });
  });

  it('is all of it while a leap second is announced: until one came after it, an interval is 1 s wider', () => {
    const before = learnAll([measurement(0, 10)]);
    const after = learnAll([measurement(0, 10), measurement(2, 40)]);
    expect(worthOf(before, after, OSCILLATOR, 'insert').gain).toBe(1);
    expect(worthOf(before, after, OSCILLATOR, 'unknown').gain).toBeLessThan(0.05);
  });

  it('is a number even where a server claims to know the time exactly, and at once', () => {
    const { gain, surprised } = worthOfLast(measurement(0, 0), measurement(0, 0));
    expect(gain).toBeGreaterThanOrEqual(0);
    expect(gain).toBeLessThan(1);
    expect(surprised).toBe(false);
  });
});

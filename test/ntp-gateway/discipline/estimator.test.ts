import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, width } from '#contract/interval.ts';
import { after, between, type MonoNanos, milliseconds, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import { type Estimator, estimate, learn } from '../../../ntp-gateway/discipline/estimator.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/association.ts';

const MAX_DRIFT = 5e-4;
const TRUE_START = unixNanos(1_795_336_200_000_000_000n);
const MONO_START = monoNanos(77_000_000_000n);

type Reply = { afterSeconds: number; there: number; back: number; serverError: number };

/** True time and our oscillator's reading `s` seconds into a life at `frequency`. */
const moment = (s: number, frequency: number) => ({
  utc: after(TRUE_START, seconds(s)),
  mono: monoNanos(MONO_START + BigInt(Math.round((s * 1e9) / (1 + frequency)))),
});

const measurement = ({ afterSeconds, there, back, serverError }: Reply, frequency: number): Measurement => {
  const at = (ms: number) => moment(afterSeconds + ms / 1e3, frequency);
  const server = (ms: number) => after(at(ms).utc, milliseconds(serverError));
  return {
    exchange: { t1: at(0).mono, t2: server(there), t3: server(there + 0.01), t4: at(there + 0.01 + back).mono },
    leap: 'none',
    stratum: 1,
    precision: nanos(30),
    rootDelay: milliseconds(2),
    rootDispersion: milliseconds(1),
    referenceId: 0,
    referenceTime: TRUE_START,
  };
};

const learnAll = (replies: readonly Reply[], frequency: number): Estimator =>
  replies.reduce<Estimator | undefined>(
    (estimator, reply) => learn(estimator, measurement(reply, frequency), MAX_DRIFT),
    undefined,
  )!;

const arbitraryReply = fc.record({
  afterSeconds: fc.double({ min: 0, max: 5_000, noNaN: true }),
  there: fc.double({ min: 0, max: 300, noNaN: true }),
  back: fc.double({ min: 0, max: 300, noNaN: true }),
  /** Within the root delay / 2 + root dispersion that the server states: A1. */
  serverError: fc.double({ min: -2, max: 2, noNaN: true }),
});
const inOrder = (replies: readonly Reply[]): Reply[] => [...replies].sort((a, b) => a.afterSeconds - b.afterSeconds);

describe('estimator', () => {
  it('holds true time for any delays, any server error that is admitted, any frequency within A3, at any later moment', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryReply, { minLength: 1, maxLength: 30 }),
        fc.double({ min: -MAX_DRIFT, max: MAX_DRIFT, noNaN: true }),
        fc.double({ min: 0, max: 20_000, noNaN: true }),
        (replies, frequency, later) => {
          const ordered = inOrder(replies);
          const estimator = learnAll(ordered, frequency);
          const last = Number(estimator.newest.exchange.t4 - MONO_START) / 1e9;
          const { utc, mono } = moment((last + later) * (1 + frequency), frequency);
          const { interval, time } = estimate(estimator, mono, MAX_DRIFT);
          expect(
            contains({ earliest: after(interval.earliest, nanos(-2)), latest: after(interval.latest, nanos(2)) }, utc),
          ).toBe(true);
          expect(contains(interval, time)).toBe(true);
          expect(estimator.frequency.least).toBeLessThanOrEqual(frequency + 1e-12);
          expect(estimator.frequency.greatest).toBeGreaterThanOrEqual(frequency - 1e-12);
        },
      ),
      { numRuns: 300 },
    );
  });

  const steady = (count: number, spacing: number, jitter = 0.1): Reply[] =>
    Array.from({ length: count }, (_, i) => ({
      afterSeconds: i * spacing,
      there: 5 + jitter * ((i * 7) % 5),
      back: 5 + jitter * ((i * 3) % 5),
      serverError: 0,
    }));

  it('takes what is known of the frequency from an earlier run, unless the replies contradict it', () => {
    const known = { least: 3.9e-5, greatest: 4.1e-5 };
    const learnt = (replies: readonly Reply[], frequency: number) =>
      replies.reduce<Estimator | undefined>(
        (before, reply) => learn(before, measurement(reply, frequency), MAX_DRIFT, known),
        undefined,
      )!;
    expect(learnt(steady(1, 64), 4e-5).frequency).toEqual(known);
    const { interval } = estimate(learnt(steady(1, 64), 4e-5), moment(1_000, 4e-5).mono, MAX_DRIFT);
    const { interval: without } = estimate(learnAll(steady(1, 64), 4e-5), moment(1_000, 4e-5).mono, MAX_DRIFT);
    expect(width(interval)).toBeLessThan(width(without) / 10);
    expect(learnt(steady(16, 64), -4e-5).frequency).toEqual(learnAll(steady(16, 64), -4e-5).frequency);
  });

  it('finds the frequency, and its bound shrinks with the time that it was watched', () => {
    const short = learnAll(steady(4, 2), 4e-5).frequency;
    const long = learnAll(steady(16, 64), 4e-5).frequency;
    expect(long.greatest - long.least).toBeLessThan((short.greatest - short.least) / 10);
    const { frequency } = estimate(learnAll(steady(16, 64), 4e-5), moment(1_000, 4e-5).mono, MAX_DRIFT);
    expect(Math.abs(frequency - 4e-5)).toBeLessThan(1e-6);
  });

  it('gives an estimate far better than the interval is wide', () => {
    const { utc, mono } = moment(1_000, 4e-5);
    const { interval, time } = estimate(learnAll(steady(16, 64), 4e-5), mono, MAX_DRIFT);
    expect(Math.abs(between(utc, time))).toBeLessThan(300_000);
    expect(width(interval)).toBeGreaterThan(10_000_000);
  });

  it('keeps the tightest word: one quick reply among slow ones bounds the width', () => {
    const replies = steady(8, 16).map((reply, i) =>
      i === 5 ? { ...reply, there: 0.1, back: 0.1 } : { ...reply, there: 50, back: 50 },
    );
    const { interval } = estimate(learnAll(replies, 0), moment(113, 0).mono, MAX_DRIFT);
    expect(width(interval)).toBeLessThan(45_000_000);
  });

  it('believes the newest word alone after a step of the server', () => {
    const stepped: Reply = { afterSeconds: 600, there: 5, back: 5, serverError: 3_600_000 };
    const estimator = learnAll([...steady(8, 64), stepped], 0);
    expect(estimator.facts).toHaveLength(1);
    const { time } = estimate(estimator, moment(600.02, 0).mono as MonoNanos, MAX_DRIFT);
    expect(Math.abs(between(after(TRUE_START, seconds(600.02 + 3_600)), time))).toBeLessThan(1e6);
  });

  it('forgets what is over two hours old, and keeps sixteen at most', () => {
    expect(learnAll(steady(40, 64), 0).facts).toHaveLength(16);
    expect(learnAll(steady(5, 3_000), 0).facts).toHaveLength(3);
  });
});

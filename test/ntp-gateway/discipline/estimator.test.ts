import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, width } from '#contract/interval.ts';
import { after, between, type MonoNanos, milliseconds, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import { type Estimator, estimate, learn } from '../../../ntp-gateway/discipline/estimator.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/reply.ts';
import { evenly } from '../../support/evenly.ts';

const MAX_DRIFT = 5e-4;
const OSCILLATOR = { maxDrift: MAX_DRIFT };
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
    (estimator, reply) => learn(estimator, measurement(reply, frequency), OSCILLATOR),
    undefined,
  )!;

const arbitraryReply = fc.record({
  afterSeconds: evenly({ min: 0, max: 5_000 }),
  there: evenly({ min: 0, max: 300 }),
  back: evenly({ min: 0, max: 300 }),
  /** Within the root delay / 2 + root dispersion that the server states: A1. */
  serverError: evenly({ min: -2, max: 2 }),
});
const inOrder = (replies: readonly Reply[]): Reply[] => [...replies].sort((a, b) => a.afterSeconds - b.afterSeconds);

describe('estimator', () => {
  it('holds true time for any delays, any server error that is admitted, any frequency within A3, at any later moment', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryReply, { minLength: 1, maxLength: 30 }),
        evenly({ min: -MAX_DRIFT, max: MAX_DRIFT }),
        evenly({ min: 0, max: 20_000 }),
        (replies, frequency, later) => {
          const ordered = inOrder(replies);
          const estimator = learnAll(ordered, frequency);
          const last = Number(estimator.newest.exchange.t4 - MONO_START) / 1e9;
          const { utc, mono } = moment((last + later) * (1 + frequency), frequency);
          const { interval, time, frequencyBounds } = estimate(estimator, mono, OSCILLATOR);
          expect(
            contains({ earliest: after(interval.earliest, nanos(-2)), latest: after(interval.latest, nanos(2)) }, utc),
          ).toBe(true);
          expect(contains(interval, time)).toBe(true);
          expect(frequencyBounds.least).toBeLessThanOrEqual(frequency + 1e-12);
          expect(frequencyBounds.greatest).toBeGreaterThanOrEqual(frequency - 1e-12);
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

  it('takes what is known of the frequency from elsewhere, unless the replies contradict it', () => {
    const known = { at: MONO_START, least: 3.9e-5, greatest: 4.1e-5, wander: 0 };
    const learnt = (replies: readonly Reply[], frequency: number) => {
      const oscillator = { ...OSCILLATOR, known };
      const estimator = replies.reduce<Estimator | undefined>(
        (before, reply) => learn(before, measurement(reply, frequency), oscillator),
        undefined,
      )!;
      return estimate(estimator, moment(64 * replies.length, frequency).mono, oscillator);
    };
    const without = estimate(learnAll(steady(1, 64), 4e-5), moment(64, 4e-5).mono, OSCILLATOR);
    const one = learnt(steady(1, 64), 4e-5);
    expect(one.frequencyBounds.greatest - one.frequencyBounds.least).toBeLessThan(7e-6);
    expect(width(one.interval)).toBeLessThan(width(without.interval) - 60e6);
    const fits: string[] = [];
    let estimator: Estimator | undefined;
    for (const reply of steady(12, 64)) {
      estimator = learn(estimator, measurement(reply, -4e-5), { ...OSCILLATOR, known });
      fits.push(estimator!.fit);
    }
    expect(fits).toContain('restless');
  });

  it('finds the frequency, and its bound shrinks with the time that it was watched', () => {
    const after = (count: number, spacing: number) =>
      estimate(learnAll(steady(count, spacing), 4e-5), moment(count * spacing, 4e-5).mono, OSCILLATOR);
    const [short, long] = [after(4, 2).frequencyBounds, after(160, 64).frequencyBounds];
    expect(short.greatest - short.least).toBeCloseTo(2 * MAX_DRIFT, 6);
    expect(long.greatest - long.least).toBeLessThan(10e-6);
    expect(Math.abs(after(16, 64).frequency - 4e-5)).toBeLessThan(1e-6);
  });

  it('gives an estimate far better than the interval is wide', () => {
    const { utc, mono } = moment(1_000, 4e-5);
    const { interval, time } = estimate(learnAll(steady(16, 64), 4e-5), mono, OSCILLATOR);
    expect(Math.abs(between(utc, time))).toBeLessThan(300_000);
    expect(width(interval)).toBeGreaterThan(10_000_000);
  });

  it('keeps the tightest word: one quick reply among slow ones bounds the width', () => {
    const replies = steady(8, 16).map((reply, i) =>
      i === 5 ? { ...reply, there: 0.1, back: 0.1 } : { ...reply, there: 50, back: 50 },
    );
    const { interval } = estimate(learnAll(replies, 0), moment(113, 0).mono, OSCILLATOR);
    expect(width(interval)).toBeLessThan(45_000_000);
  });

  it('is not fooled for long by a first reply that was held up: a quick one rules out what it made likely', () => {
    const slow: Reply = { afterSeconds: 0, there: 0.3, back: 3.7, serverError: 0 };
    const quick: Reply = { afterSeconds: 0.1, there: 0.12, back: 0.45, serverError: 0 };
    const { utc, mono } = moment(0.101, 0);
    const exact = (reply: Reply) => ({ ...measurement(reply, 0), rootDelay: nanos(0), rootDispersion: nanos(0) });
    const first = learn(undefined, exact(slow), OSCILLATOR)!;
    const { time, standardDeviation } = estimate(learn(first, exact(quick), OSCILLATOR), mono, OSCILLATOR);
    expect(Math.abs(between(utc, estimate(first, mono, OSCILLATOR).time))).toBeGreaterThan(1.5e6);
    expect(Math.abs(between(utc, time))).toBeLessThan(0.3e6);
    expect(standardDeviation).toBeLessThan(0.3e6);
  });

  it('lets a reply that is older than the last bound, and not move the belief', () => {
    const known = learnAll(steady(40, 64), 4e-5);
    const late = learn(
      known,
      measurement({ afterSeconds: 39 * 64 - 3, there: 1, back: 1, serverError: 0 }, 4e-5),
      OSCILLATOR,
    );
    expect(late.filter).toBe(known.filter);
    const { utc, mono } = moment(40 * 64, 4e-5);
    const { interval } = estimate(late, mono, OSCILLATOR);
    expect(contains(interval, utc)).toBe(true);
    expect(width(interval)).toBeLessThan(width(estimate(known, mono, OSCILLATOR).interval));
  });

  it('believes the newest word alone after a step of the server', () => {
    const stepped: Reply = { afterSeconds: 600, there: 5, back: 5, serverError: 3_600_000 };
    const estimator = learnAll([...steady(8, 64), stepped], 0);
    expect(estimator.bounds.proofs).toHaveLength(1);
    expect(estimator.measurements).toBe(1);
    const { time } = estimate(estimator, moment(600.02, 0).mono as MonoNanos, OSCILLATOR);
    expect(Math.abs(between(after(TRUE_START, seconds(600.02 + 3_600)), time))).toBeLessThan(1e6);
  });

  it('keeps sixteen proofs at most, near and far, of a day at most', () => {
    const { proofs } = learnAll(steady(400, 64), 0).bounds;
    expect(proofs).toHaveLength(16);
    expect(between(proofs[0]!.at, proofs.at(-1)!.at)).toBeGreaterThan(seconds(20_000));
    expect(learnAll(steady(5, 30_000), 0).bounds.proofs).toHaveLength(3);
  });

  it('takes the operator’s word on asymmetry: no more than half of it is left in doubt', () => {
    const [reply] = steady(1, 1);
    const estimator = learn(undefined, measurement({ ...reply!, there: 50, back: 50 }, 0), OSCILLATOR, milliseconds(2));
    expect(width(estimator!.bounds.proofs[0]!.utc)).toBeLessThan(2e6 + 4e6 + 100_000); // and the server's root distance
  });

  it('says what each end of the interval is made of', () => {
    const { interval, early, late } = estimate(learnAll(steady(1, 1), 0), moment(100, 0).mono, OSCILLATOR);
    const sum = [early, late].flatMap((parts) => Object.values(parts)).reduce((a, b) => a + b, 0);
    expect(early).toMatchObject({ rootDistance: milliseconds(2) + 30, path: 5e6 });
    expect(early.oscillator + early.wander).toBeCloseTo(50e6, -6);
    expect(sum).toBeCloseTo(width(interval), -5);
  });
});

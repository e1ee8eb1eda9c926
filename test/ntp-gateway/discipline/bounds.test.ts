import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, type Interval, width } from '#contract/interval.ts';
import {
  after,
  between,
  type MonoNanos,
  milliseconds,
  monoNanos,
  nanos,
  seconds,
  type UnixNanos,
  unixNanos,
} from '#contract/time.ts';
import {
  type Believed,
  type Bounds,
  boundFrequency,
  carryProof,
  moved,
  type Proof,
  proofOf,
  prove,
} from '../../../ntp-gateway/discipline/bounds.ts';
import { type Estimator, estimate, learn } from '../../../ntp-gateway/discipline/estimator.ts';
import { type Oscillator, wanderOver, within } from '../../../ntp-gateway/discipline/oscillator.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/reply.ts';
import { evenly } from '../../support/evenly.ts';

const MAX_DRIFT = 5e-4;
const OSCILLATOR: Oscillator = { maxDrift: MAX_DRIFT };
const BELIEVED: Believed = { frequency: 0, deviation: MAX_DRIFT, wander: 0 };
const UTC = unixNanos(1_795_336_200_000_000_000n);
const MONO = monoNanos(77_000_000_000n);
const mono = (second: number): MonoNanos => after(MONO, seconds(second));

/** True time, and the frequency, once our oscillator has counted so many seconds. */
type Path = { readonly utc: (second: number) => UnixNanos; readonly frequency: (second: number) => number };

const steady = (frequency: number): Path => ({
  utc: (second) => after(UTC, nanos(seconds(second) + seconds(second) * frequency)),
  frequency: () => frequency,
});

/**
 * As far from steady as A3 allows: over any time τ within an hour the frequency moves by up to 1 ppm · √(τ / 1 h), and
 * around `turn` by just so much.
 */
const cusp = (base: number, turn: number, size: number): Path => {
  const HOUR = 3_600;
  const grown = (length: number) => (length < HOUR ? (2 / 3) * length * Math.sqrt(length / HOUR) : length - HOUR / 3);
  const sum = (second: number) => Math.sign(second - turn) * grown(Math.abs(second - turn)) + grown(turn);
  return {
    utc: (second) => after(UTC, nanos(seconds(second) + seconds(second) * base + size * seconds(sum(second)))),
    frequency: (second) => base + size * Math.sqrt(Math.min(1, Math.abs(second - turn) / HOUR)),
  };
};

/** A room that warms and cools, as quickly as A3 allows. */
const wave = (base: number, period: number, share: number): Path => {
  const amplitude = (share * 1e-6 * Math.min(1, Math.sqrt(period / Math.PI / 3_600))) / 2;
  const turns = (second: number) => (2 * Math.PI * second) / period;
  return {
    utc: (second) => {
      const walked = ((amplitude * period) / (2 * Math.PI)) * (1 - Math.cos(turns(second)));
      return after(UTC, nanos(seconds(second) + seconds(second) * base + seconds(walked)));
    },
    frequency: (second) => base + amplitude * Math.sin(turns(second)),
  };
};

/** Lengths in ms; `at` is the second of our oscillator at which the request sets out. */
type Reply = { readonly at: number; readonly there: number; readonly back: number; readonly error: number };
/** What the server states: within 2 ms. */
const measurement = ({ utc }: Path, { at, there, back, error }: Reply): Measurement => {
  const server = after(utc(at + there / 1e3), milliseconds(error));
  return {
    exchange: { t1: mono(at), t2: server, t3: server, t4: mono(at + (there + back) / 1e3) },
    leap: 'none',
    stratum: 1,
    precision: nanos(30),
    rootDelay: milliseconds(2),
    rootDispersion: milliseconds(1),
    referenceId: 0,
    referenceTime: UTC,
  };
};

/** ns are whole, and `Math.round` is not outwards: so much is arithmetic of this test. */
const roundly = ({ earliest, latest }: Interval): Interval => ({
  earliest: after(earliest, nanos(-4)),
  latest: after(latest, nanos(4)),
});

const base = evenly({ min: -4.9e-4, max: 4.9e-4 });
const path: fc.Arbitrary<Path> = fc.oneof(
  base.map(steady),
  fc.tuple(base, evenly({ min: 0, max: 20_000 }), fc.constantFrom(1e-6, -1e-6)).map((all) => cusp(...all)),
  fc.tuple(base, evenly({ min: 60, max: 50_000 }), fc.constantFrom(1, -1)).map((all) => wave(...all)),
);
const delay = fc.oneof(fc.constant(0), evenly({ min: 0, max: 0.1 }), evenly({ min: 0, max: 300 }));
const reply = fc.record({
  at: evenly({ min: 0, max: 20_000 }),
  there: delay,
  back: delay,
  error: fc.oneof(fc.constantFrom(-2, 0, 2), evenly({ min: -2, max: 2 })),
});
const replies = fc.array(reply, { minLength: 1, maxLength: 30 });
const inOrder = (all: readonly Reply[]): Reply[] =>
  all.toSorted((a, b) => a.at + (a.there + a.back) / 1e3 - (b.at + (b.there + b.back) / 1e3));
/** Each as late as one that tells of the exchange before. */
const interleaved = (all: readonly Reply[]): Reply[] =>
  all.flatMap((_, i) => (i % 2 === 1 ? [all[i]!, all[i - 1]!] : i === all.length - 1 ? [all[i]!] : []));

describe('what replies prove', () => {
  it.each([
    { name: 'in order', order: inOrder },
    { name: 'out of order', order: (all: readonly Reply[]) => interleaved(inOrder(all)) },
  ])('holds true time and frequency, however the oscillator wanders within A3: replies $name', ({ order }) => {
    fc.assert(
      fc.property(path, replies, evenly({ min: 0, max: 20_000 }), (truth, all, later) => {
        let estimator: Estimator | undefined;
        for (const one of order(all)) {
          estimator = learn(estimator, measurement(truth, one), OSCILLATOR);
          const { at, utc } = estimator!.bounds.proofs.at(-1)!;
          expect(contains(roundly(utc), truth.utc(between(MONO, at) / 1e9))).toBe(true);
        }
        const second = between(MONO, estimator!.bounds.proofs.at(-1)!.at) / 1e9 + later;
        const { interval, frequencyBounds } = estimate(estimator!, mono(second), OSCILLATOR);
        expect(contains(roundly(interval), truth.utc(second))).toBe(true);
        expect(frequencyBounds.least).toBeLessThanOrEqual(truth.frequency(second) + 1e-11);
        expect(frequencyBounds.greatest).toBeGreaterThanOrEqual(truth.frequency(second) - 1e-11);
      }),
      { numRuns: 200 },
    );
  });

  it('holds it with a frequency that is known from elsewhere too', () => {
    const doubt = evenly({ min: 0, max: 1e-6 });
    fc.assert(
      fc.property(
        path,
        replies,
        fc.tuple(doubt, doubt),
        evenly({ min: 0, max: 20_000 }),
        (truth, all, [less, more], knownAt) => {
          const frequency = truth.frequency(knownAt);
          const known = { at: mono(knownAt), least: frequency - less, greatest: frequency + more, wander: 0 };
          const oscillator = { ...OSCILLATOR, known };
          let estimator: Estimator | undefined;
          for (const one of inOrder(all)) {
            estimator = learn(estimator, measurement(truth, one), oscillator);
            const { at, utc } = estimator!.bounds.proofs.at(-1)!;
            expect(contains(roundly(utc), truth.utc(between(MONO, at) / 1e9))).toBe(true);
          }
          const { interval } = estimate(estimator!, mono(40_000), oscillator);
          expect(contains(roundly(interval), truth.utc(40_000))).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  const truth = steady(0);
  const proof = (at: number, there = 5, back = 5, error = 0) =>
    proofOf(measurement(truth, { at, there, back, error }), within(0));
  const proveAll = (proofs: readonly Proof[]): Bounds =>
    proofs.reduce<Bounds | undefined>((before, one) => prove(before, one, OSCILLATOR, BELIEVED).bounds, undefined)!;

  it('is [t3, t2 + (t4 − t1)], wider by what the server admits, of one reply', () => {
    const { at, utc, early, late } = proof(0, 3, 5, 1);
    expect(at).toBe(mono(0.008));
    const margin = 2e6 + 30;
    expect(between(UTC, utc.earliest)).toBe(3e6 + 1e6 - margin);
    expect(between(UTC, utc.latest)).toBe(3e6 + 1e6 + 8e6 + margin);
    expect(early).toEqual({ rootDistance: margin, path: 4e6, oscillator: 0, wander: 0 });
    expect(late).toEqual(early);
    expect(2 * (early.rootDistance + early.path)).toBe(width(utc));
  });

  it('reckons with a slow oscillator between the request and the reply', () => {
    const one = measurement(truth, { at: 0, there: 0, back: 100, error: 0 });
    const { utc } = proofOf(one, { least: 0, greatest: 1e-3 });
    expect(between(proofOf(one, within(0)).utc.latest, utc.latest)).toBe(100_000);
  });

  it.each([
    { asymmetry: 4, left: 4 },
    { asymmetry: 0, left: 0 },
    { asymmetry: 20, left: 10 },
  ])('takes the operator’s word on the asymmetry: $asymmetry ms', ({ asymmetry, left }) => {
    const one = measurement(truth, { at: 0, there: 5, back: 5, error: 0 });
    const { utc, early } = proofOf(one, within(0), milliseconds(asymmetry));
    expect(width(utc)).toBeCloseTo(left * 1e6 + 2 * (2e6 + 30), -1);
    expect(early.path).toBe((left * 1e6) / 2);
    expect(contains(utc, truth.utc(0.01))).toBe(true);
    expect(between(utc.earliest, truth.utc(0.01))).toBeCloseTo(width(utc) / 2, -1);
  });

  it('is absurd where four stamps contradict each other: nothing is learnt', () => {
    const before = proveAll([proof(0)]);
    const one = proof(64);
    const { earliest, latest } = one.utc;
    const absurd = prove(before, { ...one, utc: { earliest: latest, latest: earliest } }, OSCILLATOR, BELIEVED);
    expect(absurd).toEqual({ bounds: before, fit: 'absurd' });
    expect(absurd.bounds).toBe(before);
  });

  it('agrees with what came before, and what is later and wider takes nothing away', () => {
    const { bounds, fit } = prove(proveAll([proof(0, 0.1, 0.1)]), proof(1, 50, 50), OSCILLATOR, BELIEVED);
    expect(fit).toBe('agrees');
    const { at, utc, early } = bounds!.proofs.at(-1)!;
    expect(at).toBe(mono(1.1));
    expect(width(utc)).toBeLessThan(0.2e6 + 4e6 + 2.2 * 1e6 * 1.1);
    expect(early.path).toBe(0.1e6);
    expect(early.oscillator + early.wander).toBeCloseTo(1.0998 * MAX_DRIFT * 1e9, -2);
  });

  it('is restless where only the drift explains it: the frequency’s bounds begin anew, the time holds', () => {
    const before = proveAll(Array.from({ length: 40 }, (_, i) => proof(i * 64, 0.1, 0.1)));
    const fast = proof(40 * 64 + 64, 0.1, 0.1, 0);
    const jumped = { ...fast, utc: moved(fast.utc, milliseconds(30), within(0)) }; // 230 ppm over two intervals
    const { bounds, fit } = prove(before, jumped, OSCILLATOR, BELIEVED);
    expect(fit).toBe('restless');
    expect(bounds!.proofs).toHaveLength(1);
    expect(bounds!.proofs[0]!.utc).toEqual(jumped.utc);
    const { least, greatest } = boundFrequency(bounds!, jumped.at, OSCILLATOR, BELIEVED);
    expect({ least, greatest }).toEqual(within(MAX_DRIFT));
  });

  it('contradicts where no drift explains it: the new word alone counts', () => {
    const before = proveAll([proof(0), proof(64)]);
    const stepped = { ...proof(128), utc: moved(proof(128).utc, seconds(1), within(0)) };
    const { bounds, fit } = prove(before, stepped, OSCILLATOR, BELIEVED);
    expect(fit).toBe('contradicts');
    expect(bounds!.proofs.map(({ utc }) => utc)).toEqual([stepped.utc]);
  });

  it('of a reply older than the last is carried on to that, and narrows it', () => {
    const before = proveAll([proof(0, 5, 5), proof(64, 50, 50)]);
    const { bounds, fit } = prove(before, proof(63, 0.1, 0.1), OSCILLATOR, BELIEVED);
    expect(fit).toBe('agrees');
    const last = bounds!.proofs.at(-1)!;
    expect(last.at).toBe(mono(64.1));
    expect(width(last.utc)).toBeLessThan(0.2e6 + 4e6 + 3e6);
    expect(contains(last.utc, truth.utc(64.1))).toBe(true);
  });

  it('is kept sixteen times, newest densest and oldest kept for a day', () => {
    const { proofs } = proveAll(Array.from({ length: 1_000 }, (_, i) => proof(i * 64)));
    const ages = proofs.map(({ at }) => between(at, proofs.at(-1)!.at) / 1e9);
    expect(ages).toHaveLength(16);
    expect(ages[0]).toBeCloseTo(999 * 64, 3);
    expect(ages.at(-2)).toBeLessThan(200);
    for (let i = 1; i < 14; i++) {
      expect(ages[i]!).toBeLessThan(ages[i - 1]!);
      expect(ages[i]! / ages[i - 1]!).toBeGreaterThan(0.2); // no gap of more than a factor
    }
    const sparse = proveAll(Array.from({ length: 5 }, (_, i) => proof(i * 30_000)));
    expect(sparse.proofs.map(({ at }) => Math.round(between(MONO, at) / 1e9))).toEqual([60_000, 90_000, 120_000]);
  });
});

describe('what proofs say of the frequency', () => {
  const truth = steady(2e-5);
  const at = (second: number, half = 1): Proof => {
    const parts = { rootDistance: milliseconds(half), path: nanos(0), oscillator: nanos(0), wander: nanos(0) };
    const utc = moved({ earliest: truth.utc(second), latest: truth.utc(second) }, nanos(0), within(0));
    const wide = { earliest: after(utc.earliest, milliseconds(-half)), latest: after(utc.latest, milliseconds(half)) };
    return { at: mono(second), utc: wide, early: parts, late: parts };
  };
  const boundsOf = (proofs: readonly Proof[], believed = proofs.map(() => BELIEVED)): Bounds => ({
    proofs: proofs.map((one, i) => ({ ...one, believed: believed[i]! })),
  });

  it('is nothing, of one alone', () => {
    const { least, greatest, wander } = boundFrequency(boundsOf([at(0)]), mono(64), OSCILLATOR, BELIEVED);
    expect({ least, greatest }).toEqual(within(MAX_DRIFT));
    expect(wander).toBe(MAX_DRIFT);
  });

  it('is the slope from one’s latest to the other’s earliest, and the reverse, and what it may have wandered', () => {
    const { least, greatest, wander } = boundFrequency(boundsOf([at(0), at(1_000)]), mono(1_000), OSCILLATOR, BELIEVED);
    expect(wander).toBe(wanderOver(seconds(1_000), seconds(16), 0));
    expect(least).toBeCloseTo(2e-5 - 2e-6 - wander, 11);
    expect(greatest).toBeCloseTo(2e-5 + 2e-6 + wander, 11);
  });

  it('is of the pair that says most', () => {
    const pair = [at(0), at(50_000), at(50_010)];
    const of = (proofs: readonly Proof[]) => boundFrequency(boundsOf(proofs), mono(50_010), OSCILLATOR, BELIEVED);
    expect(of(pair)).toEqual(of([at(0), at(50_010)]));
    expect(of(pair).greatest - of(pair).least).toBeLessThan(3e-6);
  });

  it('is widened by a wander that shows itself to be larger, and by a frequency that is believed to have moved', () => {
    const proofs = [at(0), at(1_000)];
    const width = (believed: Believed, then = BELIEVED) => {
      const { least, greatest } = boundFrequency(boundsOf(proofs, [then, then]), mono(1_000), OSCILLATOR, believed);
      return greatest - least;
    };
    const declared = width(BELIEVED);
    expect(width({ ...BELIEVED, wander: 1 })).toBeCloseTo(declared, 12);
    expect(width({ ...BELIEVED, wander: 300 })).toBeGreaterThan(2 * declared);
    const sure = { frequency: 0, deviation: 1e-7, wander: 0 };
    expect(width(sure, sure)).toBeCloseTo(declared, 12);
    expect(width({ ...sure, frequency: 1e-5 }, sure)).toBeGreaterThan(declared + 3e-5);
    expect(width({ ...sure, frequency: 1e-5 }, { ...sure, deviation: 1e-5 })).toBeCloseTo(declared, 12);
  });

  it('is narrowed by what is known from elsewhere, unless that contradicts', () => {
    const of = (least: number, greatest: number) =>
      boundFrequency(
        boundsOf([at(0), at(1_000)]),
        mono(1_000),
        { ...OSCILLATOR, known: { at: mono(1_000), least, greatest, wander: 0 } },
        BELIEVED,
      );
    const alone = boundFrequency(boundsOf([at(0), at(1_000)]), mono(1_000), OSCILLATOR, BELIEVED);
    const narrowed = of(1.99e-5, 2.01e-5);
    expect(narrowed.greatest - narrowed.least).toBeLessThan(1e-6);
    expect(narrowed.wander).toBe(wanderOver(nanos(0), seconds(16), 0));
    expect(of(-4e-5, -3e-5)).toEqual(alone);
    expect(of(-4e-4, 4e-4)).toEqual(alone);
  });

  it('makes the interval grow on both sides as it is carried on: by what was measured, and what is assumed', () => {
    const one = at(0);
    const bounds = { least: 1e-5, greatest: 3e-5 };
    const { at: now, utc, early, late } = carryProof(one, mono(100), bounds, 4e-6);
    expect(now).toBe(mono(100));
    expect(between(one.utc.earliest, utc.earliest)).toBeCloseTo(100e9 * (1 + 1e-5), -1);
    expect(between(one.utc.latest, utc.latest)).toBeCloseTo(100e9 * (1 + 3e-5), -1);
    expect(early).toEqual({ ...one.early, oscillator: expect.closeTo(600_000, 3), wander: expect.closeTo(400_000, 3) });
    expect(late).toEqual(early);
    const back = carryProof(one, mono(-100), bounds, 1);
    expect(width(back.utc)).toBeCloseTo(2e6 + 2e6, -1);
    expect(back.early.wander).toBeCloseTo(1e6, 3);
    expect(contains(roundly(back.utc), truth.utc(-100))).toBe(true);
  });
});

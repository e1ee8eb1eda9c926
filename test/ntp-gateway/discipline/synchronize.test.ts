import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { after, between, type MonoNanos, milliseconds, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import { follow } from '../../../ntp-gateway/discipline/clock.ts';
import { estimate, learn } from '../../../ntp-gateway/discipline/estimator.ts';
import { type Contributor, synchronize } from '../../../ntp-gateway/discipline/synchronize.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/reply.ts';

const OSCILLATOR = { maxDrift: 5e-4 };
const UTC = unixNanos(1_795_336_200_000_000_000n);
const MONO = monoNanos(77_000_000_000n);
const NOW = after(MONO, seconds(10));
const CONFIG = { precision: -20, minSources: 1 };

/** Our clock runs true; one way takes half of `trip` ms, the server is `off` by so many. */
const measurement = (trip: number, off: number, over: Partial<Measurement>, at = 0): Measurement => {
  const server = after(UTC, milliseconds(1e3 * at + trip / 2 + off));
  const t1 = after(MONO, seconds(at));
  return {
    exchange: { t1, t2: server, t3: server, t4: after(t1, milliseconds(trip)) },
    leap: 'none',
    stratum: 2,
    precision: nanos(30),
    rootDelay: milliseconds(2),
    rootDispersion: milliseconds(1),
    referenceId: 7,
    referenceTime: UTC,
    ...over,
  };
};

const source = (
  referenceId: number,
  trip = 10,
  { off = 0, options = {}, ...over }: Partial<Measurement> & { off?: number; options?: Contributor['options'] } = {},
): Contributor => ({
  id: `${referenceId}`,
  referenceId,
  path: `${referenceId}`,
  reachable: true,
  pending: false,
  options,
  estimator: learn(undefined, measurement(trip, off, over), OSCILLATOR)!,
});

const run = (contributors: readonly Contributor[], over: Partial<typeof CONFIG> = {}, now: MonoNanos = NOW) =>
  synchronize(contributors, now, OSCILLATOR, { ...CONFIG, ...over });
/** Whom our clients are told of, once a line with `first` as its system peer stands. */
const peerAfter = (first: Contributor, contributors: readonly Contributor[]): number => {
  const clock = follow(undefined, run([first]).line!, 0);
  return synchronize(contributors, NOW, OSCILLATOR, CONFIG, clock).line!.server.referenceId;
};

describe('synchronize', () => {
  it('draws the line through what a majority agrees on, and says what of them it counted', () => {
    const contributors = [source(1), source(2, 12), source(3, 10, { off: 500 })];
    const { line, selection } = run(contributors);
    expect(selection.verdicts.get('3')).toBe('falseticker');
    expect(line).toMatchObject({ at: NOW, synchronized: true, sourcesTotal: 3, sourcesSelected: 2 });
    const truth = after(UTC, seconds(10));
    expect(contains(line!.reading, truth)).toBe(true);
    expect(Math.abs(between(truth, line!.reading.time))).toBeLessThan(1e6);
    expect(line!.server.precision).toBe(-20);
  });

  it('draws none without a majority, nor of too few, and learns nothing of the oscillator then', () => {
    expect(run([source(1), source(2, 10, { off: 500 })])).toEqual({ selection: expect.anything() });
    expect(run([source(1), source(2)], { minSources: 3 })).toEqual({ selection: expect.anything() });
    expect(run([source(1), source(2)], { minSources: 2 }).line).toBeDefined();
    expect(run([])).toEqual({ selection: expect.anything() });
  });

  it('describes the tightest source: RFC 5905 §11.2.3, stratum, root delay and reference time', () => {
    const { server } = run([source(1, 40), source(2, 10, { stratum: 3 }), source(3, 30)]).line!;
    expect(server).toMatchObject({ stratum: 4, referenceId: 2 });
    expect(server.rootDelay).toBeGreaterThan(milliseconds(2 + 5));
    expect(server.rootDelay).toBeLessThanOrEqual(milliseconds(2 + 10));
    expect(between(UTC, server.referenceTime)).toBe(5e6 + 5e6); // when the server had read its clock, and the way back
  });

  it('says the root delay of quick replies, not of a slow one that came last', () => {
    const measured = Array.from({ length: 40 }, (_, i) => measurement(i === 39 ? 60 : 10, 0, {}, 64 * i));
    const estimator = measured.reduce<Contributor['estimator']>(
      (one, next) => learn(one, next, OSCILLATOR),
      undefined,
    )!;
    const { rootDelay } = run([{ ...source(1), estimator }], {}, after(MONO, seconds(64 * 40))).line!.server;
    expect(rootDelay).toBeGreaterThan(milliseconds(2 + 9));
    expect(rootDelay).toBeLessThan(milliseconds(2 + 11));
  });

  it('does not say less root delay than there is where stamps are too coarse for the round trip', () => {
    const coarse = measurement(0, 0, {});
    const exchange = { ...coarse.exchange, t3: after(coarse.exchange.t2, nanos(1_000)) };
    const one = { ...source(1), estimator: learn(undefined, { ...coarse, exchange }, OSCILLATOR)! };
    const { server } = run([one]).line!;
    expect(server.rootDelay).toBe(milliseconds(2));
    expect(server.referenceTime).toBe(exchange.t3);
  });

  it('keeps its system peer while another is not clearly better: two that are alike take no turns', () => {
    const [a, b] = [source(1, 10), source(2, 9)];
    expect(peerAfter(a, [a, b])).toBe(1);
    expect(peerAfter(b, [a, b])).toBe(2);
    expect(run([a, b]).line!.server.referenceId).toBe(2);
  });

  it('leaves its system peer for one that is clearly better, and where that is no longer selected', () => {
    const a = source(1, 40);
    expect(peerAfter(a, [a, source(2, 2)])).toBe(2);
    expect(peerAfter(source(1), [source(1, 10, { off: 500 }), source(2, 12), source(3, 11)])).toBe(3);
  });

  it('prefers preferred ones as its system peer, as long as one of them is selected', () => {
    const preferred = source(2, 40, { options: { prefer: true } });
    expect(run([source(1, 2), preferred]).line!.server.referenceId).toBe(2);
    expect(peerAfter(source(1, 2), [source(1, 2), preferred])).toBe(2);
    const liar = source(2, 4, { off: 500, options: { prefer: true } });
    expect(run([source(1, 2), liar, source(3, 3)]).line!.server.referenceId).toBe(1);
  });

  it('returns what it now knows of the frequency, for the sources to share', () => {
    const measured = Array.from({ length: 40 }, (_, i) => measurement(4, 0, {}, 64 * i));
    const estimator = measured.reduce<Contributor['estimator']>(
      (one, next) => learn(one, next, OSCILLATOR),
      undefined,
    )!;
    const now = after(MONO, seconds(64 * 40));
    const { known, line } = run([{ ...source(1), estimator }], {}, now);
    const { frequencyBounds, wander } = estimate(estimator, now, OSCILLATOR);
    expect(known!.at).toBe(now);
    expect(known!.least).toBeCloseTo(frequencyBounds.least, 15);
    expect(known!.greatest).toBeCloseTo(frequencyBounds.greatest, 15);
    expect(known!.greatest - known!.least).toBeLessThan(1e-5);
    expect(known!.wander).toBe(wander);
    expect(line!.frequencyBounds).toEqual({ least: known!.least, greatest: known!.greatest });
  });

  it('tells of a leap second that most of the selected tell of', () => {
    const insert = (referenceId: number) => source(referenceId, 10, { leap: 'insert' });
    const december = unixNanos(BigInt(Date.UTC(2026, 11, 31, 23, 0, 0)) * 1_000_000n);
    const late = (one: Contributor): Contributor => {
      const { newest } = one.estimator!;
      const moved = { ...newest.exchange, t2: december, t3: december };
      return { ...one, estimator: learn(undefined, { ...newest, exchange: moved }, OSCILLATOR)! };
    };
    expect(run([insert(1), insert(2), source(3)].map(late)).line!.server.leap).toBe('insert');
    expect(run([insert(1), source(2), source(3)].map(late)).line!.server.leap).toBe('none');
  });
});

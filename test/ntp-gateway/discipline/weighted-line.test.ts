import { describe, expect, it } from 'vitest';
import { after, between, milliseconds, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import { fitLine, type Point } from '../../../ntp-gateway/discipline/weighted-line.ts';
import { randomFrom } from '../../support/dice.ts';

const UTC = unixNanos(1_795_336_200_000_000_000n);
const ZERO = monoNanos(9_000_000_000n);

/** `s` seconds in, by an oscillator that UTC outruns by `frequency`; off by `error` ms. */
const point = (s: number, frequency: number, error = 0, delayMs = 1): Point => ({
  at: after(ZERO, seconds(s)),
  middle: after(UTC, nanos(s * 1e9 * (1 + frequency) + error * 1e6)),
  delay: milliseconds(delayMs),
});
const times = Array.from({ length: 16 }, (_, i) => 64 * i);

describe('the weighted line', () => {
  it('goes through a single point, level but for nothing known', () => {
    const { slope, at } = fitLine([point(0, 0)]);
    expect(slope).toBe(0);
    expect(at(after(ZERO, seconds(10))).time).toBe(after(UTC, seconds(10)));
    // 20 ppm expected of a crystal over 10 s, beside the noise of one stamp
    expect(at(after(ZERO, seconds(10))).standardDeviation).toBeCloseTo(Math.hypot(200_000, 30_000), -1);
  });

  it('finds the frequency of points without noise', () => {
    const { slope, at } = fitLine(times.map((s) => point(s, 4e-5)));
    expect(slope).toBeCloseTo(4e-5, 8);
    expect(Math.abs(between(point(2_000, 4e-5).middle, at(after(ZERO, seconds(2_000))).time))).toBeLessThan(5_000);
  });

  it('does not take the noise of a short baseline for a frequency', () => {
    const short = fitLine([0, 2, 4, 6].map((s, i) => point(s, 0, i % 2 ? 1 : -1, 10 + i)));
    expect(Math.abs(short.slope)).toBeLessThan(1e-5);
  });

  it('hardly listens to replies that queued', () => {
    const { at } = fitLine(times.map((s, i) => point(s, 0, i % 4 === 1 ? 20 : 0, i % 4 === 1 ? 41 : 1)));
    expect(Math.abs(between(after(UTC, seconds(960)), at(after(ZERO, seconds(960))).time))).toBeLessThan(50_000);
  });

  it('knows how far it may be off: errors are of the size of its standard deviation, also where delays hide them', () => {
    const dice = randomFrom(1);
    for (const noiseMs of [0.02, 1, 10]) {
      const ratios = Array.from({ length: 200 }, () => {
        const line = fitLine(times.map((s) => point(s, 1e-5, noiseMs * dice.normal())));
        const { time, standardDeviation } = line.at(after(ZERO, seconds(1_000)));
        return between(point(1_000, 1e-5).middle, time) / standardDeviation;
      });
      const rms = Math.sqrt(ratios.reduce((sum, ratio) => sum + ratio ** 2, 0) / ratios.length);
      expect(rms).toBeGreaterThan(0.5);
      expect(rms).toBeLessThan(1.3);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DELAY_LAWS, type DelayLaw, learnDelay } from '../../../ntp-gateway/discipline/delay-law.ts';
import { randomFrom } from '../../support/dice.ts';
import { evenly } from '../../support/evenly.ts';

const laws = DELAY_LAWS.map((law) => ({ name: `queue ${law.queue}, noise ${law.noise}`, law }));
const OUTLIERS = 0.01;

/** Simpson's rule. */
const integrate = (from: number, to: number, f: (x: number) => number, panels = 200): number => {
  const step = (to - from) / panels;
  let sum = f(from) + f(to);
  for (let i = 1; i < panels; i++) sum += (i % 2 === 1 ? 4 : 2) * f(from + i * step);
  return (sum * step) / 3;
};
const normal = (x: number, deviation: number): number =>
  Math.exp(-0.5 * (x / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));

/** Prior times likelihood, its moments in u, by nothing but sums: over the noise, and over u up to where no queue is left. */
const bruteForce = (law: DelayLaw, scale: number, mean: number, deviation: number, seen: number) => {
  const [queue, noise] = [law.queue * scale, law.noise * scale];
  const [lowest, highest] = [mean - 9 * deviation, mean + 9 * deviation];
  const moment = (power: number): number => {
    if (queue === 0) {
      return integrate(
        lowest,
        highest,
        (u) => u ** power * normal(u - mean, deviation) * normal(seen - u, noise),
        3_000,
      );
    }
    const overU = (n: number): number => {
      const limit = Math.min(highest, seen - n);
      const from = Math.max(lowest, limit - 40 * queue);
      if (limit <= from) return 0;
      const density = (u: number) => normal(u - mean, deviation) * (Math.exp((u + n - seen) / queue) / queue);
      return integrate(from, limit, (u) => u ** power * density(u), 300);
    };
    return integrate(-8 * noise, 8 * noise, (n) => normal(n, noise) * overU(n), 160);
  };
  const mass = moment(0);
  const posterior = moment(1) / mass;
  return { mass, mean: posterior, variance: moment(2) / mass - posterior ** 2 };
};

describe('laws of delay', () => {
  it.each(laws)('$name: the posterior is the one that a brute-force integration finds', ({ law }) => {
    fc.assert(
      fc.property(
        evenly({ min: -3, max: 3 }),
        evenly({ min: 0.1, max: 4 }),
        evenly({ min: -2.5, max: 4 }),
        fc.constantFrom(1, 250_000),
        (prior, ratio, above, scale) => {
          const [mean, deviation] = [prior * scale, ratio * scale];
          const seen = mean + above * Math.hypot(deviation, scale);
          const lesson = learnDelay(law, scale, mean, deviation ** 2, seen);
          // What it says of the law alone: a mixture with the prior, for outliers, is what it says altogether.
          const shift = lesson.shift / lesson.credit;
          const second = deviation ** 2 * (1 - lesson.gain) + lesson.shift ** 2;
          const variance = (second - (1 - lesson.credit) * deviation ** 2) / lesson.credit - shift ** 2;
          const density = (lesson.credit * Math.exp(lesson.evidence)) / (1 - OUTLIERS);

          const truth = bruteForce(law, 1, prior, ratio, seen / scale);
          if (truth.mass < 1e-4) return; // an outlier: there is nothing left of the law to be compared
          expect(Math.abs(shift / scale - (truth.mean - prior))).toBeLessThan(2e-3 * ratio);
          expect(Math.abs(variance / scale ** 2 / truth.variance - 1)).toBeLessThan(5e-3);
          expect(Math.abs((density * scale) / truth.mass - 1)).toBeLessThan(2e-3);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(laws)('$name: what it holds possible adds up to one', ({ law }) => {
    const sum = integrate(-60, 600, (seen) => Math.exp(learnDelay(law, 1, 2, 4, seen).evidence), 20_000);
    expect(sum).toBeLessThan(1);
    expect(sum).toBeGreaterThan(1 - OUTLIERS);
  });

  it.each(laws)('$name: a spike teaches next to nothing, and so does what contradicts', ({ law }) => {
    const usual = learnDelay(law, 10, 1_000, 25, 1_010);
    expect(usual.credit).toBeGreaterThan(0.98);
    expect(usual.gain).toBeGreaterThan(0);
    for (const seen of [1_300, 3_000, 1e9, 1e18, 800, 0, -1e18]) {
      const { credit, shift, gain, evidence, residual } = learnDelay(law, 10, 1_000, 25, seen);
      expect(credit).toBeLessThan(1e-3);
      expect(Math.abs(shift)).toBeLessThan(0.1);
      expect(Math.abs(gain)).toBeLessThan(0.1);
      expect(residual).toBe(seen - 1_000);
      expect(evidence).toBeLessThan(usual.evidence - 5);
      expect(Number.isFinite(evidence)).toBe(true);
    }
  });

  it('holds one that is too quick for rarer than one that is too slow', () => {
    const law = DELAY_LAWS[2]!;
    const [quick, slow] = [700, 1_300].map((seen) => learnDelay(law, 10, 1_000, 25, seen));
    expect(slow!.evidence).toBeGreaterThan(quick!.evidence + 10);
  });

  it('doubts what it knew where a delay may or may not be an outlier', () => {
    const gains = Array.from({ length: 100 }, (_, i) => learnDelay(DELAY_LAWS[2]!, 10, 0, 100, i));
    const doubtful = gains.filter(({ credit }) => credit > 0.1 && credit < 0.9);
    expect(doubtful.length).toBeGreaterThan(0);
    expect(doubtful.some(({ gain }) => gain < 0)).toBe(true);
  });

  it('learns as much where little was known before as where a scale is coarse: any ratio of both', () => {
    for (let known = 1; known < 1e12; known *= 10) {
      const { shift, gain, credit } = learnDelay(DELAY_LAWS[0]!, 1, 0, known ** 2, 0);
      expect(shift).toBeLessThan(0);
      expect(shift).toBeGreaterThan(-1.001); // one queue below what was seen, or less
      if (known >= 1e3) expect(gain).toBeCloseTo(credit, 5);
    }
  });

  it('never takes a queue for less than none, however early a packet is', () => {
    for (const law of DELAY_LAWS.filter(({ queue }) => queue > 0)) {
      const { misfit } = learnDelay(law, 10, 0, 1e6, -2_000);
      expect(misfit).toBeGreaterThanOrEqual(-10 * law.queue);
      expect(misfit).toBeLessThan(0);
    }
  });

  it.each(laws)('$name: its scale seems too small or too large only where it is', ({ law }) => {
    const dice = randomFrom(7, `${law.noise}`);
    const [mean, deviation, count] = [50, 3, 40_000];
    const sums = new Map([5, 10, 20].map((scale) => [scale, 0]));
    for (let i = 0; i < count; i++) {
      const [queue, noise] = [10 * law.queue * dice.exponential(), 10 * law.noise * dice.normal()];
      const seen = mean + deviation * dice.normal() + queue + noise;
      for (const [scale, sum] of sums) sums.set(scale, sum + learnDelay(law, scale, mean, deviation ** 2, seen).misfit);
    }
    expect(Math.abs(sums.get(10)! / count)).toBeLessThan(0.25);
    expect(sums.get(5)! / count).toBeGreaterThan(1);
    expect(sums.get(20)! / count).toBeLessThan(-1);
  });
});

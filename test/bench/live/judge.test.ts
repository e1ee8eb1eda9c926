import { describe, expect, it } from 'vitest';
import { judge, truthFrom } from './judge.ts';
import type { Exchange } from './probe.ts';

const DRIFT = 50e-6;
const SECOND = 1e9;
/** What a server 5 s ahead that gains 50 ppm answers, where `up` and `down` are the ways in ns. */
const exchange = (at: number, up: number, down: number, error = 0, others: Partial<Exchange> = {}): Exchange => {
  const offset = 5 * SECOND + DRIFT * at + error;
  return { at, least: offset - down, most: offset + up, rootDistance: 1_000, synchronized: true, ...others };
};

describe('the truth of a live bench', () => {
  it('is as certain as the shortest ways of all exchanges make it', () => {
    const truth = truthFrom([exchange(0, 900, 100), exchange(10 * SECOND, 200, 5_000)], DRIFT);
    expect(truth.uncertainty).toBeCloseTo(150, 0);
    expect(Math.abs(truth.at(20 * SECOND) - (5 * SECOND + 20 * SECOND * DRIFT))).toBeLessThan(truth.uncertainty);
  });

  it('is refused where its rate is another', () => {
    const exchanges = [exchange(0, 900, 100), exchange(10 * SECOND, 200, 500)];
    expect(() => truthFrom(exchanges, 0)).toThrow('no line');
  });
});

describe('a contestant of a live bench', () => {
  const truth = { at: (at: number) => 5 * SECOND + DRIFT * at, uncertainty: 0 };
  const looks = (errors: readonly number[]) => errors.map((error, i) => exchange(i * SECOND, 0, 0, error));

  it('is judged by its errors since the warm-up', () => {
    const verdict = judge(looks([9e9, 300, -400]), truth, SECOND);
    expect(verdict.rms).toBeCloseTo(Math.sqrt((300 ** 2 + 400 ** 2) / 2), 3);
    expect(verdict.mean).toBeCloseTo(-50, 3);
    expect([verdict.p50, verdict.p99, verdict.max].map(Math.round)).toEqual([300, 400, 400]);
  });

  it('covers the truth where it is off by its root distance at most', () => {
    const { coverage, halfWidth } = judge(looks([900, -900, 1_100, -1_100, 0]), truth, 0);
    expect({ coverage, halfWidth }).toEqual({ coverage: 0.6, halfWidth: 1_000 });
  });

  it('says nothing where it is silent or not synchronized', () => {
    const silent = [null, exchange(SECOND, 0, 0, 9e9, { synchronized: false }), exchange(2 * SECOND, 0, 0, 7)];
    expect(judge(silent, truth, 0)).toMatchObject({ rms: expect.closeTo(7, 3), coverage: 1, toMillisecond: Infinity });
  });

  it('is close from the first of ten looks in a row that are', () => {
    const good = Array.from({ length: 10 }, () => 999_000);
    expect(judge(looks([0, 2e6, ...good]), truth, 0).toMillisecond).toBe(2 * SECOND);
    expect(judge(looks([0, 2e6, ...good.slice(1)]), truth, 0).toMillisecond).toBe(Infinity);
  });
});

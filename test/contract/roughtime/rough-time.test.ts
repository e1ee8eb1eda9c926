import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalOf, roughTime } from '#contract/roughtime/rough-time.ts';
import { after, nanos, unixNanos } from '#contract/time.ts';
import { point } from '../arbitraries.ts';

const SECOND = 1_000_000_000n;
/** Narrow ones and wide ones, with an estimate anywhere inside. */
const known = fc
  .tuple(
    point(0n, 10n ** 19n),
    fc.oneof(fc.bigInt(0n, 10n ** 7n), fc.bigInt(0n, 10n ** 13n)),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([earliest, width, share]) => ({
    interval: { earliest, latest: unixNanos(earliest + width) },
    estimate: after(earliest, nanos(Math.floor(Number(width) * share))),
  }));

describe('MIDP and RADI', () => {
  it.each([
    { name: 'on the second', earliest: 0n, estimate: 0n, latest: 0n, midpoint: 1000n, radius: 1 },
    {
      name: 'just below half a second',
      earliest: 0n,
      estimate: 499_999_999n,
      latest: 499_999_999n,
      midpoint: 1000n,
      radius: 1,
    },
    {
      name: 'half a second: the next one is as near',
      earliest: 0n,
      estimate: 500_000_000n,
      latest: 500_000_000n,
      midpoint: 1001n,
      radius: 2,
    },
    {
      name: 'the farther end is the early one',
      earliest: -999_999_999n,
      estimate: 0n,
      latest: 5n,
      midpoint: 1000n,
      radius: 1,
    },
    {
      name: 'a whole second is outside of one',
      earliest: -1_000_000_000n,
      estimate: 0n,
      latest: 5n,
      midpoint: 1000n,
      radius: 2,
    },
    { name: 'the late end', earliest: 0n, estimate: 0n, latest: 7_000_000_000n, midpoint: 1000n, radius: 8 },
  ])('$name', ({ earliest, estimate, latest, midpoint, radius }) => {
    const at = (ns: bigint) => unixNanos(1000n * SECOND + ns);
    const interval = { earliest: at(earliest), latest: at(latest) };
    expect(roughTime(interval, at(estimate), { knowsLeapSeconds: true })).toEqual({ midpoint, radius });
    const careful = roughTime(interval, at(estimate), { knowsLeapSeconds: false });
    expect(careful).toEqual({ midpoint, radius: Math.max(3, radius) });
  });

  it('hold the whole interval strictly inside, as §5.2.5 wants true time, and are no wider than they need to be', () => {
    fc.assert(
      fc.property(known, fc.boolean(), ({ interval, estimate }, knowsLeapSeconds) => {
        const told = roughTime(interval, estimate, { knowsLeapSeconds });
        const { earliest, latest } = intervalOf(told);
        expect(earliest).toBeLessThan(interval.earliest);
        expect(latest).toBeGreaterThan(interval.latest);
        const least = knowsLeapSeconds ? 1 : 3;
        expect(told.radius).toBeGreaterThanOrEqual(least);
        const narrower = intervalOf({ ...told, radius: told.radius - 1 });
        const wouldHold = narrower.earliest < interval.earliest && narrower.latest > interval.latest;
        expect(wouldHold && told.radius > least).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('are of the second nearest to the estimate', () => {
    fc.assert(
      fc.property(known, ({ interval, estimate }) => {
        const off = roughTime(interval, estimate, { knowsLeapSeconds: true }).midpoint * SECOND - estimate;
        expect(2n * (off < 0n ? -off : off)).toBeLessThanOrEqual(SECOND);
      }),
    );
  });
});

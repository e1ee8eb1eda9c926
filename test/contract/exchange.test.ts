import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peerAtReceipt, roundTrip } from '#contract/exchange.ts';
import { contains } from '#contract/interval.ts';
import { unixNanos } from '#contract/time.ts';

const exchange = (t1: bigint, t2: bigint, t3: bigint, t4: bigint) => ({
  t1: unixNanos(t1),
  t2: unixNanos(t2),
  t3: unixNanos(t3),
  t4: unixNanos(t4),
});

type Vector = { name: string; of: [bigint, bigint, bigint, bigint]; delay: number };

describe('the four-timestamp exchange, RFC 5905 §8', () => {
  it.each<Vector>([
    { name: 'equal clocks, even paths', of: [0n, 50n, 60n, 110n], delay: 100 },
    { name: 'we are 1000 slow', of: [0n, 1050n, 1060n, 110n], delay: 100 },
    { name: 'we are 1000 fast', of: [1000n, 50n, 60n, 1110n], delay: 100 },
    { name: 'the way there takes all', of: [0n, 100n, 110n, 110n], delay: 100 },
    { name: 'clocks too coarse', of: [0n, 5n, 15n, 5n], delay: -5 },
  ])('$name', ({ of, delay }) => {
    expect(roundTrip(exchange(...of))).toBe(delay);
  });

  it('bounds the peer’s clock at receipt: not before t3, not later than t2 and all that passed for us', () => {
    expect(peerAtReceipt(exchange(0n, 1050n, 1060n, 110n))).toEqual({ earliest: 1060n, latest: 1160n });
    expect(peerAtReceipt(exchange(0n, 1050n, 1060n, 110n), 0.25)).toEqual({ earliest: 1060n, latest: 1188n });
  });

  it('gives an empty interval where the stamps contradict each other', () => {
    const { earliest, latest } = peerAtReceipt(exchange(0n, 5n, 15n, 5n));
    expect(earliest > latest).toBe(true);
  });

  const delay = fc.bigInt({ min: 0n, max: 10_000_000_000n });
  const offset = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
  const start = fc.bigInt({ min: 10n ** 18n, max: 2n * 10n ** 18n });

  it('holds the truth for any delays, any offset and any drift within the bound', () => {
    const maxPpm = 500;
    fc.assert(
      fc.property(start, offset, delay, delay, delay, fc.integer({ min: -maxPpm, max: maxPpm }), (...drawn) => {
        const [t2, ours, up, hold, down, slowPpm] = drawn;
        const passed = up + hold + down; // by the peer's clock
        // By ours, which runs slow (or fast), less (or more) passed meanwhile.
        const t1 = t2 - up - ours;
        const t4 = t1 + (passed * 1_000_000n + BigInt(1_000_000 + slowPpm) - 1n) / BigInt(1_000_000 + slowPpm);
        const truth = unixNanos(t2 + hold + down);
        expect(contains(peerAtReceipt(exchange(t1, t2, t2 + hold, t4), maxPpm / 1e6), truth)).toBe(true);
      }),
    );
  });
});

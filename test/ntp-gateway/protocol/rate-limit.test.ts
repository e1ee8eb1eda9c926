import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClient } from '../../../ntp-gateway/protocol/client-record.ts';
import { newClientMemory, openClientTable, touch } from '../../../ntp-gateway/protocol/client-table.ts';
import { diceFrom, roll } from '../../../ntp-gateway/protocol/dice.ts';
import { ANSWER, admit, DROP, KISS, type RateLimit } from '../../../ntp-gateway/protocol/rate-limit.ts';
import { clientAddress } from '../../support/client-address.ts';
import { evenly } from '../../support/evenly.ts';

const V4_CLIENT = 0x23;
const CLIENT = clientAddress('192.0.2.1');

/** Dice whose next roll ends in these four bits. */
const loaded = (word: number): Int32Array => {
  for (let seed = 1; ; seed++) {
    const [dice, tried] = [diceFrom(Int32Array.of(seed, 0, 0, 0)), diceFrom(Int32Array.of(seed, 0, 0, 0))];
    if ((roll(tried) & 0b1111) === word) return dice;
  }
};
const newServer = (limit: RateLimit) => {
  const clients = openClientTable(newClientMemory(), Int32Array.of(1, 2));
  return {
    clients,
    ask: (now: number, dice = loaded(0b1111), client = CLIENT) =>
      admit(clients, touch(clients, client, now, V4_CLIENT), limit, dice),
  };
};

describe('the bucket', () => {
  it.each([
    { name: 'a burst, and no more', at: [0, 0, 0, 0], verdicts: 'AAAD' },
    { name: 'one in each interval', at: [0, 0, 0, 1_999, 2_000, 3_999, 4_000], verdicts: 'AAADADA' },
    { name: 'full after a while, and not fuller', at: [0, 0, 0, 60_000, 60_000, 60_000, 60_000], verdicts: 'AAAAAAD' },
    { name: 'what was refused costs nothing', at: [0, 0, 0, 500, 1_000, 1_500, 2_000], verdicts: 'AAADDDA' },
    { name: 'half an interval is kept', at: [0, 0, 0, 3_000, 4_000, 5_000, 6_000], verdicts: 'AAAAADA' },
    { name: 'the wrong order costs nothing, and gains nothing', at: [10, 5, 10, 5, 10], verdicts: 'AAADD' },
    {
      name: 'over the end of int32',
      at: [0x7fffffff, 0x7fffffff, 0x7fffffff, -0x80000000, -0x7ffff830],
      verdicts: 'AAADA',
    },
    { name: 'full after 25 days', at: [0, 0, 0, 0, -0x7fff0000, -0x7fff0000, -0x7fff0000], verdicts: 'AAADAAA' },
  ])('$name', ({ at, verdicts }) => {
    const { ask } = newServer({ intervalMs: 2_000, burst: 3 });
    expect(at.map((now) => 'AKD'[ask(now | 0)]).join('')).toBe(verdicts);
  });

  it('is each client’s own', () => {
    const { ask } = newServer({ intervalMs: 2_000, burst: 1 });
    expect(ask(0)).toBe(ANSWER);
    expect(ask(0)).toBe(DROP);
    expect(ask(0, undefined, clientAddress('192.0.2.2'))).toBe(ANSWER);
  });

  it('is full again, too, for whoever was forgotten', () => {
    const { clients, ask } = newServer({ intervalMs: 2_000, burst: 1 });
    ask(0);
    expect(ask(0)).toBe(DROP);
    const others = (times: number): void => {
      for (let i = 0; i < 100_000 * times; i++) {
        touch(clients, Int32Array.of(4, 0x0a000000 + Math.floor(i / times), 0, 0, 0, 0), 1, V4_CLIENT);
      }
    };
    others(1); // who comes once pushes out nobody who came back
    expect(ask(2)).not.toBe(ANSWER);
    others(2);
    expect(ask(3)).toBe(ANSWER);
  });
});

describe('the leak', () => {
  it.each([
    [0b0000, ANSWER],
    [0b1100, ANSWER],
    [0b0001, KISS],
    [0b0011, KISS],
    [0b0101, DROP],
    [0b1111, DROP],
  ])('a roll that ends in %i gives %i', (word, verdict) => {
    const { ask } = newServer({ intervalMs: 2_000, burst: 1 });
    ask(0);
    expect(ask(0, loaded(word))).toBe(verdict);
  });

  it('answers one in four, and of the others tells one in four', () => {
    const { clients, ask } = newServer({ intervalMs: 3_600_000, burst: 1 });
    const dice = diceFrom(Int32Array.of(1, 2, 3, 4));
    const REQUESTS = 100_000;
    const counts = [0, 0, 0];
    ask(0);
    for (let i = 0; i < REQUESTS; i++) counts[ask(0, dice)]!++;
    const [answers = 0, kisses = 0, drops = 0] = counts;
    // Five standard deviations of the binomial distribution.
    expect(Math.abs(answers - REQUESTS / 4)).toBeLessThan(5 * Math.sqrt((REQUESTS * 3) / 16));
    expect(Math.abs(kisses - (REQUESTS * 3) / 16)).toBeLessThan(5 * Math.sqrt((REQUESTS * 39) / 256));
    expect(readClient(clients, touch(clients, CLIENT, 0, V4_CLIENT), 0)!.drops).toBe(kisses + drops);
  });
});

describe('in the long run', () => {
  it('a client gets a burst and one answer in each interval, never more', () => {
    const limit = fc.record({
      intervalMs: evenly({ min: 1, max: 5_000 }),
      burst: fc.integer({ min: 1, max: 20 }),
    });
    const waits = fc.array(fc.oneof(fc.constant(0), fc.nat(100), fc.nat(20_000)), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(limit, waits, fc.integer(), ({ intervalMs, burst }, all, start) => {
        const { ask } = newServer({ intervalMs, burst });
        let [passed, answers] = [0, 0];
        for (const wait of all) {
          passed += wait;
          if (ask((start + passed) | 0) === ANSWER) answers++;
          expect(answers).toBeLessThanOrEqual(burst + passed / intervalMs + 1e-6);
        }
      }),
    );
  });

  it('a client that keeps to the interval always gets one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.array(fc.nat(10_000), { maxLength: 300 }),
        (intervalMs, more) => {
          const { ask } = newServer({ intervalMs, burst: 2 });
          let now = 0;
          for (const wait of more) {
            now += intervalMs + wait;
            expect(ask(now)).toBe(ANSWER);
          }
        },
      ),
    );
  });
});

describe('a flood from a million forged addresses', () => {
  it('leaves a client that behaves its answers', () => {
    const clients = openClientTable(newClientMemory(), Int32Array.of(-5, 17));
    const limit = { intervalMs: 2_000, burst: 8 };
    const dice = diceFrom(Int32Array.of(5, 6, 7, 8));
    const forged = new Int32Array(6);
    let [asked, answers] = [0, 0];
    for (let i = 0; i < 1_000_000; i++) {
      const now = Math.floor(i / 10); // 10 000 a second
      forged.set([4, roll(dice)]);
      admit(clients, touch(clients, forged, now, V4_CLIENT), limit, dice);
      if (i % 20_000 !== 0) continue; // our client, every 2 s
      asked++;
      if (admit(clients, touch(clients, CLIENT, now, V4_CLIENT), limit, dice) === ANSWER) answers++;
    }
    expect(answers / asked).toBeGreaterThanOrEqual(0.95);
  });

  it('in a client’s own name leaves it one answer in four', () => {
    const { ask } = newServer({ intervalMs: 2_000, burst: 8 });
    const dice = diceFrom(Int32Array.of(5, 6, 7, 8));
    let [asked, answers] = [0, 0];
    for (let i = 0; i < 200_000; i++) {
      const verdict = ask(Math.floor(i / 10), dice);
      if (i % 100 !== 50) continue;
      asked++;
      if (verdict === ANSWER) answers++;
    }
    expect(answers / asked).toBeGreaterThan(0.2);
  });
});

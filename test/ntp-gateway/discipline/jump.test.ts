import { describe, expect, it } from 'vitest';
import { monoNanos, unixNanos } from '#contract/time.ts';
import { hasJumped, takeLook } from '../../../ntp-gateway/discipline/jump.ts';

const look = (monoMs: number, wallMs: number) => ({
  now: monoNanos(BigInt(monoMs) * 1_000_000n),
  wall: unixNanos(BigInt(wallMs) * 1_000_000n),
});
const before = look(10_000, 50_000);

describe('jump', () => {
  it.each([
    { name: 'a second later', to: look(11_000, 51_000), jumped: false },
    { name: 'the wall slewed at chronyd’s fastest, 8.3 %', to: look(11_000, 51_083), jumped: false },
    { name: 'the wall set on by 0.3 s', to: look(11_000, 51_300), jumped: true },
    { name: 'the wall set back by an hour', to: look(11_000, 51_000 - 3_600_000), jumped: true },
    { name: 'asleep for an hour: the oscillator stood still', to: look(10_500, 50_500 + 3_600_000), jumped: true },
    { name: 'the oscillator went back: another machine', to: look(9_000, 51_000), jumped: true },
    { name: 'a busy minute without a look', to: look(70_000, 110_050), jumped: false },
  ])('$name', ({ to, jumped }) => {
    expect(hasJumped(before, to)).toBe(jumped);
  });
});

describe('a look', () => {
  /** Both clocks of one host; the process is stopped for `pauses[i]` ms just before the i-th reading. */
  const host = (pauses: Readonly<Record<number, number>>) => {
    let [ms, readings] = [0, 0];
    const read = (): number => {
      ms += 0.001 + (pauses[readings++] ?? 0);
      return Math.round(ms * 1e6);
    };
    return {
      mono: () => monoNanos(BigInt(read())),
      wall: () => unixNanos(BigInt(read() + 50_000_000_000)),
      readings: () => readings,
    };
  };
  const apart = ({ now, wall }: ReturnType<typeof takeLook>): number => Number(wall - now) - 50_000_000_000;

  it('reads both clocks once where nothing comes between', () => {
    const { mono, wall, readings } = host({});
    expect(Math.abs(apart(takeLook(mono, wall)))).toBeLessThan(10_000);
    expect(readings()).toBe(3);
  });

  it.each([1, 2])('takes no pause before reading %i for a jump', (reading) => {
    const { mono, wall } = host({ [reading]: 400 });
    expect(Math.abs(apart(takeLook(mono, wall)))).toBeLessThan(10_000);
  });

  it('gives the closest it had where it is held up each time, and an end', () => {
    const { mono, wall, readings } = host(Object.fromEntries(Array.from({ length: 99 }, (_, i) => [i, 300 - i])));
    expect(apart(takeLook(mono, wall))).toBeLessThan(600e6);
    expect(readings()).toBeLessThan(20);
  });
});

import { describe, expect, it } from 'vitest';
import { milliseconds, monoNanos, nanos, unixNanos } from '#contract/time.ts';
import { findJump, isHarmless, keepLook, takeLook } from '../../../ntp-gateway/discipline/jump.ts';

const look = (monoMs: number, wallMs: number, sleptMs?: number) => ({
  now: monoNanos(BigInt(monoMs) * 1_000_000n),
  wall: unixNanos(BigInt(wallMs) * 1_000_000n),
  ...(sleptMs !== undefined && { slept: milliseconds(sleptMs) }),
});
const HOUR = 3_600_000;

describe('jump', () => {
  it.each([
    { name: 'a second later', to: look(11_000, 51_000, 7) },
    { name: 'the wall slewed at chronyd’s fastest, 8.3 %', to: look(11_000, 51_083, 7) },
    { name: 'a busy minute without a look', to: look(70_000, 110_050, 7) },
    { name: 'the wall set on by 0.3 s', to: look(11_000, 51_300, 7), reason: 'wall-set', byMs: 300 },
    { name: 'the wall set back by an hour', to: look(11_000, 51_000 - HOUR, 7), reason: 'wall-set', byMs: -HOUR },
    { name: 'asleep for an hour', to: look(10_500, 50_500 + HOUR, 7 + HOUR), reason: 'slept', byMs: HOUR },
    { name: 'asleep for 2 ms', to: look(11_000, 51_002, 9), reason: 'slept', byMs: 2 },
    {
      name: 'asleep, and the wall set back by as much',
      to: look(10_500, 50_500, 7 + HOUR),
      reason: 'slept',
      byMs: HOUR,
    },
    { name: 'the oscillator went back: another machine', to: look(9_000, 51_000, 7), reason: 'went-back', byMs: 1_000 },
    { name: 'held up while it read its sleep', to: look(11_000, 51_000, 5) },
  ])('$name', ({ to, reason, byMs = 0 }) => {
    const jump = findJump(look(10_000, 50_000, 7), to);
    expect(jump).toEqual(reason && { reason, by: milliseconds(byMs) });
    if (jump) expect(isHarmless(jump)).toBe(reason === 'wall-set');
  });

  it.each([
    { name: 'a second later', to: look(11_000, 51_000) },
    { name: 'the wall slewed at chronyd’s fastest, 8.3 %', to: look(11_000, 51_083) },
    { name: 'the wall set on by 0.3 s', to: look(11_000, 51_300), reason: 'clocks-parted', byMs: 300 },
    { name: 'asleep for an hour', to: look(10_500, 50_500 + HOUR), reason: 'clocks-parted', byMs: HOUR },
    { name: 'the oscillator went back', to: look(9_000, 51_000), reason: 'went-back', byMs: 1_000 },
  ])('where the kernel does not count sleeps: $name', ({ to, reason, byMs = 0 }) => {
    const jump = findJump(look(10_000, 50_000), to);
    expect(jump).toEqual(reason && { reason, by: milliseconds(byMs) });
    if (jump) expect(isHarmless(jump)).toBe(false);
  });

  it('takes no sleep for a new one because it was held up in between', () => {
    const [before, heldUp, later] = [look(10_000, 50_000, 7), look(11_000, 51_000, 4), look(12_000, 52_000, 7)];
    expect(findJump(keepLook(before, heldUp), later)).toBeUndefined();
    expect(keepLook(undefined, before)).toEqual(before);
    expect(keepLook(heldUp, later)).toEqual(later);
  });
});

describe('a look', () => {
  /** The clocks of one host; the process is stopped for `pauses[i]` ms just before the i-th reading. */
  const host = (pauses: Readonly<Record<number, number>>) => {
    let [ms, readings] = [0, 0];
    const read = (): number => {
      ms += 0.001 + (pauses[readings++] ?? 0);
      return Math.round(ms * 1e6);
    };
    return {
      mono: () => monoNanos(BigInt(read())),
      wall: () => unixNanos(BigInt(read() + 50_000_000_000)),
      slept: () => nanos(read() - read() + 5_000_000),
      readings: () => readings,
    };
  };
  const apart = ({ now, wall }: ReturnType<typeof takeLook>): number => Number(wall - now) - 50_000_000_000;

  it('reads each clock once, and the oscillator around the wall, where nothing comes between', () => {
    const clocks = host({});
    const look = takeLook(clocks);
    expect(Math.abs(apart(look))).toBeLessThan(10_000);
    expect(look.slept).toBeCloseTo(5e6, -4);
    expect(clocks.readings()).toBe(6);
  });

  it.each([1, 2, 3, 4, 5])('takes no pause before reading %i for a jump', (reading) => {
    const look = takeLook(host({ [reading]: 400 }));
    expect(Math.abs(apart(look))).toBeLessThan(10_000);
    expect(look.slept).toBeCloseTo(5e6, -4);
  });

  it('gives the closest it had where it is held up each time, and an end', () => {
    const clocks = host(Object.fromEntries(Array.from({ length: 99 }, (_, i) => [i, 300 - i])));
    expect(apart(takeLook(clocks))).toBeLessThan(600e6);
    expect(clocks.readings()).toBeLessThan(30);
  });

  it('says nothing of sleep where there is no such clock', () => {
    const { slept: _, ...clocks } = host({});
    expect(takeLook(clocks)).not.toHaveProperty('slept');
  });
});

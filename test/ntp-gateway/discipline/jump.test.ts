import { describe, expect, it } from 'vitest';
import { monoNanos, unixNanos } from '#contract/time.ts';
import { hasJumped } from '../../../ntp-gateway/discipline/jump.ts';

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

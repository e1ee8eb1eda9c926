import { expect, it } from 'vitest';
import { keyedHash } from '../../../ntp-gateway/protocol/keyed-hash.ts';

it('is HalfSipHash-1-3, as the Linux kernel’s own test has it: key 00…07, message 00…07', () => {
  expect(keyedHash(0x03020100, 0x07060504, 0x03020100, 0x07060504) >>> 0).toBe(0x577999b1);
});

it('spreads addresses that stand side by side, whatever the key', () => {
  for (const key of [0, 1, -0x80000000]) {
    const sets = new Uint32Array(256);
    for (let i = 0; i < 25_600; i++) sets[keyedHash(key, ~key, 0x0a000000 + i, 0) & 0xff]!++;
    // A set holds 100 ± 10: none is beyond five times that.
    expect(Math.min(...sets)).toBeGreaterThan(50);
    expect(Math.max(...sets)).toBeLessThan(150);
  }
});

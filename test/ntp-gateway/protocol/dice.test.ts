import { expect, it } from 'vitest';
import { diceFrom, roll } from '../../../ntp-gateway/protocol/dice.ts';

it('rolls as Marsaglia’s xor128 does from the seed of his paper (2003, §4)', () => {
  const dice = diceFrom(Int32Array.of(123456789, 362436069, 521288629, 88675123));
  const rolls = Array.from({ length: 5 }, () => roll(dice) >>> 0);
  expect(rolls).toEqual([3701687786, 458299110, 2500872618, 3633119408, 516391518]);
});

it('does not stand still for want of a seed', () => {
  const dice = diceFrom(new Int32Array(4));
  expect(new Set(Array.from({ length: 100 }, () => roll(dice))).size).toBeGreaterThan(90);
});

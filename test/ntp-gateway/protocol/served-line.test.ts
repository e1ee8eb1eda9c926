import { describe, expect, it } from 'vitest';
import { ageOf, distanceAt, toldAt } from '../../../ntp-gateway/protocol/served-line.ts';
import { LINE } from '../../support/served-line.ts';

describe('a line’s time', () => {
  it.each([
    { name: 'then', seconds: 12_345_678, nanos: 999_999_999, age: 0, told: 250e6 - 83e6 },
    { name: '1 ns later, in the next second', seconds: 12_345_679, nanos: 0, age: 1, told: 250e6 - 83e6 + 1 + 0.083 },
    { name: 'half slewed', seconds: 12_345_679, nanos: 499_999_999, age: 0.5e9, told: 750e6 + 1e4 - 41.5e6 },
    { name: 'slewed', seconds: 12_345_680, nanos: 999_999_999, age: 2e9, told: 2_250e6 + 4e4 },
    { name: 'a little before', seconds: 12_345_678, nanos: 899_999_999, age: -0.1e9, told: 150e6 - 2e3 - 83e6 },
  ])('$name', ({ seconds, nanos, age, told }) => {
    expect(ageOf(LINE, seconds, nanos)).toBe(age);
    expect(toldAt(LINE, age)).toBeCloseTo(told, 3);
  });

  it.each([
    { name: 'then: behind by what is slewed', age: 0, distance: 5e6 + 83e6 },
    { name: 'slewed', age: 4e9, distance: 5e6 + 8e3 },
    { name: 'a little before: what is later could be earlier', age: -1e9, distance: 5e6 + 1e3 + 83e6 },
    { name: 'before a leap second', age: 10e9 - 1, distance: 5e6 + 2e4 },
    { name: 'at it', age: 10e9, distance: 1e9 + 3e6 + 1e4 },
  ])('distance $name', ({ age, distance }) => {
    expect(distanceAt(LINE, age)).toBeCloseTo(distance, 0);
  });
});

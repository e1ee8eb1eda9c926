import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeShmSample } from '../../../ntp-gateway/wire/shm-sample.ts';
import { shmCopy } from '../../support/clock-samples.ts';
import { inside } from '../../support/hex.ts';

const NOON = 1_795_348_800_000_000_000n; // 2026-11-22T12:00:00Z
const CLOCK = NOON + 250_000_017n;
const sample = { clock: CLOCK, received: NOON + 1_002_003n };

describe('a copy of the shared memory segment', () => {
  it.each([
    { name: 'in ns', fields: sample, time: CLOCK, wall: sample.received, step: 1 },
    {
      name: 'of an older driver, in µs',
      fields: { ...sample, clockNanos: 0, receivedNanos: 0 },
      time: NOON + 250_000_000n,
      wall: NOON + 1_002_000n,
      step: 1_000,
    },
    {
      name: 'where one half is in µs',
      fields: { ...sample, receivedNanos: 0xffffffff },
      time: CLOCK,
      wall: NOON + 1_002_000n,
      step: 1_000,
    },
  ])('says what true time was at a moment of the wall clock, $name', ({ fields, time, wall, step }) => {
    const value = { wall, time, leap: 'delete', step };
    expect(decodeShmSample(inside(shmCopy({ ...fields, leap: 2 })))).toEqual({ ok: true, value });
  });

  it('counts the driver’s writing in mode 1 alone', () => {
    expect(decodeShmSample(shmCopy({ ...sample, mode: 1, count: 4 }, 5))).toEqual({ ok: false, reason: 'torn' });
    expect(decodeShmSample(shmCopy({ ...sample, mode: 0, count: 4 }, 5)).ok).toBe(true);
  });

  it.each([
    ['length', shmCopy(sample).subarray(0, 96)],
    ['length', new Uint8Array(101)],
    ['mode', shmCopy({ ...sample, mode: 2 })],
    ['mode', shmCopy({ ...sample, mode: -1 })],
    ['stamp', shmCopy({ ...sample, receivedMicros: 1_000_000 })],
    ['stamp', shmCopy({ ...sample, receivedMicros: -1 })],
    ['stamp', shmCopy({ ...sample, clock: -1_000_000_000n, clockNanos: 0 })],
    ['stamp', shmCopy({ ...sample, received: 2n ** 62n * 2n })],
    ['leap', shmCopy({ ...sample, leap: 4 })],
    ['unsynchronized', shmCopy({ ...sample, leap: 3 })],
    ['date', shmCopy({ ...sample, clock: CLOCK - 1024n * 7n * 86_400_000_000_000n })],
  ])('is refused: %s', (reason, copy) => {
    expect(decodeShmSample(copy)).toEqual({ ok: false, reason });
  });

  it('is read or refused, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 100, maxLength: 100 }), fc.boolean(), (any, isTorn) => {
        any.set([Number(!isTorn), 0, 0, 0]);
        decodeShmSample(any);
      }),
    );
  });
});

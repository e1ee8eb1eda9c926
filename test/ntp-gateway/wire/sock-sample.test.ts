import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSockSample } from '../../../ntp-gateway/wire/sock-sample.ts';
import { sockSample, sockSampleAt } from '../../support/clock-samples.ts';
import { hex, inside } from '../../support/hex.ts';

const NOON = 1_795_348_800n; // 2026-11-22T12:00:00Z
const at = { seconds: NOON, microseconds: 250_001n };

describe('a datagram of the SOCK protocol', () => {
  // struct.pack('<qqdiiii', 1795327296, 250001, 0.25, 0, 1, 0, 0x534f434b) of Python. chronyd 4.3 takes this layout.
  const bytes = hex(`4085026b00000000 91d0030000000000 000000000000d03f 00000000 01000000 00000000 4b434f53`);

  it('says what true time was at a moment of the wall clock', () => {
    const wall = 1_795_327_296_250_001_000n;
    const value = { wall, time: wall + 250_000_000n, leap: 'insert', step: 1_000 };
    expect(decodeSockSample(inside(bytes))).toEqual({ ok: true, value });
  });

  it.each([
    { name: 'of a host that has just been switched on', seconds: 7n, offset: 1_795_348_793, time: 1_795_348_800n },
    { name: 'of a host that is ahead', seconds: NOON + 3_600n, offset: -3_600, time: NOON },
  ])('is read $name', ({ seconds, offset, time }) => {
    const sample = decodeSockSample(sockSample({ seconds, microseconds: 0n, offset }));
    expect(sample).toMatchObject({ ok: true, value: { wall: seconds * 1_000_000_000n, time: time * 1_000_000_000n } });
  });

  it.each([
    ['length', bytes.subarray(0, 39)],
    ['length', new Uint8Array(41)],
    ['length', new Uint8Array()],
    ['magic', sockSample({ ...at, offset: 0, magic: 0x4b434f53 })],
    ['pulse', sockSample({ ...at, offset: 0, pulse: 1 })],
    ['offset', sockSample({ ...at, offset: Number.NaN })],
    ['offset', sockSample({ ...at, offset: Number.POSITIVE_INFINITY })],
    ['offset', sockSample({ ...at, offset: -1e300 })],
    ['stamp', sockSample({ ...at, microseconds: 1_000_000n, offset: 0 })],
    ['stamp', sockSample({ ...at, microseconds: -1n, offset: 0 })],
    ['stamp', sockSample({ ...at, seconds: -1n, offset: 0 })],
    ['stamp', sockSample({ ...at, seconds: 2n ** 62n, offset: 0 })],
    ['leap', sockSample({ ...at, offset: 0, leap: 4 })],
    ['leap', sockSample({ ...at, offset: 0, leap: -1 })],
    ['unsynchronized', sockSample({ ...at, offset: 0, leap: 3 })],
    ['date', sockSample({ ...at, offset: -1024 * 7 * 86_400 })], // a GPS receiver's week number, rolled over
    ['date', sockSample({ ...at, seconds: 4_000_000_000n, offset: 4e9 })],
  ])('is refused: %s', (reason, datagram) => {
    expect(decodeSockSample(datagram)).toEqual({ ok: false, reason });
  });

  it('is read to the microsecond, whatever it holds', () => {
    const wallNs = fc.bigInt({ min: NOON * 1_000_000_000n, max: 2n * NOON * 1_000_000_000n });
    fc.assert(
      fc.property(wallNs, fc.integer({ min: -10_000, max: 10_000 }), (wall, ms) => {
        const sample = decodeSockSample(sockSampleAt(wall, ms / 1_000));
        if (!sample.ok) throw new Error(sample.reason);
        expect(sample.value.wall).toBe((wall / 1_000n) * 1_000n);
        expect(Math.abs(Number(sample.value.time - sample.value.wall) - ms * 1e6)).toBeLessThan(2);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (any) => void decodeSockSample(any)));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 40, maxLength: 40 }), (any) => {
        any.set([0, 0, 0, 0], 24);
        any.set([0x4b, 0x43, 0x4f, 0x53], 36);
        decodeSockSample(any);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { decodeTrailer, encodeTrailer } from '../../../ntp-gateway/wire/trailer.ts';
import { hex, inside } from '../../support/hex.ts';

const FIELD_16 = `0104 0010 ${'c1'.repeat(12)}`;
const FIELD_28 = `0204 001c ${'c2'.repeat(24)}`;
const MAC_20 = `0000 0007 ${'5a'.repeat(16)}`;
const MAC_24 = `0000 0007 ${'5a'.repeat(20)}`;
const field16 = { type: 0x0104, body: hex('c1'.repeat(12)) };
const field28 = { type: 0x0204, body: hex('c2'.repeat(24)) };
const mac20 = { keyId: 7, digest: hex('5a'.repeat(16)) };
const mac24 = { keyId: 7, digest: hex('5a'.repeat(20)) };

describe('what follows the header, RFC 7822 §7.5.1', () => {
  it.each([
    { name: 'nothing', wire: '', trailer: { extensions: [] } },
    { name: 'one field of 28 octets, the shortest without a MAC', wire: FIELD_28, trailer: { extensions: [field28] } },
    { name: 'two fields', wire: FIELD_16 + FIELD_28, trailer: { extensions: [field16, field28] } },
    { name: 'a MAC of 20 octets', wire: MAC_20, trailer: { extensions: [], mac: mac20 } },
    { name: 'a MAC of 24 octets', wire: MAC_24, trailer: { extensions: [], mac: mac24 } },
    { name: 'a field and a MAC', wire: FIELD_16 + MAC_20, trailer: { extensions: [field16], mac: mac20 } },
    {
      name: 'two fields and a MAC',
      wire: FIELD_28 + FIELD_16 + MAC_24,
      trailer: { extensions: [field28, field16], mac: mac24 },
    },
    { name: 'a crypto-NAK', wire: '0000 0000', trailer: { extensions: [], mac: { keyId: 0, digest: hex('') } } },
  ])('NTPv4, $name: the same bytes in and out', ({ wire, trailer }) => {
    expect(decodeTrailer(inside(hex(wire)), 4)).toEqual({ ok: true, value: trailer });
    expect(Uint8Array.from(encodeTrailer(trailer).flatMap((part) => [...part]))).toEqual(hex(wire));
  });

  it.each([1, 2, 3])('NTPv%i knows no fields: all is MAC', (version) => {
    const digest = '0104 0024'.repeat(4); // would be a field in NTPv4
    const value = { extensions: [], mac: { keyId: 0x0104_0014, digest: hex(digest) } };
    expect(decodeTrailer(hex(`0104 0014 ${digest}`), version)).toEqual({ ok: true, value });
    expect(decodeTrailer(hex(FIELD_28 + FIELD_28), version)).toMatchObject({ ok: true, value: { extensions: [] } });
  });

  it.each([
    { name: 'a last field of 16 octets without a MAC', wire: FIELD_16, reason: 'malformed-mac' },
    { name: 'a key id without a digest', wire: '0000 0001', reason: 'malformed-mac' },
    {
      name: 'a remainder of 8 octets behind a field',
      wire: `${FIELD_28} 0000 0001 0000 0002`,
      reason: 'malformed-mac',
    },
    { name: 'a remainder of 2 octets', wire: '0000', reason: 'malformed-mac' },
    { name: 'a field that does not end', wire: `0104 0020 ${'c1'.repeat(24)}`, reason: 'malformed-extension' },
    { name: 'zeros, as some pad with', wire: '00'.repeat(32), reason: 'malformed-extension' },
    { name: 'a broken second field', wire: `${FIELD_16} 0104 0001 ${'c1'.repeat(24)}`, reason: 'malformed-extension' },
    { name: 'more than any packet needs', wire: FIELD_16.repeat(129), reason: 'too-long' },
  ])('refuses $name', ({ wire, reason }) => {
    expect(decodeTrailer(inside(hex(wire)), 4)).toEqual({ ok: false, reason });
  });
});

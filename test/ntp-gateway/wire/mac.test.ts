import { describe, expect, it } from 'vitest';
import { decodeMac, encodeMac, isCryptoNak } from '../../../ntp-gateway/wire/mac.ts';
import { hex, inside } from '../../support/hex.ts';

describe('message authentication code, RFC 5905 §7.3', () => {
  it.each([
    { name: 'NTPv4, 128 bits (MD5, RFC 8573 AES-CMAC)', version: 4, keyId: 0x11223344, digest: '5a'.repeat(16) },
    { name: 'NTPv4, 160 bits (SHA-1)', version: 4, keyId: 0xf1223344, digest: '5a'.repeat(20) },
    { name: 'NTPv4, a crypto-NAK, §9.2', version: 4, keyId: 0, digest: '' },
    { name: 'NTPv3, 64 bits (RFC 1305 appendix C)', version: 3, keyId: 1, digest: '5a'.repeat(8) },
    { name: 'NTPv3, 512 bits', version: 3, keyId: 1, digest: '5a'.repeat(64) },
    { name: 'NTPv3, a crypto-NAK', version: 3, keyId: 0, digest: '' },
  ])('$name: the same bytes in and out', ({ version, keyId, digest }) => {
    const wire = hex(`${keyId.toString(16).padStart(8, '0')} ${digest}`);
    const mac = { keyId, digest: hex(digest) };
    expect(decodeMac(inside(wire), version)).toEqual({ ok: true, value: mac });
    expect(encodeMac(mac)).toEqual(wire);
    expect(isCryptoNak(mac)).toBe(digest === '');
  });

  it.each([
    { name: 'nothing', version: 4, wire: '' },
    { name: 'half a key id', version: 4, wire: '1122' },
    { name: 'a key id alone', version: 4, wire: '0000 0001' },
    { name: 'in NTPv4, a digest of 8 octets', version: 4, wire: `0000 0001 ${'5a'.repeat(8)}` },
    { name: 'in NTPv4, a digest of 24 octets', version: 4, wire: `0000 0001 ${'5a'.repeat(24)}` },
    { name: 'in NTPv3, a digest of 4 octets', version: 3, wire: `0000 0001 ${'5a'.repeat(4)}` },
    { name: 'in NTPv3, a digest of 18 octets', version: 3, wire: `0000 0001 ${'5a'.repeat(18)}` },
    { name: 'in NTPv3, a digest of 68 octets', version: 3, wire: `0000 0001 ${'5a'.repeat(68)}` },
  ])('refuses $name', ({ version, wire }) => {
    expect(decodeMac(inside(hex(wire)), version)).toEqual({ ok: false, reason: 'malformed-mac' });
  });
});

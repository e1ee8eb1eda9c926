import { describe, expect, it } from 'vitest';
import { decodeExtensionField, encodeExtensionField } from '../../../ntp-gateway/wire/extension-field.ts';
import { hex, inside } from '../../support/hex.ts';

describe('extension field, RFC 7822 §3', () => {
  it.each([
    { name: 'the shortest, 16 octets', wire: '1122 0010 3344 5566 7788 99aa bbcc ddee', type: 0x1122 },
    { name: 'a unique identifier, RFC 8915 §5.3', wire: `0104 0024 ${'a1b2 c3d4'.repeat(8)}`, type: 0x0104 },
  ])('$name: the same bytes in and out', ({ wire, type }) => {
    const field = { type, body: hex(wire).subarray(4) };
    expect(decodeExtensionField(inside(hex(wire)))).toEqual({ ok: true, value: field });
    expect(encodeExtensionField(field)).toEqual(hex(wire));
  });

  it('leaves what follows the field', () => {
    const decoded = decodeExtensionField(hex(`1122 0010 ${'33'.repeat(12)} 4444 5555`));
    expect(decoded).toEqual({ ok: true, value: { type: 0x1122, body: hex('33'.repeat(12)) } });
  });

  it.each([
    { name: 'nothing', wire: '' },
    { name: 'half a head', wire: '1122' },
    { name: 'a length of 0, which would never end', wire: `1122 0000 ${'33'.repeat(24)}` },
    { name: 'a length under 16', wire: `1122 000c ${'33'.repeat(24)}` },
    { name: 'a length that is no multiple of 4', wire: `1122 0012 ${'33'.repeat(24)}` },
    { name: 'a length beyond the datagram', wire: `1122 0014 ${'33'.repeat(12)}` },
    { name: 'the greatest length', wire: `1122 fffc ${'33'.repeat(24)}` },
  ])('refuses $name', ({ wire }) => {
    expect(decodeExtensionField(inside(hex(wire)))).toEqual({ ok: false, reason: 'malformed-extension' });
  });

  it.each([
    { name: 'a type over 16 bits', type: 0x1_0000, size: 12 },
    { name: 'a body too short', type: 1, size: 8 },
    { name: 'a body without its padding', type: 1, size: 13 },
    { name: 'a body too long', type: 1, size: 0x1_0000 },
  ])('refuses to write $name', ({ type, size }) => {
    expect(() => encodeExtensionField({ type, body: new Uint8Array(size) })).toThrow(RangeError);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64url, fromBase64url, fromUtf8, sha256, utf8 } from '#contract/web-platform.ts';

describe('base64url, RFC 4648 §5', () => {
  it.each([
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg'],
    ['fooba', 'Zm9vYmE'],
    ['foobar', 'Zm9vYmFy'],
  ])('§10: %j is %j', (text, encoded) => {
    expect(base64url(utf8(text))).toBe(encoded);
    expect(fromBase64url(encoded)).toEqual(utf8(text));
  });

  it.each(['Zh', 'Zm9', 'Z', 'Zg==', 'Zg=', 'Zm8+', 'Zm 8', 'Zm8\n'])('refuses %j', (text) => {
    expect(fromBase64url(text)).toBeUndefined();
  });

  it('has one spelling for each value', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64url(base64url(bytes))).toEqual(bytes);
      }),
    );
  });

  it('hashes as FIPS 180-4 says: "abc"', async () => {
    expect(await sha256('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
  });
});

describe('UTF-8', () => {
  it('goes there and back', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => fromUtf8(utf8(text)) === text));
  });

  it.each([
    { name: 'a lone continuation', bytes: [0x80] },
    { name: 'a sequence that breaks off', bytes: [0xe2, 0x82] },
    { name: 'an overlong slash', bytes: [0xc0, 0xaf] },
    { name: 'a surrogate', bytes: [0xed, 0xa0, 0x80] },
  ])('is strict: $name is refused', ({ bytes }) => {
    expect(fromUtf8(Uint8Array.from(bytes))).toBeUndefined();
  });
});

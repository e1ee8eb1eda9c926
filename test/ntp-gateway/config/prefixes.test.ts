import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../../../ntp-gateway/config/prefixes.ts';

describe('a network as people write it', () => {
  it.each([
    { text: '10.0.0.0/8', family: 4, words: [0x0a000000], length: 8 },
    { text: '0.0.0.0/0', family: 4, words: [0], length: 0 },
    { text: '192.0.2.7', family: 4, words: [0xc0000207], length: 32 },
    { text: '255.255.255.254/31', family: 4, words: [0xfffffffe], length: 31 },
    { text: '::/0', family: 6, words: [0, 0, 0, 0], length: 0 },
    { text: '2001:db8:1234::/47', family: 6, words: [0x20010db8, 0x12340000, 0, 0], length: 47 },
    { text: 'fe80::1', family: 6, words: [0xfe800000, 0, 0, 1], length: 128 },
    // RFC 4291 §2.5.5.2: an IPv4 client as an IPv6 socket may show it
    { text: '::ffff:10.0.0.0/104', family: 4, words: [0x0a000000], length: 8 },
    { text: '::ffff:0:0/96', family: 4, words: [0], length: 0 },
    { text: '::ffff:0:0/95', family: 6, words: undefined, length: undefined }, // a bit behind its length
    { text: '::fffe:0:0/95', family: 6, words: [0, 0, 0xfffe, 0], length: 95 }, // more than IPv4
  ])('$text', ({ text, family, words, length }) => {
    expect(parsePrefix(text)).toEqual(words && { family, words: words.map((word) => word | 0), length });
  });

  it.each([
    '',
    'lan',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/8.0',
    '10.0.0/8',
    '010.0.0.0/8',
    '10.0.0.1/8',
    '10.0.0.128/24',
    '::1/127',
    '::/129',
    'fd00::/0x8',
    ' ::1',
    '[::1]',
  ])('not "%s"', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });
});

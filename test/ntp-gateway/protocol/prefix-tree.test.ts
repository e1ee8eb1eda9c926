import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Prefix, parsePrefix } from '../../../ntp-gateway/config/prefixes.ts';
import { findLongest, plantTree } from '../../../ntp-gateway/protocol/prefix-tree.ts';
import { clientAddress } from '../../support/client-address.ts';

describe('the longest prefix that holds an address', () => {
  const tree = plantTree(
    ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '128.0.0.0/1', 'fd00::/8', 'fd00:0:0:1::/64', '2001:db8::1', '::/3'].map(
      (text, i) => ({ prefix: parsePrefix(text)!, value: i + 1 }),
    ),
  );

  it.each([
    ['10.2.3.4', 1],
    ['10.255.255.255', 1],
    ['11.0.0.0', 0],
    ['9.255.255.255', 0],
    ['10.1.0.0', 2],
    ['10.1.2.2', 2],
    ['10.1.2.3', 3],
    ['127.255.255.255', 0],
    ['128.0.0.0', 4],
    ['255.255.255.255', 4],
    ['fd00::1', 5],
    ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 5],
    ['fd00:0:0:1:8000::', 6],
    ['fd00:0:0:2::', 5],
    ['2001:db8::1', 7],
    ['2001:db8::2', 0],
    ['::1', 8],
    ['a00::', 8], // its first octets are those of 10.0.0.0
  ])('%s: %i', (address, value) => {
    expect(findLongest(tree, clientAddress(address))).toBe(value);
  });

  it('finds nothing in a tree of none, and all in a tree of everything', () => {
    const all = plantTree(['0.0.0.0/0', '::/0'].map((text, i) => ({ prefix: parsePrefix(text)!, value: i + 1 })));
    for (const [address, value] of [['192.0.2.1', 1] as const, ['2001:db8::', 2] as const]) {
      expect(findLongest(plantTree([]), clientAddress(address))).toBe(0);
      expect(findLongest(all, clientAddress(address))).toBe(value);
    }
  });

  it('is what looking through all of them finds', () => {
    const word = fc.oneof(fc.constantFrom(0, -1, 1, 0x0a000000, -0x80000000), fc.integer());
    const words = fc.tuple(word, word, word, word);
    const prefix = fc.tuple(fc.constantFrom(4, 6), words, fc.nat(128)).map(([family, all, bits]): Prefix => {
      const length = family === 4 ? bits % 33 : bits;
      const kept = all.slice(0, family === 4 ? 1 : 4).map((one, i) => masked(one, length - i * 32));
      return { family: family === 4 ? 4 : 6, words: kept, length };
    });
    fc.assert(
      fc.property(
        fc.array(prefix, { maxLength: 30 }),
        fc.array(words, { minLength: 1, maxLength: 20 }),
        (all, asked) => {
          const entries = all.map((one, i) => ({ prefix: one, value: i + 1 }));
          const planted = plantTree(entries);
          const inside = all.map(({ words: [a = 0, b = 0, c = 0, d = 0] }) => [a, b, c, d]);
          for (const address of [...asked, ...inside]) {
            for (const family of [4, 6]) {
              const longest = entries
                .filter(({ prefix: one }) => one.family === family && holds(one, address))
                .sort((a, b) => b.prefix.length - a.prefix.length || b.value - a.value)[0];
              expect(findLongest(planted, Int32Array.of(family, ...address, 0))).toBe(longest?.value ?? 0);
            }
          }
        },
      ),
    );
  });
});

/** The first `bits` of a word. */
const masked = (word: number, bits: number): number =>
  bits <= 0 ? 0 : bits >= 32 ? word : (word & ~(0xffffffff >>> bits)) | 0;

const holds = ({ words, length }: Prefix, address: readonly number[]): boolean =>
  words.every((word, i) => masked(address[i]!, length - i * 32) === word);

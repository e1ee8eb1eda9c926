import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCryptography } from '#native/cryptography.ts';
import {
  algorithmOfCookie,
  COOKIE_NONCE,
  cookieKeyId,
  cookieSizeOf,
  openCookie,
  writeCookie,
} from '../../../ntp-gateway/protocol/nts-cookie.ts';
import { AES_128_GCM_SIV, AES_SIV_CMAC_256, type AeadAlgorithm } from '../../../ntp-gateway/wire/nts.ts';
import { hex } from '../../support/hex.ts';
import { openByNode } from '../../support/node-cryptography.ts';

const [KEYS, COOKIE, OPENED, MASTER] = [0, 64, 200, 300];
const ID = 0xfedc_ba98;
const MASTER_KEY = hex(`${'11'.repeat(16)} ${'22'.repeat(16)}`);
const NONCE = hex('0123456789abcdef0123456789abcdef');

/** With one of ours in it, sealed for keys of 0x33… and 0x44…. */
const blockWith = (algorithm: AeadAlgorithm, keySize: number) => {
  const cryptography = openCryptography(400, 2, 0);
  const { octets } = cryptography;
  octets.set(MASTER_KEY, MASTER);
  cryptography.setKey(1, AES_SIV_CMAC_256, MASTER);
  octets.fill(0x33, KEYS, KEYS + keySize).fill(0x44, KEYS + keySize, KEYS + 2 * keySize);
  octets.set(NONCE, COOKIE + COOKIE_NONCE);
  const size = writeCookie(cryptography, 1, ID, algorithm, KEYS, COOKIE);
  return { cryptography, octets, size };
};

describe.each([
  { name: 'AES-SIV-CMAC-256', algorithm: AES_SIV_CMAC_256, keySize: 32, size: 100 },
  { name: 'AES-128-GCM-SIV', algorithm: AES_128_GCM_SIV, keySize: 16, size: 68 },
] as const)('a cookie for keys of $name', ({ algorithm, keySize, size }) => {
  it('is as long as its algorithm makes it, and no other', () => {
    expect(cookieSizeOf(algorithm)).toBe(size);
    expect(algorithmOfCookie(size)).toBe(algorithm);
    expect(blockWith(algorithm, keySize).size).toBe(size);
  });

  it('is key id, nonce and both keys, sealed with the id by AES-SIV-CMAC-256', () => {
    const { octets } = blockWith(algorithm, keySize);
    const cookie = octets.slice(COOKIE, COOKIE + size);
    const associated = cookie.subarray(0, 4);
    expect(associated).toEqual(hex('fedcba98'));
    expect(cookie.subarray(4, 20)).toEqual(NONCE);
    const sealing = { algorithm: AES_SIV_CMAC_256, key: MASTER_KEY, nonce: NONCE, associated } as const;
    const keys = hex('33'.repeat(keySize) + '44'.repeat(keySize));
    expect(openByNode(sealing, cookie.subarray(20))).toEqual(keys);
  });

  it('gives its keys back to who has the key', () => {
    const { cryptography, octets } = blockWith(algorithm, keySize);
    expect(cookieKeyId(cryptography, COOKIE)).toBe(ID | 0);
    expect(openCookie(cryptography, 1, COOKIE, size, OPENED)).toBe(true);
    expect(octets.slice(OPENED, OPENED + 2 * keySize)).toEqual(octets.slice(KEYS, KEYS + 2 * keySize));
  });

  it('does not, with any one bit altered or by another key', () => {
    const { cryptography, octets } = blockWith(algorithm, keySize);
    const isRefused = (bit: number): boolean => {
      octets[COOKIE + (bit >> 3)]! ^= 1 << (bit & 7);
      const opened = openCookie(cryptography, 1, COOKIE, size, OPENED);
      octets[COOKIE + (bit >> 3)]! ^= 1 << (bit & 7);
      return !opened;
    };
    fc.assert(fc.property(fc.nat(8 * size - 1), isRefused));
    octets[MASTER]! ^= 1;
    cryptography.setKey(0, AES_SIV_CMAC_256, MASTER);
    expect(openCookie(cryptography, 0, COOKIE, size, OPENED)).toBe(false);
  });
});

it.each([0, 4, 67, 69, 96, 99, 101, 104, 132])('no cookie of ours has %i octets', (size) => {
  expect(algorithmOfCookie(size)).toBeUndefined();
});

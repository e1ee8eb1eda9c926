import { describe, expect, it } from 'vitest';
import { openCryptography } from '#native/cryptography.ts';
import { SYMMETRIC_MEMORY, signRequest, verifyReply } from '../../../ntp-gateway/protocol/symmetric.ts';
import { inside } from '../../support/hex.ts';
import { digestByNode } from '../../support/node-cryptography.ts';
import { field, REPLY } from '../../support/nts-peer.ts';
import { MAC_ALGORITHMS, makeSymmetricKey } from '../../support/symmetric-keys.ts';

const cryptography = openCryptography(SYMMETRIC_MEMORY, 1, 1);
const HEADER = Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0x23 : 255 - i));
const ID = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);

describe.each(MAC_ALGORITHMS)('a MAC by %s', (algorithm) => {
  const key = makeSymmetricKey(0xdeadbeef, algorithm);
  const size = algorithm.startsWith('sha') ? 20 : 16;
  /** RFC 5905 §7.3 and RFC 8573 §3, cut to what RFC 7822 §7.5.1 leaves. */
  const digest = (bytes: Uint8Array, secret: Uint8Array = key.secret): Uint8Array =>
    digestByNode(algorithm, secret, bytes).subarray(0, size);
  const reply = (bytes: Uint8Array = REPLY) => Buffer.concat([bytes, ID, digest(bytes)]);
  const verify = (bytes: Uint8Array) => {
    const verified = verifyReply(key, new Uint8Array(bytes), cryptography);
    return verified.ok ? verified.value : verified.reason;
  };

  it('stands behind the request, with the key’s id in front', () => {
    const signed = signRequest(key, HEADER, cryptography);
    expect(signed).toEqual(new Uint8Array(Buffer.concat([HEADER, ID, digest(HEADER)])));
  });

  it('makes a reply authentic: of fields behind its header, which are, too, nothing is taken', () => {
    expect(verify(reply())).toEqual(REPLY);
    expect(verifyReply(key, inside(new Uint8Array(reply())), cryptography)).toEqual({ ok: true, value: REPLY });
    // In front of a MAC they may be as short as 16 octets, RFC 7822 §7.5.1; alone, one of 24 would be taken for a MAC.
    for (const body of [12, 20, 24])
      expect(verify(reply(Buffer.concat([REPLY, field(0x0601, new Uint8Array(body))])))).toEqual(REPLY);
  });

  it('refuses a reply with any one bit altered', () => {
    const bytes = reply();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Uint8Array.from(bytes);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      expect(verify(altered)).toBeTypeOf('string');
    }
  });

  it.each<{ name: string; word: string; bytes: Uint8Array }>([
    { name: 'nothing', word: 'unauthenticated', bytes: new Uint8Array() },
    { name: 'no MAC', word: 'unauthenticated', bytes: REPLY },
    {
      name: 'a field in place of the MAC',
      word: 'unauthenticated',
      bytes: Buffer.concat([REPLY, field(0x0204, new Uint8Array(24))]),
    },
    { name: 'a crypto-NAK', word: 'crypto-nak', bytes: Buffer.concat([REPLY, new Uint8Array(4)]) },
    { name: 'half a MAC', word: 'unauthenticated', bytes: reply().subarray(0, 60) },
    { name: 'more than any packet holds', word: 'unauthenticated', bytes: reply(new Uint8Array(4000).fill(0x24)) },
    {
      name: 'another of our keys',
      word: 'wrong-key',
      bytes: Buffer.concat([REPLY, Uint8Array.of(0, 0, 0, 7), digest(REPLY)]),
    },
    {
      name: 'another secret',
      word: 'bad-mac',
      bytes: Buffer.concat([REPLY, ID, digest(REPLY, key.secret.toReversed())]),
    },
    { name: 'the request’s MAC', word: 'bad-mac', bytes: Buffer.concat([REPLY, ID, digest(HEADER)]) },
    {
      name: 'a digest that is cut, or goes on',
      word: 'bad-mac',
      bytes: Buffer.concat([REPLY, ID, Buffer.concat([digest(REPLY), new Uint8Array(4)]).subarray(0, 36 - size)]),
    },
  ])('refuses a reply with $name: $word', ({ word, bytes }) => {
    expect(verify(bytes)).toBe(word);
  });
});

/** Requests with a MAC to the responder, RFC 5905 §7.3 and RFC 8573. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, nanos, seconds, unixNanos } from '#contract/time.ts';
import type { MacAlgorithm } from '../../../ntp-gateway/config.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import type { ServerKeys, SymmetricKey } from '../../../ntp-gateway/protocol/server-keys.ts';
import { decodePacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { unixFromNtp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { makeAnswering } from '../../support/answering.ts';
import { clockOf, DRAWN } from '../../support/clock.ts';
import { hex, inside } from '../../support/hex.ts';
import { digestByNode } from '../../support/node-cryptography.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { concat, field } from '../../support/nts-asking.ts';
import { NO_SERVER } from '../../support/server-config.ts';

const key = (id: number, algorithm: MacAlgorithm, size: number): SymmetricKey => ({
  id,
  algorithm,
  secret: new Uint8Array(size).fill(id & 0xff).fill(0x22, 1),
});
const [CMAC, CMAC_256, SHA256, SHA1, MD5] = [
  key(1, 'aes-128-cmac', 16),
  key(2, 'aes-256-cmac', 32),
  key(3, 'sha256', 20),
  key(4, 'sha1', 20),
  key(0xffff_fffe, 'md5', 8),
] as const;
const KEYS: ServerKeys = { symmetric: [CMAC, CMAC_256, SHA256, SHA1, MD5], cookies: [] };

const serverOf = (keys = KEYS, config = NO_SERVER) => {
  const lines = newLineMemory();
  const look = { now: DRAWN, wall: unixNanos(NOON) };
  writeLine(lines, servedLine(clockOf(NOON), look, -25, 1));
  return makeAnswering(lines, config, keys);
};
const ask = (server: ReturnType<typeof serverOf>, request: Uint8Array) =>
  server.ask(inside(request), DRAWN, after(DRAWN, nanos(40_000)));

const NONCE = 'f1e2d3c4b5a69788';
const header = (version: number): Uint8Array =>
  hex(`${((version << 3) | 3).toString(16).padStart(2, '0')} 00 06 20 ${'00'.repeat(36)} ${NONCE}`);

/** @param size - octets of the digest that are sent. */
const signed = (bytes: Uint8Array, { id, algorithm, secret }: SymmetricKey, size = 64): Uint8Array =>
  concat(
    bytes,
    Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id),
    digestByNode(algorithm, secret, bytes).subarray(0, size),
  );

const readSigned = (bytes: Uint8Array | undefined, signer: SymmetricKey, size: number) => {
  if (!bytes) throw new Error('no reply');
  const at = bytes.length - size - 4;
  expect(bytes).toEqual(signed(bytes.subarray(0, at), signer, size));
  const packet = decodePacket(bytes);
  if (!packet.ok) throw new Error(packet.reason);
  return packet.value;
};

describe('a request with a MAC is answered with one by the same key', () => {
  it.each([
    ...[1, 2, 3, 4].flatMap((version) => [
      { version, name: 'AES-128-CMAC', by: CMAC, size: 16 },
      { version, name: 'AES-256-CMAC', by: CMAC_256, size: 16 },
      { version, name: 'SHA-256, cut', by: SHA256, size: 20 },
      { version, name: 'SHA-1', by: SHA1, size: 20 },
      { version, name: 'MD5', by: MD5, size: 16 },
    ]),
    { version: 3, name: 'all of SHA-256, as chronyd sends it', by: SHA256, size: 32 },
  ])('NTPv$version, $name', ({ version, by, size }) => {
    const server = serverOf();
    const request = signed(header(version), by, size);
    const bytes = ask(server, request);
    const reply = readSigned(bytes, by, size);
    expect(bytes!.length).toBe(request.length);
    expect(reply).toMatchObject({ version, mode: 4, leap: 'none', stratum: 2, originTimestamp: BigInt(`0x${NONCE}`) });
    expect(unixFromNtp(reply.transmitTimestamp, NOON)).toBe(NOON + 40_000n);
    expect(server.server.counters()).toEqual({ served: 1, interleaved: 0, authenticated: 1, kissed: 0, dropped: {} });
  });

  it('of the header and the fields in front of it, which are not sent back', () => {
    const request = signed(
      concat(header(4), field(0x1234, new Uint8Array(28)), field(0x0104, new Uint8Array(32))),
      CMAC,
    );
    const bytes = ask(serverOf(), request);
    expect(readSigned(bytes, CMAC, 16).extensions).toEqual([]);
    expect(bytes!.length).toBe(48 + 20);
  });

  it('even where it says RATE', () => {
    const server = serverOf(KEYS, { ...NO_SERVER, rateLimit: { interval: seconds(2), burst: 1, exempt: [] } });
    const replies = Array.from({ length: 100 }, () => ask(server, signed(header(4), SHA1))).filter(Boolean);
    const kisses = replies.map((bytes) => readSigned(bytes, SHA1, 20)).filter(({ stratum }) => stratum === 0);
    const { served, authenticated, kissed } = server.server.counters();
    expect([kisses.length, authenticated]).toEqual([kissed, served]);
    expect(kissed).toBeGreaterThan(0);
  });

  it('each in a batch', () => {
    const signers = [CMAC, SHA256, MD5, CMAC_256, SHA1];
    const requests = signers.map((by) => signed(header(4), by, 20));
    const replies = serverOf().askAll(requests, DRAWN);
    signers.forEach((by, i) => void readSigned(replies[i], by, requests[i]!.length - 52));
  });

  it('for as long as its key is ours', () => {
    const server = serverOf();
    server.followKeys({ symmetric: [SHA1, CMAC], cookies: [] });
    readSigned(ask(server, signed(header(4), CMAC)), CMAC, 16);
    readSigned(ask(server, signed(header(4), SHA1)), SHA1, 20);
    expect(ask(server, signed(header(4), MD5))).toBeUndefined();
    server.followKeys({ symmetric: [], cookies: [] });
    expect(ask(server, signed(header(4), CMAC))).toBeUndefined();
    expect(server.server.counters().dropped).toEqual({ 'unknown-key': 2 });
  });
});

const altered = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes.at(at)! ^ 1);

describe('a request with a MAC that is not right is dropped, and no crypto-NAK sent', () => {
  it.each([
    { name: 'an altered digest', request: altered(signed(header(4), CMAC), -1), word: 'bad-mac' },
    { name: 'an altered header', request: altered(signed(header(4), CMAC), 47), word: 'bad-mac' },
    { name: 'another key’s digest', request: signed(header(4), { ...SHA1, id: CMAC.id }, 16), word: 'bad-mac' },
    {
      name: 'another key of the same kind',
      request: signed(header(4), { ...CMAC, secret: new Uint8Array(16) }),
      word: 'bad-mac',
    },
    { name: 'a digest cut short', request: signed(header(3), SHA1, 16), word: 'bad-mac' },
    { name: 'one of SHA-256 cut short', request: signed(header(3), SHA256, 16), word: 'bad-mac' },
    {
      name: 'one that is longer than it should be',
      request: concat(signed(header(3), CMAC), new Uint8Array(4)),
      word: 'bad-mac',
    },
    { name: 'a key that is not ours', request: signed(header(4), { ...CMAC, id: 9 }), word: 'unknown-key' },
    { name: 'a crypto-NAK', request: concat(header(4), new Uint8Array(4)), word: 'unknown-key' },
    { name: 'the same in NTPv3', request: concat(header(3), new Uint8Array(4)), word: 'unknown-key' },
    {
      name: 'none, as Windows asks for one (MS-SNTP)',
      request: concat(header(3), hex(`0000 0001 ${'00'.repeat(16)}`)),
      word: 'bad-mac',
    },
  ])('$name: $word', ({ request, word }) => {
    const server = serverOf();
    expect(ask(server, request)).toBeUndefined();
    expect(server.server.counters()).toMatchObject({ served: 0, authenticated: 0, dropped: { [word]: 1 } });
  });

  it('with any one bit altered', () => {
    const server = serverOf();
    const request = signed(header(4), SHA256, 20);
    const isRefused = (bit: number): boolean => {
      const bytes = request.with(bit >> 3, request[bit >> 3]! ^ (1 << (bit & 7)));
      return ask(server, bytes) === undefined;
    };
    fc.assert(fc.property(fc.nat(8 * request.length - 1), isRefused), { numRuns: 400 });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nanos } from '#contract/time.ts';
import { decodePacket, encodePacket, type NtpPacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { nanosFromShort, ntpTimestamp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { hex, inside } from '../../support/hex.ts';
import { ntpReply } from '../../support/ntp-reply.ts';

/** RFC 5905 §7.3 figure 8, every octet its own: a swapped field cannot pass. */
const FIGURE_8 = `
  dc 01 0a ec                    LI 3, VN 3, mode 4 | stratum 1 | poll 10 | precision -20
  11121314                       root delay
  21222324                       root dispersion
  31323334                       reference id
  4142434445464748               reference timestamp
  5152535455565758               origin timestamp
  6162636465666768               receive timestamp
  7172737475767778               transmit timestamp
`.replaceAll(/ {5,}[^\n]*/g, '');

const figure8: NtpPacket = {
  leap: 'unknown',
  version: 3,
  mode: 4,
  stratum: 1,
  poll: 10,
  precision: -20,
  rootDelay: nanosFromShort(0x11121314),
  rootDispersion: nanosFromShort(0x21222324),
  referenceId: 0x31323334,
  referenceTimestamp: ntpTimestamp(0x4142434445464748n),
  originTimestamp: ntpTimestamp(0x5152535455565758n),
  receiveTimestamp: ntpTimestamp(0x6162636465666768n),
  transmitTimestamp: ntpTimestamp(0x7172737475767778n),
  extensions: [],
};

const header = (first: string): string => `${first} 02 06 e8 ${'00'.repeat(44)}`;

describe('NTP packet, RFC 5905 §7.3', () => {
  it('reads and writes every field in its place', () => {
    expect(hex(FIGURE_8)).toHaveLength(48);
    expect(decodePacket(inside(hex(FIGURE_8)))).toEqual({ ok: true, value: figure8 });
    expect(encodePacket(figure8)).toEqual(hex(FIGURE_8));
  });

  it.each([
    { name: 'an SNTP client’s request, RFC 4330 §5', first: '23', leap: 'none', version: 4, mode: 3 },
    { name: 'NTPv1', first: '0b', leap: 'none', version: 1, mode: 3 },
    { name: 'NTPv2, a control message', first: '16', leap: 'none', version: 2, mode: 6 },
    { name: 'a 61st second', first: '64', leap: 'insert', version: 4, mode: 4 },
    { name: 'a minute of 59 seconds', first: 'a4', leap: 'delete', version: 4, mode: 4 },
    { name: 'unsynchronized', first: 'e4', leap: 'unknown', version: 4, mode: 4 },
  ] as const)('first octet: $name', ({ first, leap, version, mode }) => {
    const decoded = decodePacket(hex(header(first)));
    expect(decoded).toMatchObject({ ok: true, value: { leap, version, mode, stratum: 2, poll: 6, precision: -24 } });
    expect(decoded.ok && encodePacket(decoded.value)).toEqual(hex(header(first)));
  });

  it('reads polls and precisions with their sign, everything else without', () => {
    expect(decodePacket(hex(`24 ff fd 7f ${'ff'.repeat(44)}`))).toMatchObject({
      ok: true,
      value: {
        stratum: 255,
        poll: -3,
        precision: 127,
        rootDelay: 0xffff_ffff * (1e9 / 65_536),
        rootDispersion: 0xffff_ffff * (1e9 / 65_536),
        referenceId: 0xffff_ffff,
        transmitTimestamp: 0xffff_ffff_ffff_ffffn,
      },
    });
  });

  it.each([
    { name: 'nothing', wire: '', reason: 'too-short' },
    { name: '47 octets', wire: header('24').slice(0, -2), reason: 'too-short' },
    { name: 'version 0', wire: header('04'), reason: 'version' },
    { name: 'version 5', wire: header('2b'), reason: 'version' },
    { name: 'version 7', wire: header('3c'), reason: 'version' },
    { name: 'an octet too many', wire: `${header('24')} 00`, reason: 'malformed-mac' },
    { name: 'a broken extension field', wire: header('24') + '00'.repeat(28), reason: 'malformed-extension' },
    { name: 'a very long datagram', wire: header('24') + '00'.repeat(60_000), reason: 'too-long' },
  ])('refuses $name', ({ wire, reason }) => {
    expect(decodePacket(inside(hex(wire)))).toEqual({ ok: false, reason });
  });

  it.each([0, 5, 8])('refuses to write version %i', (version) => {
    expect(() => encodePacket(ntpReply({ version }))).toThrow(RangeError);
  });

  const REQUIRED = Object.keys(figure8) as (keyof typeof figure8)[];
  const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
  const int8 = fc.integer({ min: -128, max: 127 });
  const timestamp = fc.bigInt(0n, (1n << 64n) - 1n).map(ntpTimestamp);
  const short = uint(32).map((units) => nanos(nanosFromShort(units)));
  const body = fc
    .uint8Array({ minLength: 6, maxLength: 30 })
    .map((some) => Uint8Array.from([...some, ...some, ...some, ...some]));
  const packets: fc.Arbitrary<NtpPacket> = fc.record(
    {
      leap: fc.constantFrom('none', 'insert', 'delete', 'unknown'),
      version: fc.constant(4),
      mode: uint(3),
      stratum: uint(8),
      poll: int8,
      precision: int8,
      rootDelay: short,
      rootDispersion: short,
      referenceId: uint(32),
      referenceTimestamp: timestamp,
      originTimestamp: timestamp,
      receiveTimestamp: timestamp,
      transmitTimestamp: timestamp,
      extensions: fc.array(fc.record({ type: uint(16), body }), { maxLength: 5 }),
      mac: fc.record({
        keyId: uint(32),
        digest: fc.constantFrom(16, 20).map((size) => new Uint8Array(size).fill(size)),
      }),
    },
    { noNullPrototype: true, requiredKeys: REQUIRED },
  );

  it('gives back whatever it was given', () => {
    const isGivenBack = (packet: NtpPacket): void => {
      expect(decodePacket(inside(encodePacket(packet)))).toEqual({ ok: true, value: packet });
    };
    fc.assert(fc.property(packets, isGivenBack));
  });

  it('never throws, and what it takes it writes again octet for octet', () => {
    const survives = (bytes: Uint8Array): void => {
      const decoded = decodePacket(bytes);
      if (decoded.ok) expect(encodePacket(decoded.value)).toEqual(Uint8Array.from(bytes));
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives));
    const mutated = fc
      .tuple(packets, fc.array(fc.tuple(fc.nat(), uint(8)), { maxLength: 3 }), fc.nat())
      .map(([packet, changes, cut]) => {
        const bytes = encodePacket(packet);
        for (const [at, octet] of changes) bytes[at % bytes.length] = octet;
        return cut % 4 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes;
      });
    fc.assert(fc.property(mutated, survives));
  });
});

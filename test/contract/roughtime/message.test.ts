import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import {
  ANY_SIZE,
  decodeMessage,
  encodeMessage,
  findValue,
  readValues,
  TAG,
  type Tag,
} from '#contract/roughtime/message.ts';
import { decodePacket, encodePacket, MAX_PACKET_BYTES, packetSize } from '#contract/roughtime/packet.ts';
import type { Bytes } from '#contract/web-platform.ts';
import { hex, inside } from '../../support/hex.ts';
import { assemble, type Parts, packet } from './forge.ts';

const TAGS = Object.keys(TAG) as Tag[];
const parts: fc.Arbitrary<Parts> = fc.dictionary(
  fc.constantFrom(...TAGS),
  fc.nat(5).chain((size) => fc.uint8Array({ minLength: 4 * size, maxLength: 4 * size })),
  { minKeys: 1 },
);

describe('tags', () => {
  it.each(TAGS)('%s: RFC 10049 §4.1.3, its letters, the first in the least significant byte', (tag) => {
    const letters = hex('00000000');
    letters.set([...tag].map((letter) => letter.charCodeAt(0)));
    expect(new DataView(letters.buffer).getUint32(0, true)).toBe(TAG[tag]);
  });

  it('stand in the order in which they are written', () => {
    const numbers = Object.values(TAG);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });
});

describe('a message, RFC 10049 §4', () => {
  it.each([
    { name: 'one pair', values: { NONC: hex('11111111') }, wire: '01000000 4e4f4e43 11111111' },
    {
      name: 'three, of which the first is empty',
      values: { TYPE: hex('22222222 33333333'), VER: hex(''), PATH: hex('44444444') },
      wire: '03000000 00000000 08000000 56455200 54595045 50415448 22222222 33333333 44444444',
    },
  ])('$name: the same bytes in and out', ({ values, wire }) => {
    expect(encodeMessage(values)).toEqual(hex(wire));
    const message = decodeMessage(inside(hex(wire)) as Bytes);
    const read = (tag: Tag) => message.ok && findValue(message.value, tag);
    for (const [tag, value] of Object.entries(values)) expect(read(tag as Tag)).toEqual(value);
    expect(read('ZZZZ')).toBeUndefined();
  });

  it('is what the text of the RFC makes it', () => {
    fc.assert(
      fc.property(parts, (values) => {
        const bytes = encodeMessage(values as Record<Tag, Uint8Array>);
        expect(bytes).toEqual(assemble(values));
        const sizes = Object.fromEntries(Object.keys(values).map((tag) => [tag, ANY_SIZE])) as Record<Tag, number>;
        const message = decodeMessage(bytes);
        expect(message.ok && readValues(message.value, sizes)).toEqual(ok({ ...values }));
      }),
    );
  });

  it('may hold tags that nobody knows', () => {
    const message = decodeMessage(assemble({ AAAA: hex('11111111'), TYPE: hex('22222222'), ZZZY: hex('') }));
    expect(message.ok && findValue(message.value, 'TYPE')).toEqual(hex('22222222'));
  });

  it.each([
    { name: 'nothing', wire: '', detail: 'header' },
    { name: 'half a number', wire: '0100', detail: 'header' },
    { name: 'no pair', wire: '00000000', detail: 'header' },
    { name: 'a pair without a tag', wire: '01000000', detail: 'header' },
    { name: 'more pairs than bytes', wire: 'ffffffff 4e4f4e43', detail: 'header' },
    { name: '2^29 pairs, whose header overflows 32 bits', wire: '00000020 4e4f4e43', detail: 'header' },
    { name: 'an offset beyond the end', wire: '02000000 08000000 56455200 4e4f4e43 11111111', detail: 'offsets' },
    { name: 'an odd offset', wire: '02000000 02000000 56455200 4e4f4e43 11111111', detail: 'offsets' },
    {
      name: 'offsets that go back',
      wire: '03000000 04000000 00000000 56455200 4e4f4e43 54595045 11111111',
      detail: 'offsets',
    },
    { name: 'a tag twice', wire: '02000000 00000000 4e4f4e43 4e4f4e43', detail: 'tags' },
    { name: 'tags that descend', wire: '02000000 00000000 4e4f4e43 56455200', detail: 'tags' },
  ])('is refused: $name', ({ wire, detail }) => {
    expect(decodeMessage(hex(wire))).toEqual(refuse('malformed', detail));
  });

  it('is refused where a value that is wanted is missing or of another size', () => {
    const message = decodeMessage(assemble({ TYPE: hex('11111111') }));
    if (!message.ok) throw new Error(message.reason);
    expect(readValues(message.value, { TYPE: 4, NONC: 32 })).toEqual(refuse('malformed', 'NONC'));
    expect(readValues(message.value, { TYPE: 8 })).toEqual(refuse('malformed', 'TYPE'));
  });

  it('is not written with a value that would put the next one at an odd place', () => {
    expect(() => encodeMessage({ TYPE: hex('11') })).toThrow(RangeError);
  });
});

describe('a packet, RFC 10049 §5', () => {
  const wire = '524f55474854494d 0c000000 01000000 4e4f4e43 11111111';

  it('is a message behind eight letters and a length', () => {
    expect(encodePacket({ NONC: hex('11111111') })).toEqual(hex(wire));
    const message = decodePacket(inside(hex(wire)) as Bytes);
    expect(message.ok && findValue(message.value, 'NONC')).toEqual(hex('11111111'));
  });

  it.each([
    { name: 'nothing', bytes: hex(''), refusal: refuse('malformed', 'header') },
    { name: 'other letters', bytes: hex(wire.replace('52', '53')), refusal: refuse('malformed', 'ROUGHTIM') },
    { name: 'other letters behind', bytes: hex(wire.replace('4d', '4e')), refusal: refuse('malformed', 'ROUGHTIM') },
    { name: 'a byte too many', bytes: hex(`${wire} 00`), refusal: refuse('malformed', 'length') },
    { name: 'a byte too few', bytes: hex(wire).slice(0, -1), refusal: refuse('malformed', 'length') },
    { name: 'more than any', bytes: packet(new Uint8Array(MAX_PACKET_BYTES)), refusal: refuse('too-long') },
  ])('is refused: $name', ({ bytes, refusal }) => {
    expect(decodePacket(bytes)).toEqual(refusal);
  });

  it('is cut from a stream', () => {
    const stream = hex(`${wire} 524f5547`);
    expect(packetSize(stream)).toEqual(ok(24));
    expect(packetSize(stream.subarray(24))).toEqual(refuse('incomplete', 'header'));
    expect(packetSize(hex('524f554748544949 00000000'))).toEqual(refuse('malformed', 'ROUGHTIM'));
    expect(packetSize(hex('524f55474854494d ffffffff'))).toEqual(refuse('too-long'));
  });

  it('is never thrown at: any bytes, and any bytes behind a good head', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const candidate of [decodePacket(Uint8Array.from(bytes)), decodePacket(packet(bytes))])
          if (candidate.ok) for (const tag of TAGS) findValue(candidate.value, tag);
      }),
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeRecords, MOST_OCTETS, type NtsRecord } from '../../../ntp-gateway/wire/nts-record.ts';
import { hex, inside } from '../../support/hex.ts';

const END = '8000 0000';

const someRecord: fc.Arbitrary<NtsRecord> = fc.record({
  critical: fc.boolean(),
  type: fc.integer({ min: 1, max: 0x7fff }),
  body: fc.uint8Array({ maxLength: 50 }),
});
const someRecords = fc.array(someRecord, { maxLength: 20 });

describe('a message of records, RFC 8915 §4', () => {
  it.each([
    { name: 'End of Message alone, §4.1.1', wire: '', records: [] },
    {
      name: 'Next Protocol NTPv4, §4.1.2',
      wire: '8001 0002 0000',
      records: [{ critical: true, type: 1, body: hex('0000') }],
    },
    {
      name: 'AEAD AES-SIV-CMAC-256 without the critical bit, §4.1.5',
      wire: '0004 0002 000f',
      records: [{ critical: false, type: 4, body: hex('000f') }],
    },
    {
      name: 'the largest type, and two records in their order',
      wire: 'ffff 0003 112233 7fff 0000',
      records: [
        { critical: true, type: 0x7fff, body: hex('112233') },
        { critical: false, type: 0x7fff, body: hex('') },
      ],
    },
  ])('$name: the same octets in and out', ({ wire, records }) => {
    expect(decodeMessage(inside(hex(wire + END)))).toEqual({ ok: true, value: records });
    expect(encodeRecords(records)).toEqual(hex(wire + END));
  });

  it.each([
    { name: 'an octet behind End of Message', wire: `${END} 00`, reason: 'malformed' },
    { name: 'a record behind End of Message', wire: `${END} 8001 0002 0000`, reason: 'malformed' },
    { name: 'End of Message twice', wire: END + END, reason: 'malformed' },
    { name: 'End of Message with a body', wire: '8000 0001 00', reason: 'malformed' },
    { name: 'End of Message with a body that has yet to come', wire: '8000 0001', reason: 'malformed' },
    { name: 'End of Message that is not critical', wire: '0000 0000', reason: 'malformed' },
    { name: 'a record that will not fit, at its header', wire: '0400 4000', reason: 'too-long' },
    {
      name: 'a record that leaves no room for End of Message',
      wire: `0400 3ffc ${'00'.repeat(16380)}`,
      reason: 'too-long',
    },
    { name: 'empty records by the hundred', wire: '0400 0000'.repeat(257) + END, reason: 'too-long' },
  ])('refuses $name', ({ wire, reason }) => {
    expect(decodeMessage(inside(hex(wire)))).toEqual({ ok: false, reason });
  });

  it('takes the largest message and the most records that are allowed', () => {
    const largest = hex(`0400 3ff8 ${'00'.repeat(16376)} ${END}`);
    expect(largest).toHaveLength(MOST_OCTETS);
    expect(decodeMessage(largest)).toMatchObject({ ok: true });
    expect(decodeMessage(hex('0400 0000'.repeat(256) + END))).toMatchObject({ ok: true });
  });

  it('gives back what was written, and waits after each of its octets', () => {
    fc.assert(
      fc.property(someRecords, (records) => {
        const bytes = encodeRecords(records);
        expect(decodeMessage(inside(bytes))).toEqual({ ok: true, value: records });
        for (let size = 0; size < bytes.length; size++) expect(decodeMessage(bytes.subarray(0, size))).toBeUndefined();
      }),
    );
  });

  it('never changes its mind about a refusal when more octets come', () => {
    const octets = fc.oneof(fc.uint8Array({ maxLength: 200 }), someRecords.map(encodeRecords));
    fc.assert(
      fc.property(octets, fc.uint8Array({ maxLength: 20 }), (bytes, more) => {
        const before = decodeMessage(bytes);
        if (before?.ok === false) expect(decodeMessage(Buffer.concat([bytes, more]))).toEqual(before);
      }),
    );
  });

  it.each([
    { name: 'a type of more than 15 bits', records: [{ critical: false, type: 0x8000, body: hex('') }] },
    {
      name: 'more octets than a message has',
      records: [{ critical: false, type: 5, body: new Uint8Array(MOST_OCTETS - 7) }],
    },
  ])('does not write $name', ({ records }) => {
    expect(() => encodeRecords(records)).toThrow(RangeError);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreementRecords, judgeRequest, refusalRecords } from '../../../ntp-gateway/protocol/key-exchange-server.ts';
import { decodeMessage, encodeRecords, type NtsRecord } from '../../../ntp-gateway/wire/nts-record.ts';
import { hex } from '../../support/hex.ts';

const END = '8000 0000';
const NTPV4 = '8001 0002 0000';
const SIV = '8004 0002 000f';
const GCM = '8004 0002 001e';
const COMPLIANT = '0400 0000';

const recordsOf = (wire: string): readonly NtsRecord[] => {
  const decoded = decodeMessage(hex(wire + END));
  if (!decoded?.ok) throw new Error(`no message: ${wire}`);
  return decoded.value;
};

describe('a request, RFC 8915 §4', () => {
  it.each([
    { name: 'AES-SIV-CMAC-256', wire: NTPV4 + SIV, algorithm: 15, isCompliant: false },
    { name: 'records the other way round', wire: SIV + NTPV4, algorithm: 15, isCompliant: false },
    {
      name: 'AEAD record that is not critical, §4.1.5',
      wire: `${NTPV4} 0004 0002 000f`,
      algorithm: 15,
      isCompliant: false,
    },
    { name: 'GCM-SIV as chrony 4.4 asks', wire: NTPV4 + GCM, algorithm: 30, isCompliant: false },
    { name: 'GCM-SIV as chrony 4.6.1 asks', wire: NTPV4 + GCM + COMPLIANT, algorithm: 30, isCompliant: true },
    { name: 'compliance before all else', wire: COMPLIANT + NTPV4 + GCM, algorithm: 30, isCompliant: true },
    { name: 'compliance of what knows no other', wire: NTPV4 + SIV + COMPLIANT, algorithm: 15, isCompliant: false },
    {
      name: 'both, in this order',
      wire: `${NTPV4} 8004 0004 000f 001e ${COMPLIANT}`,
      algorithm: 15,
      isCompliant: false,
    },
    { name: 'both, in the other', wire: `${NTPV4} 8004 0004 001e 000f ${COMPLIANT}`, algorithm: 30, isCompliant: true },
    {
      name: 'unknown algorithms before ours',
      wire: `${NTPV4} 8004 0006 0001 ffff 000f`,
      algorithm: 15,
      isCompliant: false,
    },
    { name: 'unknown protocols beside ours', wire: `8001 0004 8000 0000 ${SIV}`, algorithm: 15, isCompliant: false },
    { name: 'unknown record', wire: `${NTPV4} 4000 0003 aabbcc ${SIV}`, algorithm: 15, isCompliant: false },
    {
      name: 'wishes for a server and a port, §4.1.7',
      wire: `${NTPV4} 8006 0001 61 8007 0002 007b ${SIV}`,
      algorithm: 15,
      isCompliant: false,
    },
  ])('$name: agreed', ({ wire, algorithm, isCompliant }) => {
    expect(judgeRequest(recordsOf(wire))).toEqual({ ok: true, value: { algorithm, isCompliant } });
  });

  it.each([
    { name: 'an empty message', wire: '', reason: 'malformed' },
    { name: 'no Next Protocol', wire: SIV, reason: 'malformed' },
    { name: 'two of them', wire: NTPV4 + NTPV4 + SIV, reason: 'malformed' },
    { name: 'one that is not critical, §4.1.2', wire: `0001 0002 0000 ${SIV}`, reason: 'malformed' },
    { name: 'an empty one', wire: `8001 0000 ${SIV}`, reason: 'malformed' },
    { name: 'one of three octets', wire: `8001 0003 000000 ${SIV}`, reason: 'malformed' },
    { name: 'no AEAD', wire: NTPV4, reason: 'malformed' },
    { name: 'two of them', wire: NTPV4 + SIV + GCM, reason: 'malformed' },
    { name: 'an empty one', wire: `${NTPV4} 8004 0000`, reason: 'malformed' },
    { name: 'one of an octet', wire: `${NTPV4} 8004 0001 0f`, reason: 'malformed' },
    { name: 'an Error, §4.1.3', wire: `${NTPV4 + SIV} 8002 0002 0001`, reason: 'malformed' },
    { name: 'a Warning, §4.1.4', wire: `${NTPV4 + SIV} 8003 0002 0001`, reason: 'malformed' },
    { name: 'a cookie, §4.1.6', wire: `${NTPV4 + SIV} 0005 0004 01020304`, reason: 'malformed' },
    { name: 'compliance with a body', wire: `${NTPV4 + GCM} 0400 0001 00`, reason: 'malformed' },
    { name: 'an unknown critical record', wire: `${NTPV4} c000 0000 ${SIV}`, reason: 'critical-record' },
    { name: 'another protocol', wire: `8001 0002 8000 ${SIV}`, reason: 'protocol' },
    { name: 'another protocol, which has no AEAD', wire: '8001 0002 0001', reason: 'protocol' },
    { name: 'AES-SIV-CMAC-384 alone', wire: `${NTPV4} 8004 0002 0010`, reason: 'aead' },
  ])('$name: $reason', ({ wire, reason }) => {
    expect(judgeRequest(recordsOf(wire))).toEqual({ ok: false, reason });
  });

  it('is judged without a throw, whatever it holds', () => {
    const someRecord = fc.record({
      critical: fc.boolean(),
      type: fc.oneof(fc.integer({ min: 0, max: 8 }), fc.constant(1024), fc.integer({ min: 0, max: 0x7fff })),
      body: fc.oneof(fc.constantFrom(hex('0000'), hex('000f'), hex('001e')), fc.uint8Array({ maxLength: 9 })),
    });
    fc.assert(
      fc.property(fc.array(someRecord, { maxLength: 6 }), (records) => {
        const judged = judgeRequest(records);
        const hasUnknown = records.some(({ critical, type }) => critical && type > 7 && type !== 1024);
        if (hasUnknown) expect(judged.ok).toBe(false);
      }),
    );
  });
});

describe('an answer', () => {
  it.each([
    { reason: 'malformed', wire: '8002 0002 0001' },
    { reason: 'too-long', wire: '8002 0002 0001' },
    { reason: 'critical-record', wire: '8002 0002 0000' },
    { reason: 'protocol', wire: '8001 0000' },
    { reason: 'aead', wire: '8001 0002 0000 8004 0000' },
  ] as const)('to what is $reason', ({ reason, wire }) => {
    expect(encodeRecords(refusalRecords(reason))).toEqual(hex(wire + END));
  });

  const cookies = [hex('c1c1c1c1'), hex('c2c2c2c2')];
  const baked = '0005 0004 c1c1c1c1 0005 0004 c2c2c2c2';
  it.each([
    { name: 'the usual port', algorithm: 15, isCompliant: false, port: 123, wire: `${NTPV4 + SIV + baked}` },
    {
      name: 'another port',
      algorithm: 15,
      isCompliant: false,
      port: 11123,
      wire: `${NTPV4 + SIV} 8007 0002 2b73 ${baked}`,
    },
    {
      name: 'a compliant exporter',
      algorithm: 30,
      isCompliant: true,
      port: 123,
      wire: `${NTPV4 + GCM + COMPLIANT + baked}`,
    },
    { name: 'an old one', algorithm: 30, isCompliant: false, port: 123, wire: `${NTPV4 + GCM + baked}` },
  ] as const)('that agrees: $name', ({ algorithm, isCompliant, port, wire }) => {
    expect(encodeRecords(agreementRecords({ algorithm, isCompliant }, port, cookies))).toEqual(hex(wire + END));
  });
});

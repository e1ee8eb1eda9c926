import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeAnswer, KEY_EXCHANGE_REQUEST } from '../../../ntp-gateway/protocol/key-exchange.ts';
import { encodeRecords, type NtsRecord } from '../../../ntp-gateway/wire/nts-record.ts';
import { hex } from '../../support/hex.ts';

const record = (type: number, body: string | Uint8Array = '', critical = false): NtsRecord => ({
  critical,
  type,
  body: typeof body === 'string' ? hex(body) : body,
});
const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const cookieOf = (fill: number, size = 100): Uint8Array => new Uint8Array(size).fill(fill);

const PROTOCOL = record(1, '0000', true);
const SIV = record(4, '000f');
const GCM_SIV = record(4, '001e');
const COMPLIANT = record(1024);
const COOKIE = record(5, cookieOf(1));

describe('the request, RFC 8915 §4', () => {
  it('asks for NTPv4, and for GCM-SIV rather than SIV, by the exporter context of §5.1', () => {
    expect(encodeRecords(KEY_EXCHANGE_REQUEST)).toEqual(
      hex('8001 0002 0000  8004 0004 001e 000f  0400 0000  8000 0000'),
    );
  });
});

describe('an answer', () => {
  it.each<{ name: string; records: NtsRecord[]; agreed: object }>([
    { name: 'by SIV', records: [PROTOCOL, SIV, COOKIE], agreed: { algorithm: 15, isCompliant: true } },
    {
      name: 'by SIV whose server says record 1024 all the same',
      records: [PROTOCOL, SIV, COMPLIANT, COOKIE],
      agreed: { algorithm: 15, isCompliant: true },
    },
    {
      name: 'by GCM-SIV as §5.1 has it',
      records: [PROTOCOL, GCM_SIV, COMPLIANT, COOKIE],
      agreed: { algorithm: 30, isCompliant: true },
    },
    {
      name: 'by GCM-SIV as an older chronyd has it, or perhaps not',
      records: [PROTOCOL, GCM_SIV, COOKIE],
      agreed: { algorithm: 30, isCompliant: false },
    },
    {
      name: 'with another server and port',
      records: [PROTOCOL, SIV, COOKIE, record(6, ascii('ntp.example.org')), record(7, '1092')],
      agreed: { algorithm: 15, isCompliant: true, server: 'ntp.example.org', port: 4242 },
    },
    {
      name: 'in any order, with what we do not know and need not',
      records: [COOKIE, record(0x3fff, 'ff'), SIV, PROTOCOL],
      agreed: { algorithm: 15, isCompliant: true },
    },
  ])('$name is agreed to', ({ records, agreed }) => {
    expect(judgeAnswer(records)).toEqual({ ok: true, value: { cookies: [cookieOf(1)], ...agreed } });
  });

  it('of any number of cookies leaves eight, each once, none that could not be asked with', () => {
    const sizes = [0, 8, 13, 1200, 100].map((size) => record(5, cookieOf(7, size)));
    const many = Array.from({ length: 120 }, (_, i) => record(5, cookieOf(i % 100)));
    const some = judgeAnswer([PROTOCOL, SIV, ...sizes, ...sizes]);
    expect(some).toMatchObject({ ok: true, value: { cookies: [cookieOf(7)] } });
    const full = judgeAnswer([PROTOCOL, SIV, ...many]);
    expect(full.ok && full.value.cookies).toEqual(Array.from({ length: 8 }, (_, i) => cookieOf(i)));
  });

  it.each(['ntp.example.org', 'a', 'xn--bcher-kva.example.', '192.0.2.7', '2001:db8::7', '::1', `${'a'.repeat(63)}.b`])(
    'may name the server %s',
    (server) => {
      expect(judgeAnswer([PROTOCOL, SIV, COOKIE, record(6, ascii(server))])).toMatchObject({
        ok: true,
        value: { server },
      });
    },
  );

  it.each<{ name: string; records: NtsRecord[]; word: string; detail?: string }>([
    { name: 'nothing', records: [], word: 'protocol' },
    { name: 'an error', records: [record(2, '0001', true)], word: 'error', detail: '1: a bad request' },
    { name: 'an error that has no name', records: [record(2, '0007', true)], word: 'error', detail: '7' },
    {
      name: 'an error without a code',
      records: [record(2, '', true), PROTOCOL],
      word: 'error',
      detail: 'without a code',
    },
    { name: 'an error beside all the rest', records: [PROTOCOL, SIV, COOKIE, record(2, '0002')], word: 'error' },
    { name: 'a warning', records: [PROTOCOL, SIV, COOKIE, record(3, '0100', true)], word: 'warning', detail: '256' },
    {
      name: 'a critical record unknown to us',
      records: [PROTOCOL, SIV, COOKIE, record(0x4000, '', true)],
      word: 'critical-record',
      detail: 'record 16384',
    },
    { name: 'no protocol', records: [SIV, COOKIE], word: 'protocol' },
    { name: 'none of our protocols', records: [record(1, '', true), SIV, COOKIE], word: 'protocol' },
    { name: 'another protocol', records: [record(1, '0001', true), SIV, COOKIE], word: 'protocol' },
    { name: 'two protocols', records: [record(1, '0000 0001', true), SIV, COOKIE], word: 'protocol' },
    { name: 'no algorithm', records: [PROTOCOL, COOKIE], word: 'aead' },
    { name: 'none of our algorithms', records: [PROTOCOL, record(4), COOKIE], word: 'aead' },
    { name: 'an algorithm that we did not offer', records: [PROTOCOL, record(4, '0010'), COOKIE], word: 'aead' },
    { name: 'two algorithms', records: [PROTOCOL, record(4, '000f 001e'), COOKIE], word: 'aead' },
    { name: 'a protocol twice', records: [PROTOCOL, PROTOCOL, SIV, COOKIE], word: 'malformed' },
    {
      name: 'an algorithm twice',
      records: [PROTOCOL, SIV, GCM_SIV, COOKIE],
      word: 'malformed',
      detail: 'record 4 comes twice',
    },
    {
      name: 'a server twice',
      records: [PROTOCOL, SIV, COOKIE, record(6, ascii('a')), record(6, ascii('b'))],
      word: 'malformed',
    },
    { name: 'record 1024 with a body', records: [PROTOCOL, GCM_SIV, COOKIE, record(1024, '00')], word: 'malformed' },
    { name: 'no cookie', records: [PROTOCOL, SIV], word: 'no-cookies' },
    {
      name: 'no cookie to ask with',
      records: [PROTOCOL, SIV, record(5), record(5, cookieOf(1, 2000))],
      word: 'no-cookies',
      detail: 'of 2, none can be asked with',
    },
    { name: 'a port of three octets', records: [PROTOCOL, SIV, COOKIE, record(7, '007b00')], word: 'malformed' },
    { name: 'the port 0', records: [PROTOCOL, SIV, COOKIE, record(7, '0000')], word: 'malformed' },
    ...[
      '',
      'a b',
      '-a',
      'a..b',
      'a/b',
      'a\n',
      'a\0',
      'ü.example',
      'fe80::1%eth0',
      `${'a'.repeat(64)}.b`,
      `${'a.'.repeat(127)}`,
      'a.b:c',
      ':',
    ].map((server) => ({
      name: `the server ${JSON.stringify(server)}`,
      records: [PROTOCOL, SIV, COOKIE, record(6, ascii(server))],
      word: 'malformed',
    })),
  ])('with $name is refused: $word', ({ records, word, detail }) => {
    expect(judgeAnswer(records)).toMatchObject({ ok: false, reason: word, ...(detail !== undefined && { detail }) });
  });

  it('of any records is judged without an exception', () => {
    const anyRecord = fc.record({
      critical: fc.boolean(),
      type: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 0x7fff })),
      body: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(fc.property(fc.array(anyRecord), (records) => typeof judgeAnswer(records).ok === 'boolean'));
  });
});

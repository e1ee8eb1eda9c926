import { describe, expect, it } from 'vitest';
import { after, milliseconds, monoNanos, nanos, seconds, type UnixNanos, unixNanos } from '#contract/time.ts';
import { judgeReply, kissCode, type Ourselves } from '../../../ntp-gateway/protocol/reply.ts';
import { blurReferenceTime } from '../../../ntp-gateway/protocol/server-state.ts';
import type { NtpPacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { nanosFromShort, ntpFromUnix, ntpTimestamp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { hex } from '../../support/hex.ts';
import { NOON, ntpReply } from '../../support/ntp-reply.ts';

const question = { nonce: ntpReply().originTimestamp, sentAt: monoNanos(5_000_000_000n) };
const receipt = { receivedAt: monoNanos(5_010_000_000n), approximately: NOON };
const nobody: Ourselves = { ownReferenceIds: [], advertised: undefined };

const judge = (changes: Partial<NtpPacket>, ourselves = nobody, last?: NtpPacket) =>
  judgeReply(ntpReply(changes), question, receipt, last, ourselves);
const at = (ms: number): NtpPacket['receiveTimestamp'] => ntpFromUnix(after<UnixNanos>(NOON, milliseconds(ms)));
const ascii = (code: string): number => Number.parseInt(Buffer.from(code.padEnd(4, '\0')).toString('hex'), 16);
const kiss = (code: string): Partial<NtpPacket> => ({
  stratum: 0,
  leap: 'unknown',
  referenceId: ascii(code),
  receiveTimestamp: ntpTimestamp(0n), // RFC 5905 §7.4: undefined
  transmitTimestamp: ntpTimestamp(0n),
});

describe('a reply that tells time', () => {
  it('is measured, stamp by stamp', () => {
    expect(judge({})).toEqual({
      ok: true,
      value: {
        exchange: { t1: question.sentAt, t2: NOON, t3: unixNanos(NOON + 100_000n), t4: receipt.receivedAt },
        leap: 'none',
        stratum: 2,
        precision: 1e9 / 2 ** 20,
        rootDelay: milliseconds(15.625),
        rootDispersion: milliseconds(7.8125),
        referenceId: 0xc0000201,
        referenceTime: unixNanos(NOON - 64_000_000_000n),
      },
    });
  });

  it.each([
    { name: 'an older version', changes: { version: 3 } },
    { name: 'stratum 1', changes: { stratum: 1 } },
    { name: 'stratum 14', changes: { stratum: 14 } },
    { name: 'a leap second announced', changes: { leap: 'insert' as const } },
    { name: 'unknown extension fields', changes: { extensions: [{ type: 0xf323, body: hex('00'.repeat(24)) }] } },
    {
      name: 'root distance just under 16 s',
      changes: { rootDelay: seconds(30), rootDispersion: seconds(0.9), precision: -4 },
    },
    { name: 'no processing time at all', changes: { transmitTimestamp: at(0) } },
    { name: 'a delay of zero', changes: { transmitTimestamp: at(10) } },
    {
      name: 'a coarse clock that makes the delay a little negative',
      changes: { transmitTimestamp: at(12), precision: -8 },
    },
    { name: 'no reference time', changes: { referenceTimestamp: ntpTimestamp(0n) } },
  ])('may have $name', ({ changes }) => {
    expect(judge(changes)).toMatchObject({ ok: true });
  });

  it('is read in the era of the clock nearby', () => {
    const [t2, t3] = [unixNanos(2_085_978_495_999_000_000n), unixNanos(2_085_978_496_001_000_000n)]; // ± 1 ms around the end of era 0
    const stamps = { receiveTimestamp: ntpFromUnix(t2), transmitTimestamp: ntpFromUnix(t3) };
    const judged = judgeReply(ntpReply(stamps), question, { ...receipt, approximately: t2 }, undefined, nobody);
    expect(judged).toMatchObject({ ok: true, value: { exchange: { t2, t3 } } });
  });
});

describe('a reply that does not', () => {
  const advertised = {
    leap: 'none' as const,
    stratum: 3,
    referenceId: 0xc6336401,
    referenceTime: unixNanos(NOON - 5_000_000_000n),
    rootDelay: milliseconds(20),
    precision: -22,
  };
  const ours: Partial<NtpPacket> = {
    stratum: 3,
    referenceId: 0xc6336401,
    rootDelay: nanosFromShort(1311), // 20 ms, rounded up
    referenceTimestamp: ntpFromUnix(blurReferenceTime(advertised.referenceTime)),
  };
  const us: Ourselves = { ownReferenceIds: [0x0a000001], advertised };

  it.each([
    { reason: 'mode', name: 'a client', changes: { mode: 3 } },
    { reason: 'mode', name: 'a symmetric peer', changes: { mode: 1 } },
    { reason: 'mode', name: 'a broadcast', changes: { mode: 5 } },
    { reason: 'duplicate', name: 'the reply before', changes: {}, last: ntpReply() },
    {
      reason: 'duplicate',
      name: 'the reply before, late',
      changes: { originTimestamp: ntpTimestamp(77n) },
      last: ntpReply(),
    },
    {
      reason: 'bogus-origin',
      name: 'one bit of the nonce wrong',
      changes: { originTimestamp: ntpTimestamp(question.nonce ^ 1n) },
    },
    { reason: 'bogus-origin', name: 'a zero origin', changes: { originTimestamp: ntpTimestamp(0n) } },
    {
      reason: 'bogus-origin',
      name: 'a kiss from who did not see the request',
      changes: { ...kiss('DENY'), originTimestamp: ntpTimestamp(1n) },
    },
    {
      reason: 'bogus-origin',
      name: 'a crypto-NAK likewise',
      changes: { mac: { keyId: 0, digest: hex('') }, originTimestamp: ntpTimestamp(1n) },
    },
    { reason: 'crypto-nak', name: 'a crypto-NAK', changes: { mac: { keyId: 0, digest: hex('') } } },
    {
      reason: 'unknown-key',
      name: 'signed, though nobody asked',
      changes: { mac: { keyId: 7, digest: hex('5a'.repeat(16)) } },
    },
    { reason: 'kiss-rate', name: 'RATE', changes: kiss('RATE') },
    { reason: 'kiss-deny', name: 'DENY', changes: kiss('DENY') },
    { reason: 'kiss-deny', name: 'RSTR', changes: kiss('RSTR') },
    { reason: 'kiss-other', name: 'INIT', changes: kiss('INIT') },
    { reason: 'kiss-other', name: 'an experimental code', changes: kiss('XYZ') },
    {
      reason: 'kiss-rate',
      name: 'RATE with every stamp in place',
      changes: { stratum: 0, referenceId: ascii('RATE') },
    },
    { reason: 'zero-timestamp', name: 'no receive timestamp', changes: { receiveTimestamp: ntpTimestamp(0n) } },
    { reason: 'zero-timestamp', name: 'no transmit timestamp', changes: { transmitTimestamp: ntpTimestamp(0n) } },
    { reason: 'unsynchronized', name: 'LI 3', changes: { leap: 'unknown' } },
    { reason: 'unsynchronized', name: 'stratum 0 without a code', changes: { stratum: 0, referenceId: 0 } },
    {
      reason: 'unsynchronized',
      name: 'stratum 0 with a code that is no text',
      changes: { stratum: 0, referenceId: 0x52410045 },
    },
    { reason: 'stratum', name: 'stratum 15', changes: { stratum: 15 } },
    { reason: 'stratum', name: 'stratum 16', changes: { stratum: 16 } },
    { reason: 'stratum', name: 'stratum 255', changes: { stratum: 255 } },
    {
      reason: 'distance',
      name: '16 s, RFC 5905 MAXDISP',
      changes: { rootDelay: seconds(16), rootDispersion: seconds(8) },
    },
    {
      reason: 'distance',
      name: 'a root delay with its top bit set',
      changes: { rootDelay: nanosFromShort(0xffff_ff1b) },
    },
    { reason: 'distance', name: 'a clock with steps of 2^127 s', changes: { precision: 127 } },
    { reason: 'processing-time', name: 'sent before it was received', changes: { transmitTimestamp: at(-1) } },
    { reason: 'processing-time', name: 'more than 4 s at the server', changes: { transmitTimestamp: at(4_001) } },
    { reason: 'negative-delay', name: 'longer at the server than we waited', changes: { transmitTimestamp: at(10.1) } },
    { reason: 'loop', name: 'it follows us', changes: { referenceId: 0x0a000001 } },
    { reason: 'loop', name: 'it is us', changes: ours },
  ] satisfies { reason: string; name: string; changes: Partial<NtpPacket>; last?: NtpPacket }[])(
    '$reason: $name',
    ({ reason, changes, last }) => {
      expect(judge(changes, us, last)).toEqual({ ok: false, reason });
    },
  );

  it.each([
    { name: 'a stratum 1 whose name looks like our address', changes: { stratum: 1, referenceId: 0x0a000001 } },
    { name: 'another’s stratum', changes: { ...ours, stratum: 4 } },
    { name: 'another’s reference', changes: { ...ours, referenceId: 0xc6336402 } },
    { name: 'another’s root delay', changes: { ...ours, rootDelay: nanosFromShort(1312) } },
    { name: 'another’s reference time', changes: { ...ours, referenceTimestamp: at(-128_000) } },
  ])('but not for $name', ({ changes }) => {
    expect(judge(changes, us)).toMatchObject({ ok: true });
  });

  it('allows for an oscillator that is slow by 500 ppm while the server thinks for 3 s', () => {
    const slow = { ...receipt, receivedAt: after(question.sentAt, nanos(3e9 * (1 - 5e-4))) };
    const thought = { transmitTimestamp: at(3_000) };
    expect(judgeReply(ntpReply(thought), question, slow, undefined, nobody)).toMatchObject({ ok: true });
  });
});

describe('a reply to a question that names the exchange before, RFC 9769 §2', () => {
  const before = {
    leap: 'insert' as const,
    receiveTimestamp: at(-64_000),
    transmitTimestamp: at(-63_999),
    rootDelay: milliseconds(31.25),
    rootDispersion: milliseconds(1),
    t1: monoNanos(1_000_000_000n),
    t4: monoNanos(1_010_000_000n),
    isOpen: true,
  };
  const nonce = ntpTimestamp(0x7777_6666_5555_4444n);
  const follows = { ...question, interleaved: { before, nonce } };
  const judgeNext = (changes: Partial<NtpPacket>) => judgeReply(ntpReply(changes), follows, receipt, before, nobody);
  /** As a server in interleaved mode stamps it: when its reply before really left. */
  const interleaved = { originTimestamp: nonce, transmitTimestamp: at(-63_998) };

  it('completes that exchange, in interleaved mode: its announcement, the larger root distance, all else as it is now', () => {
    const [t2, t3] = [unixNanos(NOON - 64_000_000_000n), unixNanos(NOON - 63_998_000_000n)];
    const distance = { rootDelay: milliseconds(31.25), rootDispersion: milliseconds(7.8125) };
    expect(judgeNext({ ...interleaved, stratum: 5 })).toMatchObject({
      ok: true,
      value: { exchange: { t1: before.t1, t2, t3, t4: before.t4 }, stratum: 5, leap: 'insert', ...distance },
    });
  });

  it('or its own, in basic mode', () => {
    expect(judgeNext({})).toEqual(judge({}));
  });

  it.each([
    { reason: 'bogus-origin', name: 'names neither nonce', changes: { originTimestamp: ntpTimestamp(nonce ^ 1n) } },
    { reason: 'bogus-origin', name: 'echoes our origin', changes: { originTimestamp: before.receiveTimestamp } },
    { reason: 'kiss-rate', name: 'is a kiss', changes: { ...kiss('RATE'), originTimestamp: nonce } },
    {
      reason: 'zero-timestamp',
      name: 'knows no stamp',
      changes: { ...interleaved, transmitTimestamp: ntpTimestamp(0n) },
    },
    { reason: 'duplicate', name: 'is the one before', changes: { ...interleaved, ...before, leap: 'none' as const } },
    { reason: 'processing-time', name: 'stamps its own', changes: { ...interleaved, transmitTimestamp: at(0.1) } },
    {
      reason: 'negative-delay',
      name: 'stayed longer than we waited',
      changes: { ...interleaved, transmitTimestamp: at(-63_980) },
    },
  ])('$reason: that $name', ({ reason, changes }) => {
    expect(judgeNext(changes)).toEqual({ ok: false, reason });
  });

  it('is bogus with that nonce where nothing was asked in interleaved mode', () => {
    expect(judge(interleaved)).toEqual({ ok: false, reason: 'bogus-origin' });
  });
});

describe('kiss code, RFC 5905 §7.4', () => {
  it.each([
    { referenceId: ascii('RATE'), code: 'RATE' },
    { referenceId: ascii('X1'), code: 'X1' },
    { referenceId: 0, code: undefined },
    { referenceId: ascii('rate'), code: undefined },
    { referenceId: 0x41004200, code: undefined },
    { referenceId: 0xffffffff, code: undefined },
    { referenceId: 0x41420a00, code: undefined },
  ])('$referenceId is $code', ({ referenceId, code }) => {
    expect(kissCode(ntpReply({ stratum: 0, referenceId }))).toBe(code);
    expect(kissCode(ntpReply({ stratum: 1, referenceId }))).toBe(undefined);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uncertainty } from '#contract/interval.ts';
import { after, between, milliseconds, nanos, seconds, type UnixNanos, unixNanos } from '#contract/time.ts';
import { respond, unsynchronized } from '../../../ntp-gateway/protocol/responder.ts';
import type { ClockReading, ServerState } from '../../../ntp-gateway/protocol/server-state.ts';
import { decodePacket, type NtpPacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { unixFromNtp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { hex, inside } from '../../support/hex.ts';
import { NOON } from '../../support/ntp-reply.ts';

const server: ServerState = {
  leap: 'insert',
  stratum: 3,
  referenceId: 0xc0000201,
  referenceTime: unixNanos(NOON - 100_000_000_000n),
  rootDelay: milliseconds(20),
  precision: -25,
};
const reading = (time: UnixNanos, early = 3, late = 5): ClockReading => ({
  time,
  earliest: after(time, milliseconds(-early)),
  latest: after(time, milliseconds(late)),
});
const received = reading(NOON);
const now = reading(after(NOON, nanos(40_000)));
const NONCE = 'f1e2d3c4b5a69788';
const request = (first = '23', rest = ''): Uint8Array => hex(`${first} 00 06 20 ${'00'.repeat(36)} ${NONCE} ${rest}`);

const reply = (to: Uint8Array, state = server, at = now, before = received): NtpPacket => {
  const answered = respond(to, before, at, state);
  const decoded = answered.ok ? decodePacket(answered.value) : undefined;
  if (!decoded?.ok) throw new Error('no reply');
  return decoded.value;
};

describe('reply to a client, RFC 5905 §9.2', () => {
  it('says what the server state says, and gives the nonce back', () => {
    const { receiveTimestamp, transmitTimestamp, referenceTimestamp, ...others } = reply(inside(request()));
    expect(others).toEqual({
      leap: 'insert',
      version: 4,
      mode: 4,
      stratum: 3,
      poll: 6,
      precision: -25,
      rootDelay: nanos(1311 * 15_258.7890625), // 20 ms = 1310.72 units
      rootDispersion: nanos(0),
      referenceId: 0xc0000201,
      originTimestamp: BigInt(`0x${NONCE}`),
      extensions: [],
    });
    expect(unixFromNtp(receiveTimestamp, NOON)).toBe(NOON);
    expect(unixFromNtp(transmitTimestamp, NOON)).toBe(now.time);
    expect(unixFromNtp(referenceTimestamp, NOON)).toBe((server.referenceTime / 64_000_000_000n) * 64_000_000_000n);
  });

  it.each([
    { version: 1, first: '0b' },
    { version: 2, first: '13' },
    { version: 3, first: '1b' },
    { version: 4, first: '23' },
    { version: 4, first: 'e3' }, // LI 3, as clients send that know nothing yet
  ])('answers NTPv$version in kind', ({ version, first }) => {
    expect(reply(request(first))).toMatchObject({ version, mode: 4, leap: 'insert' });
  });

  it.each([
    { name: 'asks often, is told not to', asked: '00', told: 4 },
    { name: 'has a negative poll, likewise', asked: 'fa', told: 4 },
    { name: 'asks seldom, may go on', asked: '0a', told: 10 },
  ])('who $name', ({ asked, told }) => {
    const bytes = request();
    bytes.set(hex(asked), 2);
    expect(reply(bytes).poll).toBe(told);
  });

  it('takes no extension field over', () => {
    const unknown = request('23', `f323 0020 ${'77'.repeat(28)}`);
    expect(respond(unknown, received, now, server)).toEqual(respond(request(), received, now, server));
  });

  it('tells receive from transmit even where no time passed', () => {
    const { receiveTimestamp, transmitTimestamp } = reply(request(), server, received);
    expect(receiveTimestamp).not.toBe(transmitTimestamp);
    expect([receiveTimestamp & 1n, transmitTimestamp & 1n]).toEqual([1n, 0n]);
  });

  it('has no reference time in the future', () => {
    const ahead = { ...server, referenceTime: after(NOON, seconds(1_000)) };
    expect(unixFromNtp(reply(request(), ahead).referenceTimestamp, NOON)).toBeLessThanOrEqual(now.time);
  });

  it.each([
    { name: 'no source', state: unsynchronized(-25) },
    { name: 'a source of stratum 15', state: { ...server, stratum: 16 } },
  ])('with $name it says LI 3 and no more, chronyd’s way', ({ state }) => {
    expect(reply(request(), state)).toMatchObject({
      leap: 'unknown',
      stratum: 0,
      referenceId: 0,
      rootDelay: seconds(1),
      rootDispersion: seconds(1),
      referenceTimestamp: 0n,
      originTimestamp: BigInt(`0x${NONCE}`),
    });
  });

  it.each([
    { name: 'nothing', bytes: hex(''), reason: 'short' },
    { name: '47 octets', bytes: request().subarray(0, 47), reason: 'short' },
    { name: 'a mode 6 query, RFC 9327', bytes: hex('16 02 0001 0000 0000 0000 0000'), reason: 'short' },
    { name: 'version 0', bytes: request('03'), reason: 'version' },
    { name: 'version 5', bytes: request('2b'), reason: 'version' },
    { name: 'version 7', bytes: request('3b'), reason: 'version' },
    ...[0, 1, 2, 4, 5, 6, 7].map((mode) => ({
      name: `mode ${mode}`,
      bytes: request((0x20 | mode).toString(16)),
      reason: 'mode',
    })),
    { name: 'a broken field', bytes: request('23', '00'.repeat(28)), reason: 'malformed-extension' },
    { name: 'half a MAC', bytes: request('23', '0000 0001 0000'), reason: 'malformed-mac' },
    { name: 'a key that is not ours', bytes: request('23', `0000 0007 ${'5a'.repeat(16)}`), reason: 'unknown-key' },
    { name: 'the same in NTPv3', bytes: request('1b', `0000 0007 ${'5a'.repeat(16)}`), reason: 'unknown-key' },
    { name: 'a crypto-NAK', bytes: request('23', '0000 0000'), reason: 'unknown-key' },
    { name: 'far too much', bytes: request('23', '00'.repeat(3_000)), reason: 'long' },
  ])('does not answer $name: $reason', ({ bytes, reason }) => {
    expect(respond(bytes, received, now, server)).toEqual({ ok: false, reason });
  });

  it('never sends more than it got, and never throws', () => {
    const isSmall = (bytes: Uint8Array): boolean => {
      const answered = respond(bytes, received, now, server);
      return !answered.ok || answered.value.length <= bytes.length;
    };
    const trailing = fc.uint8Array({ maxLength: 80 }).map((rest) => Uint8Array.from([...request(), ...rest]));
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), trailing), isSmall));
  });
});

describe('root distance as sent', () => {
  const length = fc.nat(2 ** 31 - 1);
  const end = fc.bigInt(0n, 20_000_000_000n);

  it('reaches the farther end of the interval, at receipt and at departure', () => {
    const reaches = (rootDelay: number, ends: [bigint, bigint, bigint, bigint]): void => {
      const at = (time: UnixNanos, early: bigint, late: bigint): ClockReading => ({
        time,
        earliest: unixNanos(time - early),
        latest: unixNanos(time + late),
      });
      const [then, later] = [at(NOON, ends[0], ends[1]), at(after(NOON, nanos(1)), ends[2], ends[3])];
      const packet = reply(request(), { ...server, rootDelay: nanos(rootDelay) }, later, then);
      const distance = packet.rootDelay / 2 + packet.rootDispersion;
      expect(packet.rootDelay).toBeGreaterThanOrEqual(rootDelay);
      expect(distance).toBeGreaterThanOrEqual(uncertainty(then, then.time));
      expect(distance).toBeGreaterThanOrEqual(uncertainty(later, later.time));
      // and says no more than rounding makes it
      const most = Math.max(uncertainty(then, then.time), uncertainty(later, later.time), packet.rootDelay / 2);
      expect(distance).toBeLessThanOrEqual(most + 15_259);
    };
    fc.assert(fc.property(length, fc.tuple(end, end, end, end), reaches));
  });

  it.each([
    { name: '4 ms on one side, 12 on the other', early: 4, late: 12, dispersion: 131 }, // 12 ms − 10.002 ms = 130.9 units
    { name: 'more than a client takes', early: 30_000, late: 0, dispersion: 30 * 65_536 - 655 },
    { name: 'more than fits', early: 0, late: 70_000_000, dispersion: 0xffff_ffff },
  ])('$name', ({ early, late, dispersion }) => {
    const { rootDispersion } = reply(request(), server, reading(now.time, early, late));
    expect(rootDispersion / 15_258.7890625).toBe(dispersion);
  });

  it('makes a client’s own interval hold true time', () => {
    // RFC 5905 §11.2: offset ± (root delay / 2 + root dispersion + half its own round trip)
    const offset = fc.bigInt(-8_000_000n, 8_000_000n);
    const holds = (error: bigint): void => {
      const truth = unixNanos(NOON + error);
      const reading = (at: UnixNanos): ClockReading => ({
        time: unixNanos(at - error),
        earliest: unixNanos(at - 8_000_000n - error),
        latest: unixNanos(at + 8_000_000n - error),
      });
      const replied = reply(request(), server, reading(after(truth, nanos(40_000))), reading(truth));
      const { receiveTimestamp, rootDelay, rootDispersion } = replied;
      const wrong = Math.abs(between(truth, unixFromNtp(receiveTimestamp, NOON)));
      expect(wrong).toBeLessThanOrEqual(rootDelay / 2 + rootDispersion);
    };
    fc.assert(fc.property(offset, holds));
  });
});

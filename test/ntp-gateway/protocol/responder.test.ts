import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uncertainty } from '#contract/interval.ts';
import { after, between, type MonoNanos, milliseconds, nanos, seconds, unixNanos } from '#contract/time.ts';
import { parsePrefix } from '../../../ntp-gateway/config/prefixes.ts';
import type { ServerConfig } from '../../../ntp-gateway/config.ts';
import { type Clock, readClock } from '../../../ntp-gateway/discipline/clock.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import { decodePacket, type NtpPacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { unixFromNtp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { makeAnswering, type Sender } from '../../support/answering.ts';
import { clockOf, DRAWN, readingOf } from '../../support/clock.ts';
import { hex, inside } from '../../support/hex.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { NO_SERVER } from '../../support/server-config.ts';

const CLOCK = clockOf(NOON, {}, { leap: 'insert', stratum: 3, referenceId: 0xc0000201, precision: -25 });
const NONCE = 'f1e2d3c4b5a69788';
const request = (first = '23', rest = ''): Uint8Array => hex(`${first} 00 06 20 ${'00'.repeat(36)} ${NONCE} ${rest}`);

/** A server that knows the time by `clock`, or does not. */
const serverOf = (clock: Clock | null = CLOCK, config: Partial<ServerConfig> = {}) => {
  const lines = newLineMemory();
  const draw = (next: Clock | null): void =>
    writeLine(lines, servedLine(next ?? undefined, { now: DRAWN, wall: unixNanos(NOON) }, -25, next?.epoch ?? 1));
  draw(clock);
  return { ...makeAnswering(lines, { ...NO_SERVER, ...config }), draw };
};

const read = (bytes: Uint8Array | undefined): NtpPacket => {
  const decoded = bytes && decodePacket(bytes);
  if (!decoded?.ok) throw new Error('no reply');
  return decoded.value;
};
const LEAVING = after(DRAWN, nanos(40_000));
const reply = (to: Uint8Array, clock?: Clock, receivedAt: MonoNanos = DRAWN, leavesAt = LEAVING): NtpPacket =>
  read(serverOf(clock).ask(to, receivedAt, leavesAt));

describe('reply to a client, RFC 5905 §9.2', () => {
  it('says what the clock’s server says, and gives the nonce back', () => {
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
    expect(unixFromNtp(transmitTimestamp, NOON)).toBe(NOON + 40_000n);
    expect(unixFromNtp(referenceTimestamp, NOON)).toBe(
      (CLOCK.server.referenceTime / 64_000_000_000n) * 64_000_000_000n,
    );
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

  it('answers NTPv1 without a mode (RFC 1059), unless it comes from a server’s port', () => {
    expect(reply(request('08'))).toMatchObject({ version: 1, mode: 4 });
    const server = serverOf();
    expect(server.ask(request('08'), DRAWN, DRAWN, { port: 123 })).toBeUndefined();
    expect(server.server.counters().dropped).toEqual({ mode: 1 });
    expect(server.ask(request('0b'), DRAWN, DRAWN, { port: 123 })).toBeDefined(); // which says that it is a client
  });

  it.each([
    { name: 'who asks often, not to', asked: '00', interval: undefined, told: 4 },
    { name: 'whose poll is negative, likewise', asked: 'fa', interval: undefined, told: 4 },
    { name: 'who asks seldom, to go on', asked: '0a', interval: undefined, told: 10 },
    { name: 'whose limit allows more, all the same', asked: '00', interval: seconds(2), told: 4 },
    { name: 'how often it may, rounded up', asked: '00', interval: seconds(65), told: 7 },
  ])('tells a client $name', ({ asked, interval, told }) => {
    const bytes = request();
    bytes.set(hex(asked), 2);
    const config = interval ? { rateLimit: { interval, burst: 8, exempt: [] } } : {};
    expect(read(serverOf(CLOCK, config).ask(bytes, DRAWN)).poll).toBe(told);
  });

  it('takes no extension field over', () => {
    const unknown = request('23', `f323 0020 ${'77'.repeat(28)}`);
    expect(reply(unknown)).toEqual(reply(request()));
  });

  it('tells receive from transmit even where no time passed', () => {
    const { receiveTimestamp, transmitTimestamp } = reply(request(), CLOCK, DRAWN, DRAWN);
    expect(receiveTimestamp).not.toBe(transmitTimestamp);
    expect([receiveTimestamp & 1n, transmitTimestamp & 1n]).toEqual([1n, 0n]);
  });

  it('goes through the end of the era, 2036-02-07T06:28:16Z', () => {
    const end = 2_085_978_496n * 1_000_000_000n;
    const { receiveTimestamp, transmitTimestamp } = reply(request(), clockOf(end - 1n), DRAWN, after(DRAWN, nanos(2)));
    expect(receiveTimestamp >> 32n).toBe(0xffff_ffffn);
    expect(transmitTimestamp >> 32n).toBe(0n);
    expect(unixFromNtp(transmitTimestamp, unixNanos(end))).toBe(end + 1n);
  });

  it('is the clock to the ns at any moment, and to the bit in how it is written', () => {
    const age = fc.integer({ min: -1_000_000_000, max: 2_000_000_000 });
    const isRight = (received: number, passed: number): void => {
      const [at, leaving] = [after(DRAWN, nanos(received)), after(DRAWN, nanos(received + passed))];
      const { receiveTimestamp, transmitTimestamp } = reply(request(), CLOCK, at, leaving);
      const off = (said: bigint, when: MonoNanos) =>
        Math.abs(between(readClock(CLOCK, when).time, unixFromNtp(said as never, NOON)));
      expect(off(receiveTimestamp, at)).toBeLessThanOrEqual(1);
      expect(off(transmitTimestamp, leaving)).toBeLessThanOrEqual(1);
    };
    fc.assert(fc.property(age, fc.nat(1_000_000), isRight));
  });
});

const NOT_SYNCHRONIZED = {
  leap: 'unknown',
  stratum: 0,
  referenceId: 0,
  rootDelay: seconds(1),
  rootDispersion: seconds(1),
  referenceTimestamp: 0n,
  originTimestamp: BigInt(`0x${NONCE}`),
};

describe('a server that does not know the time says LI 3 and no more, chronyd’s way', () => {
  it.each([
    { name: 'with no source', clock: null },
    { name: 'with a source of stratum 15', clock: clockOf(NOON, {}, { stratum: 16 }) },
    { name: 'too far off', clock: clockOf(NOON, { reading: readingOf(NOON, 1_500_000_001, 0) }) },
  ])('$name', ({ clock }) => {
    const packet = read(serverOf(clock).ask(request(), DRAWN));
    expect(packet).toMatchObject(NOT_SYNCHRONIZED);
  });

  it('before it was told anything', () => {
    expect(read(makeAnswering(newLineMemory()).ask(request(), DRAWN))).toMatchObject(NOT_SYNCHRONIZED);
  });

  it('once the clock has grown too old', () => {
    const old = after(DRAWN, seconds(1.5 / 3.9e-6)); // its late end moves away by 3 ppm
    expect(reply(request(), CLOCK, old, old)).toMatchObject({ leap: 'insert' });
    const older = after(DRAWN, seconds(1.5 / 2.9e-6));
    expect(reply(request(), CLOCK, older, older)).toMatchObject(NOT_SYNCHRONIZED);
  });

  it('when the host may have slept, until the clock is drawn anew', () => {
    const { responder, ask, draw } = serverOf();
    responder.hold();
    expect(read(ask(request(), DRAWN))).toMatchObject(NOT_SYNCHRONIZED);
    draw(CLOCK);
    expect(read(ask(request(), DRAWN))).toMatchObject({ leap: 'insert', stratum: 3 });
  });
});

describe('what is not answered', () => {
  it.each([
    { name: 'nothing', bytes: hex(''), reason: 'too-short' },
    { name: '47 octets', bytes: request().subarray(0, 47), reason: 'too-short' },
    { name: 'a mode 6 query, RFC 9327', bytes: hex('16 02 0001 0000 0000 0000 0000'), reason: 'too-short' },
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
    { name: 'far too much', bytes: request('23', '00'.repeat(3_000)), reason: 'too-long' },
  ])('$name: $reason', ({ bytes, reason }) => {
    const { ask, server } = serverOf();
    expect(ask(bytes, DRAWN)).toBeUndefined();
    expect(server.counters()).toEqual({
      served: 0,
      interleaved: 0,
      authenticated: 0,
      kissed: 0,
      dropped: { [reason]: 1 },
    });
  });

  it('is never answered with more than it was, and nothing breaks', () => {
    const { ask, server } = serverOf();
    let asked = 0;
    const isSmall = (bytes: Uint8Array): boolean => {
      const answered = ask(inside(bytes), DRAWN);
      asked++;
      return answered === undefined || answered.length <= bytes.length;
    };
    const trailing = fc.uint8Array({ maxLength: 80 }).map((rest) => Uint8Array.from([...request(), ...rest]));
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), trailing), isSmall));
    const { served, dropped } = server.counters();
    expect(served + Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(asked);
  });
});

describe('root distance as sent', () => {
  const length = fc.nat(2 ** 31 - 1);
  const end = fc.nat(1_400_000_000);

  it('reaches the farther end of the interval, at receipt and at departure', () => {
    const reaches = (rootDelay: number, early: number, late: number, slew: number, received: number): void => {
      const clock = clockOf(
        NOON,
        { reading: readingOf(NOON, early, late), slew: nanos(slew) },
        { rootDelay: nanos(rootDelay) },
      );
      const [at, leaving] = [after(DRAWN, nanos(received)), after(DRAWN, nanos(received + 300_000_000))];
      const [then, later] = [readClock(clock, at), readClock(clock, leaving)];
      const packet = reply(request(), clock, at, leaving);
      const distance = packet.rootDelay / 2 + packet.rootDispersion;
      expect(packet.rootDelay).toBeGreaterThanOrEqual(rootDelay);
      expect(distance).toBeGreaterThanOrEqual(uncertainty(then, then.time));
      expect(distance).toBeGreaterThanOrEqual(uncertainty(later, later.time));
      // and says no more than rounding makes it
      const most = Math.max(uncertainty(then, then.time), uncertainty(later, later.time), packet.rootDelay / 2);
      expect(distance).toBeLessThanOrEqual(most + 15_259 + 6);
    };
    const slew = fc.integer({ min: -50_000_000, max: 50_000_000 });
    fc.assert(fc.property(length, end, end, slew, fc.nat(1_000_000_000), reaches));
  });

  it.each([
    { name: '4 ms on one side, 12 on the other', early: 4, late: 12, dispersion: 132 }, // 12 ms − 10.002 ms = 130.9 units, and rounding
    { name: 'more than a client takes', early: 30_000, late: 0, dispersion: 30 * 65_536 - 655 },
    { name: 'more than fits', early: 0, late: 70_000_000, dispersion: 0xffff_ffff },
  ])('$name', ({ early, late, dispersion }) => {
    const reading = readingOf(NOON, early * 1e6, late * 1e6);
    const own = { synchronized: false, frequencyBounds: { least: 1e-5, greatest: 1e-5 } };
    const { rootDispersion } = reply(request(), clockOf(NOON, { reading, ...own }), DRAWN, DRAWN);
    expect(Math.abs(rootDispersion / 15_258.7890625 - dispersion)).toBeLessThanOrEqual(1);
  });

  it('makes a client’s own interval hold true time', () => {
    // RFC 5905 §11.2: offset ± (root delay / 2 + root dispersion + half its own round trip)
    const offset = fc.bigInt(-8_000_000n, 8_000_000n);
    const holds = (error: bigint): void => {
      const clock = clockOf(NOON - error, {
        reading: readingOf(NOON - error, 8_000_000 - Number(error), 8_000_000 + Number(error)),
      });
      const { receiveTimestamp, rootDelay, rootDispersion } = reply(request(), clock);
      const wrong = Math.abs(between(unixNanos(NOON), unixFromNtp(receiveTimestamp, NOON)));
      expect(wrong).toBeLessThanOrEqual(rootDelay / 2 + rootDispersion);
    };
    fc.assert(fc.property(offset, holds));
  });
});

describe('interleaved mode, RFC 9769 §2', () => {
  const STEADY = clockOf(NOON, { frequency: 0, frequencyBounds: { least: 0, greatest: 0 } });
  const [RANDOM_1, RANDOM_2] = ['1111222233334444', '5555666677778888'];
  /** Origin, receive and transmit as 64-bit words. */
  const interleaved = (origin: bigint, receive = RANDOM_1, transmit = RANDOM_2): Uint8Array =>
    hex(`23 00 06 20 ${'00'.repeat(20)} ${origin.toString(16).padStart(16, '0')} ${receive} ${transmit}`);
  const at = (us: number): MonoNanos => after(DRAWN, nanos(us * 1e3));
  /** As an engine does it: what the kernel says of the reply's departure comes later. */
  const exchange = (server: ReturnType<typeof serverOf>, bytes: Uint8Array, us: number, leftUs?: number): NtpPacket => {
    const answered = server.ask(bytes, at(us), at(us + 10));
    const packet = read(answered);
    if (leftUs !== undefined) {
      expect(server.responder.wantsStamp()).toBe(true);
      const view = new DataView(answered!.buffer);
      const left = at(leftUs);
      const moment = [Number(left / 1_000_000_000n), Number(left % 1_000_000_000n)] as const;
      server.responder.departed(view.getInt32(32), view.getInt32(36), ...moment);
    }
    return packet;
  };
  const time = (timestamp: bigint): bigint => unixFromNtp(timestamp as never, NOON) - NOON;

  it('tells in each reply when the one before it left, to those who ask for it', () => {
    const server = serverOf(STEADY);
    const first = exchange(server, request(), 0);
    const second = exchange(server, interleaved(first.receiveTimestamp), 1_000, 1_033); // the first was not kept: basic
    expect(second.originTimestamp).toBe(BigInt(`0x${RANDOM_2}`));
    const third = exchange(server, interleaved(second.receiveTimestamp, RANDOM_1), 2_000, 2_044);
    expect(third.originTimestamp).toBe(BigInt(`0x${RANDOM_1}`)); // by which the client knows
    expect([time(third.receiveTimestamp), time(third.transmitTimestamp)]).toEqual([2_000_000n, 1_033_000n]);
    const fourth = exchange(server, interleaved(third.receiveTimestamp, RANDOM_1), 3_000, 3_055);
    expect([time(fourth.receiveTimestamp), time(fourth.transmitTimestamp)]).toEqual([3_000_000n, 2_044_000n]);
    expect([third.transmitTimestamp & 1n, third.receiveTimestamp & 1n]).toEqual([0n, 1n]);
    expect(server.server.counters()).toEqual({ served: 4, interleaved: 2, authenticated: 0, kissed: 0, dropped: {} });
  });

  it.each([
    { name: 'a stamp that never came', us: undefined },
    { name: 'a reply that is not its last', us: 1_033 },
  ])('is basic after $name', ({ us }) => {
    const server = serverOf(STEADY);
    const first = exchange(server, request(), 0);
    const second = exchange(server, interleaved(first.receiveTimestamp), 1_000, us);
    const named = us === undefined ? second : first;
    const third = exchange(server, interleaved(named.receiveTimestamp), 2_000);
    expect(third.originTimestamp).toBe(BigInt(`0x${RANDOM_2}`));
    expect(time(third.transmitTimestamp)).toBe(2_010_000n);
  });

  it.each([
    {
      name: 'transmit timestamps as origin, as ntpd asks',
      ask: (last: NtpPacket) => interleaved(last.transmitTimestamp),
    },
    {
      name: 'equal receive and transmit timestamps',
      ask: (last: NtpPacket) => interleaved(last.receiveTimestamp, RANDOM_1, RANDOM_1),
    },
    { name: 'no origin', ask: () => interleaved(0n) },
  ])('is not for $name', ({ ask }) => {
    const server = serverOf(STEADY);
    const first = exchange(server, request(), 0);
    exchange(server, ask(first), 1_000);
    expect(server.responder.wantsStamp()).toBe(false);
  });

  it('forgets what was said before time was stepped', () => {
    const server = serverOf(STEADY);
    const first = exchange(server, request(), 0);
    const second = exchange(server, interleaved(first.receiveTimestamp), 1_000, 1_033);
    server.draw({ ...STEADY, epoch: 4 });
    const third = exchange(server, interleaved(second.receiveTimestamp), 2_000, 2_044);
    expect(third.originTimestamp).toBe(BigInt(`0x${RANDOM_2}`));
    const fourth = exchange(server, interleaved(third.receiveTimestamp), 3_000, 3_055);
    expect(fourth.originTimestamp).toBe(BigInt(`0x${RANDOM_1}`));
  });

  it('gives an unsynchronized server’s client nothing to interleave with', () => {
    const server = serverOf(STEADY);
    const first = exchange(server, request(), 0);
    const second = exchange(server, interleaved(first.receiveTimestamp), 1_000, 1_033);
    server.responder.hold();
    expect(exchange(server, interleaved(second.receiveTimestamp), 2_000)).toMatchObject({
      leap: 'unknown',
      originTimestamp: BigInt(`0x${RANDOM_2}`),
    });
    expect(server.responder.wantsStamp()).toBe(false);
  });
});

describe('who may ask, and how often', () => {
  const prefixes = (...texts: string[]) => texts.map((text) => parsePrefix(text)!);
  const from = (...address: [number, number, number, number]): Sender => ({ address });

  it('is decided by the longest prefix', () => {
    const { ask, server } = serverOf(CLOCK, { allow: prefixes('10.0.0.0/8'), deny: prefixes('10.9.0.0/16') });
    expect(ask(request(), DRAWN, DRAWN, from(10, 1, 2, 3))).toBeDefined();
    expect(ask(request(), DRAWN, DRAWN, from(10, 9, 2, 3))).toBeUndefined();
    expect(ask(request(), DRAWN, DRAWN, from(192, 0, 2, 1))).toBeUndefined();
    expect(server.counters()).toEqual({
      served: 1,
      interleaved: 0,
      authenticated: 0,
      kissed: 0,
      dropped: { denied: 2 },
    });
  });

  it('counts for those who are known, while more comes in than can be answered; of others one in four is', () => {
    const { ask, server } = serverOf();
    ask(request(), DRAWN, undefined, from(10, 0, 0, 1));
    const flood = Array.from({ length: 4_000 }, (_, i) => {
      const known = i % 10 === 0 && ask(request(), DRAWN, undefined, { ...from(10, 0, 0, 1), isBehind: true });
      if (known === undefined) throw new Error('a client that is known was dropped');
      return ask(request(), DRAWN, undefined, { ...from(10, 1, i >> 8, i & 0xff), isBehind: true });
    });
    const answered = flood.filter(Boolean).length;
    expect(answered).toBeGreaterThan(900);
    expect(answered).toBeLessThan(1_100);
    expect(server.counters()).toMatchObject({ served: 401 + answered, dropped: { overloaded: 4_000 - answered } });
    expect(ask(request(), DRAWN, undefined, from(10, 2, 0, 1))).toBeDefined();
  });

  it('may change from one request to the next', () => {
    const { ask, follow } = serverOf();
    expect(ask(request(), DRAWN)).toBeDefined();
    follow({ ...NO_SERVER, deny: prefixes('127.0.0.0/8') });
    expect(ask(request(), DRAWN)).toBeUndefined();
  });

  it('leaves who asks too often a few answers and kisses, and others all of theirs', () => {
    const rateLimit = { interval: seconds(2), burst: 8, exempt: prefixes('10.1.0.0/16') };
    const { ask, server } = serverOf(CLOCK, { rateLimit });
    const answers = (sender: Sender) =>
      Array.from({ length: 1_000 }, (_, i) => ask(request(), after(DRAWN, milliseconds(i)), undefined, sender));
    expect(answers(from(10, 1, 2, 3)).filter(Boolean).length).toBe(1_000);
    const replies = answers(from(10, 2, 2, 3))
      .filter((bytes) => bytes !== undefined)
      .map(read);
    const kisses = replies.filter(({ referenceId }) => referenceId === 0x52415445);
    for (const kiss of kisses) {
      expect(kiss).toMatchObject({ ...NOT_SYNCHRONIZED, referenceId: 0x52415445, mode: 4, poll: 6 });
    }
    const { served, kissed, dropped } = server.counters();
    expect({ served, kissed }).toEqual({ served: 1_000 + replies.length - kisses.length, kissed: kisses.length });
    expect(served + kissed + dropped['rate-limited']!).toBe(2_000);
    expect(replies.length - kisses.length).toBeGreaterThan(8 + 150);
    expect(replies.length - kisses.length).toBeLessThan(8 + 350);
    expect(kisses.length).toBeGreaterThan(100);
    expect(kisses.length).toBeLessThan(300);
    expect(ask(request(), after(DRAWN, seconds(1)), undefined, from(10, 2, 2, 4))).toBeDefined();
  });
});

/** NTS requests to the responder, RFC 8915 §5.7, and what is not one quite. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, between, nanos, seconds, unixNanos } from '#contract/time.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import type { CookieKey, ServerKeys } from '../../../ntp-gateway/protocol/server-keys.ts';
import { decodePacket, type NtpPacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { unixFromNtp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import {
  AES_128_GCM_SIV,
  AES_SIV_CMAC_256,
  AUTHENTICATOR,
  COOKIE,
  COOKIE_PLACEHOLDER,
  UNIQUE_IDENTIFIER,
} from '../../../ntp-gateway/wire/nts.ts';
import { makeAnswering } from '../../support/answering.ts';
import { clockOf, DRAWN, readingOf } from '../../support/clock.ts';
import { hex, inside } from '../../support/hex.ts';
import { NOON } from '../../support/ntp-reply.ts';
import {
  authenticate,
  concat,
  cookieOf,
  field,
  IDENTIFIER,
  NONCE,
  ntsRequest,
  openNtsReply,
  type Question,
  sessionOf,
} from '../../support/nts-asking.ts';
import { NO_SERVER } from '../../support/server-config.ts';

/** Up to 20 ms off. */
const CLOCK = clockOf(
  NOON,
  { reading: readingOf(NOON, 20e6, 20e6) },
  { leap: 'insert', stratum: 3, referenceId: 0xc0000201, precision: -25 },
);
const masterOf = (id: number): CookieKey => ({ id, key: new Uint8Array(32).fill(id & 0xff).fill(0x11, 16) });
const [CURRENT, OLD, NEXT] = [masterOf(0xfedc_ba98), masterOf(7), masterOf(8)];
const KEYS: ServerKeys = { symmetric: [], cookies: [CURRENT, OLD, NEXT] };

const serverOf = (keys = KEYS, config = NO_SERVER, isSynchronized = true) => {
  const lines = newLineMemory();
  const look = { now: DRAWN, wall: unixNanos(NOON) };
  writeLine(lines, servedLine(isSynchronized ? CLOCK : undefined, look, -25, 1));
  return makeAnswering(lines, config, keys);
};
type Server = ReturnType<typeof serverOf>;

const LEAVING = after(DRAWN, nanos(40_000));
const ask = (server: Server, request: Uint8Array) => server.ask(inside(request), DRAWN, LEAVING);
const HEADER = hex(`23 00 06 20 ${'00'.repeat(36)} ${NONCE}`);

const read = (reply: Uint8Array | undefined) => {
  const packet = reply && decodePacket(reply);
  if (!packet?.ok) throw new Error('no reply');
  return packet.value;
};

const SIV = sessionOf(AES_SIV_CMAC_256);
const SIV_COOKIE = cookieOf(SIV, CURRENT);

describe.each([
  { name: 'AES-SIV-CMAC-256', session: SIV },
  { name: 'AES-128-GCM-SIV', session: sessionOf(AES_128_GCM_SIV) },
])('a reply to a client with keys for $name', ({ session }) => {
  const cookie = cookieOf(session, CURRENT);

  it('tells the time, sealed once that is in it', () => {
    const reply = openNtsReply(session, ask(serverOf(), ntsRequest(session, cookie)));
    expect(reply).toMatchObject({ leap: 'insert', version: 4, mode: 4, stratum: 3, referenceId: 0xc0000201 });
    expect(reply.originTimestamp).toBe(BigInt(`0x${NONCE}`));
    expect(reply.identifier).toEqual(IDENTIFIER);
    expect(unixFromNtp(reply.receiveTimestamp, NOON)).toBe(NOON);
    expect(unixFromNtp(reply.transmitTimestamp, NOON)).toBe(NOON + 40_000n);
    expect(reply.rootDispersion + reply.rootDelay / 2).toBeGreaterThanOrEqual(20e6);
  });

  it.each([0, 1, 2, 7])('has a fresh cookie for the one that was sent, and for %i placeholders', (placeholders) => {
    const server = serverOf();
    const request = ntsRequest(session, cookie, { placeholders });
    const bytes = ask(server, request);
    expect(bytes!.length).toBe(request.length);
    const { cookies } = openNtsReply(session, bytes);
    expect(cookies.length).toBe(1 + placeholders);
    expect(new Set([cookie, ...cookies].map(String)).size).toBe(2 + placeholders);
    for (const fresh of cookies) {
      expect(fresh).toEqual(cookieOf(session, CURRENT, fresh.subarray(4, 20)));
      openNtsReply(session, ask(server, ntsRequest(session, fresh)));
    }
    expect(server.server.counters()).toEqual({
      served: 2 + placeholders,
      interleaved: 0,
      authenticated: 2 + placeholders,
      kissed: 0,
      dropped: {},
    });
  });

  it('takes placeholders that were sealed, too', () => {
    const sealed = concat(field(0x1234, hex('')), field(COOKIE_PLACEHOLDER, new Uint8Array(cookie.length)));
    const request = ntsRequest(session, cookie, { sealed, placeholders: 1 });
    const bytes = ask(serverOf(), request);
    expect(openNtsReply(session, bytes).cookies.length).toBe(3);
    expect(bytes!.length).toBe(request.length - 4);
  });

  it.each([
    { name: 'the one before', key: OLD },
    { name: 'the one after', key: NEXT },
  ])('opens cookies of $name, and seals with the current key', ({ key }) => {
    const { cookies } = openNtsReply(session, ask(serverOf(), ntsRequest(session, cookieOf(session, key))));
    expect(cookies.map((fresh) => fresh.slice(0, 4))).toEqual([hex('fedcba98')]);
  });

  it('has no nonce twice', () => {
    const server = serverOf();
    const nonces = Array.from({ length: 500 }, () => {
      const reply = ask(server, ntsRequest(session, cookie))!;
      const { cookies } = openNtsReply(session, reply);
      const at = 48 + 36 + 8;
      return [cookies[0]!.slice(4, 20), reply.slice(at, at + (session === SIV ? 16 : 12))].map(String);
    });
    expect(new Set(nonces.flat()).size).toBe(1_000);
  });

  it.each([
    { name: 'altered', wrong: (good: Uint8Array) => good.with(50, good[50]! ^ 1) },
    { name: 'of a key that is not ours', wrong: (good: Uint8Array) => good.with(3, good[3]! ^ 1) },
    { name: 'whose nonce is another', wrong: (good: Uint8Array) => good.with(9, good[9]! ^ 1) },
    { name: 'that another server made', wrong: () => hex('ab'.repeat(64)) },
    { name: 'that is too long', wrong: () => hex('ab'.repeat(1_000)) },
  ])('is NTSN, unauthenticated, for a cookie $name', ({ wrong }) => {
    const server = serverOf();
    const request = ntsRequest(session, wrong(cookie));
    const reply = ask(server, request);
    expect(read(reply)).toMatchObject({
      leap: 'unknown',
      stratum: 0,
      referenceId: 0x4e54534e,
      originTimestamp: BigInt(`0x${NONCE}`),
      extensions: [{ type: UNIQUE_IDENTIFIER, body: IDENTIFIER }],
    });
    expect(reply!.length).toBe(48 + 36);
    expect(server.server.counters()).toMatchObject({ served: 0, authenticated: 0, dropped: { nak: 1 } });
  });

  it.each<{ name: string; request: Uint8Array }>([
    { name: 'altered', request: ((good) => good.with(-1, good.at(-1)! ^ 1))(ntsRequest(session, cookie)) },
    { name: 'by the other direction’s key', request: ntsRequest(session, cookie, { key: session.s2c }) },
    { name: 'of another header', request: ((good) => good.with(45, good[45]! ^ 1))(ntsRequest(session, cookie)) },
    { name: 'of a longer packet', request: moved(ntsRequest(session, cookie)) },
  ])('is NTSN likewise for an authenticator $name, and counted apart', ({ request }) => {
    const server = serverOf();
    expect(read(ask(server, request))).toMatchObject({ stratum: 0, referenceId: 0x4e54534e });
    expect(server.server.counters().dropped).toEqual({ 'bad-authenticator': 1 });
  });

  it('is NTSN once the key of the cookie is forgotten', () => {
    const server = serverOf();
    openNtsReply(session, ask(server, ntsRequest(session, cookie)));
    server.followKeys({ symmetric: [], cookies: [NEXT, CURRENT] });
    const { cookies } = openNtsReply(session, ask(server, ntsRequest(session, cookie)));
    server.followKeys({ symmetric: [], cookies: [masterOf(9), NEXT] });
    expect(read(ask(server, ntsRequest(session, cookie))).referenceId).toBe(0x4e54534e);
    openNtsReply(session, ask(server, ntsRequest(session, cookies[0]!)));
  });
});

/** The same fields, with another in front that was not there when it was sealed. */
function moved(request: Uint8Array): Uint8Array {
  return concat(request.subarray(0, 48), field(0x1234, new Uint8Array(12)), request.subarray(48));
}

describe('an authenticated reply', () => {
  const request = ntsRequest(SIV, SIV_COOKIE);

  it('says as well that the time is not known', () => {
    const reply = openNtsReply(SIV, ask(serverOf(KEYS, NO_SERVER, false), request));
    expect(reply).toMatchObject({ leap: 'unknown', stratum: 0, referenceId: 0, rootDispersion: seconds(1) });
    expect(reply.cookies.length).toBe(1);
  });

  it('says as well that its client asks too often; so does NTSN, in its place, and no more often', () => {
    const limited = { ...NO_SERVER, rateLimit: { interval: seconds(2), burst: 8, exempt: [] } };
    const server = serverOf(KEYS, limited);
    const replies = Array.from({ length: 1_000 }, () => ask(server, request)).filter((bytes) => bytes !== undefined);
    const kisses = replies.map((bytes) => openNtsReply(SIV, bytes)).filter(({ stratum }) => stratum === 0);
    for (const { referenceId, cookies } of kisses) expect([referenceId, cookies.length]).toEqual([0x52415445, 1]);
    const { served, authenticated, kissed, dropped } = server.server.counters();
    expect([kisses.length, authenticated]).toEqual([kissed, served]);
    expect(kissed).toBeGreaterThan(100);

    const bad = ntsRequest(SIV, hex('ab'.repeat(100)));
    const naks = Array.from({ length: 1_000 }, () => ask(server, bad)).filter((bytes) => bytes !== undefined);
    expect(naks.length).toBeLessThan(600);
    expect(new Set(naks.map((bytes) => read(bytes).referenceId))).toEqual(new Set([0x4e54534e]));
    expect(server.server.counters().dropped.nak).toBe(naks.length);
    expect(server.server.counters().dropped['rate-limited']).toBe(dropped['rate-limited']! + 1_000 - naks.length);
  });

  it('is interleaved for who asks so, RFC 9769', () => {
    const server = serverOf();
    const header = (origin: bigint): Uint8Array =>
      hex(`23 00 06 20 ${'00'.repeat(20)} ${origin.toString(16).padStart(16, '0')} 1111222233334444 5555666677778888`);
    const exchange = (origin: bigint, us: number) => {
      const [received, leaves] = [after(DRAWN, nanos(1_000 * us)), after(DRAWN, nanos(1_000 * (us + 10)))];
      const bytes = server.ask(ntsRequest(SIV, SIV_COOKIE, { header: header(origin) }), received, leaves);
      const reply = openNtsReply(SIV, bytes);
      const [stampSeconds, fraction] = [reply.receiveTimestamp >> 32n, reply.receiveTimestamp & 0xffff_ffffn];
      if (server.responder.wantsStamp()) {
        const left = after(DRAWN, nanos(1_000 * (us + 33)));
        const [s, ns] = [Number(left / 1_000_000_000n), Number(left % 1_000_000_000n)];
        server.responder.departed(Number(stampSeconds) | 0, Number(fraction) | 0, s, ns);
      }
      return reply;
    };
    const first = exchange(0n, 0);
    const second = exchange(first.receiveTimestamp, 1_000);
    const third = exchange(second.receiveTimestamp, 2_000);
    expect(third.originTimestamp).toBe(0x1111_2222_3333_4444n);
    const at = (us: number) => after(NOON, nanos(1_000 * us));
    const off = Math.abs(between(at(1_033), unixFromNtp(third.transmitTimestamp, NOON)));
    expect(off).toBeLessThan(20); // the clock runs some ppm fast
    expect(server.server.counters()).toMatchObject({ interleaved: 1, authenticated: 3 });
  });

  it('is by its own client’s keys, and stamped before it is sealed, where a batch has plain ones as well', () => {
    const server = serverOf();
    const others = Array.from({ length: 5 }, (_, n) => ({ ...SIV, c2s: SIV.c2s.with(0, n), s2c: SIV.s2c.with(0, n) }));
    const sealed = others.map((session) => ntsRequest(session, cookieOf(session, CURRENT)));
    const naks = [ntsRequest(SIV, hex('ab'.repeat(100)))];
    const [sealing, leaving] = [after(DRAWN, nanos(20_000)), after(DRAWN, nanos(50_000))];
    const replies = server.askAll([HEADER, ...sealed, HEADER, ...naks], DRAWN, leaving, sealing);
    const sealedReplies = others.map((session, i) => openNtsReply(session, replies[1 + i]));
    const plain = [read(replies[0]), read(replies[6]), read(replies[7])];
    const leftAt = ({ transmitTimestamp }: NtpPacket) => unixFromNtp(transmitTimestamp, NOON) - NOON;
    expect(sealedReplies.map(leftAt)).toEqual(Array(5).fill(20_000n));
    expect(plain.map(leftAt)).toEqual(Array(3).fill(50_000n));
    expect(plain[2]).toMatchObject({ referenceId: 0x4e54534e });
  });
});

const uid = field(UNIQUE_IDENTIFIER, IDENTIFIER);
const cookieField = field(COOKIE, SIV_COOKIE);
const placeholder = field(COOKIE_PLACEHOLDER, new Uint8Array(100));
const sealedWith = (fields: readonly Uint8Array[], question: Question = {}): Uint8Array =>
  authenticate(SIV, concat(HEADER, ...fields), question);

describe('a request that is not as RFC 8915 §5 has it is dropped', () => {
  it.each([
    { name: 'without identifier', request: sealedWith([cookieField]) },
    { name: 'with two identifiers', request: sealedWith([uid, uid, cookieField]) },
    {
      name: 'with a short identifier',
      request: sealedWith([field(UNIQUE_IDENTIFIER, new Uint8Array(28)), cookieField]),
    },
    { name: 'without cookie', request: sealedWith([uid]) },
    { name: 'with two cookies', request: sealedWith([uid, cookieField, cookieField]) },
    { name: 'with its cookie sealed', request: sealedWith([uid], { sealed: cookieField }) },
    {
      name: 'with a placeholder longer than the cookie',
      request: sealedWith([uid, cookieField, field(COOKIE_PLACEHOLDER, new Uint8Array(104))]),
    },
    {
      name: 'with a shorter one, before the cookie',
      request: sealedWith([uid, field(COOKIE_PLACEHOLDER, new Uint8Array(96)), cookieField]),
    },
    {
      name: 'with placeholders of two lengths',
      request: sealedWith([uid, cookieField, placeholder, field(COOKIE_PLACEHOLDER, new Uint8Array(96))]),
    },
    {
      name: 'with a sealed placeholder of another length',
      request: sealedWith([uid, cookieField], { sealed: field(COOKIE_PLACEHOLDER, new Uint8Array(96)) }),
    },
    { name: 'with half a field sealed', request: sealedWith([uid, cookieField], { sealed: hex('1234') }) },
    { name: 'with a sealed field of no length', request: sealedWith([uid, cookieField], { sealed: hex('1234 0000') }) },
    {
      name: 'with a sealed field that ends behind the others',
      request: sealedWith([uid, cookieField], { sealed: hex('1234 0008') }),
    },
    {
      name: 'with a sealed field of odd length',
      request: sealedWith([uid, cookieField], { sealed: hex('1234 0006 0000 0000') }),
    },
    { name: 'with no nonce', request: sealedWith([uid, cookieField], { lengths: [0, 16] }) },
    { name: 'with a nonce beyond the field', request: sealedWith([uid, cookieField], { lengths: [0xffff, 16] }) },
    { name: 'with a ciphertext beyond the field', request: sealedWith([uid, cookieField], { lengths: [16, 17] }) },
    { name: 'with a ciphertext shorter than its tag', request: sealedWith([uid, cookieField], { lengths: [16, 15] }) },
    {
      name: 'with a short nonce and no room for ours',
      request: sealedWith([uid, cookieField], { nonce: new Uint8Array(8), padding: 4 }),
    },
    { name: 'with an identifier behind the authenticator', request: concat(sealedWith([cookieField]), uid) },
    { name: 'with a cookie behind the authenticator', request: concat(sealedWith([uid]), cookieField) },
  ])('$name', ({ request }) => {
    const server = serverOf();
    expect(ask(server, request)).toBeUndefined();
    expect(server.server.counters()).toMatchObject({ served: 0, dropped: { 'malformed-nts': 1 } });
  });

  it.each([8, 16])('with a GCM-SIV nonce of %i octets', (size) => {
    const session = sessionOf(AES_128_GCM_SIV);
    const good = ntsRequest(session, cookieOf(session, CURRENT), { padding: 8 });
    const at = good.length - 12 - 16 - 8 - 4;
    new DataView(good.buffer).setUint16(at, size);
    const server = serverOf();
    expect(ask(server, good)).toBeUndefined();
    expect(server.server.counters().dropped).toEqual({ 'malformed-nts': 1 });
  });

  it('by 16 kB of cookies', () => {
    const server = serverOf();
    expect(ask(server, sealedWith([uid, ...Array(160).fill(cookieField)]))).toBeUndefined();
    expect(server.server.counters().dropped).toEqual({ 'too-long': 1 });
  });
});

describe('a request that is odd, but as RFC 8915 §5 lets it be, is answered', () => {
  it.each([
    {
      name: 'with a longer identifier',
      request: sealedWith([field(UNIQUE_IDENTIFIER, new Uint8Array(200).fill(1)), cookieField]),
    },
    {
      name: 'with its fields in another order, and one that nobody knows',
      request: sealedWith([placeholder, field(0x1234, new Uint8Array(12)), cookieField, uid]),
      many: 2,
    },
    {
      name: 'with more placeholders than it should have: by eight cookies',
      request: sealedWith([uid, cookieField, ...Array(8).fill(placeholder)]),
      many: 8,
    },
    {
      name: 'with as many, most of them sealed',
      request: sealedWith([uid, cookieField, placeholder], { sealed: concat(...Array(15).fill(placeholder)) }),
      many: 8,
    },
    { name: 'with a longer nonce', request: sealedWith([uid, cookieField], { nonce: new Uint8Array(31).fill(2) }) },
    {
      name: 'with a shorter nonce and room for ours',
      request: sealedWith([uid, cookieField], { nonce: new Uint8Array(7).fill(2), padding: 8 }),
    },
    { name: 'with padding behind its authenticator', request: sealedWith([uid, cookieField], { padding: 64 }) },
    {
      name: 'with sealed fields that nobody knows',
      request: sealedWith([uid, cookieField], { sealed: hex('1234 0004 1234 0008 0000 0000') }),
    },
    {
      name: 'with a cookie sealed besides, which is ignored',
      request: sealedWith([uid, cookieField], { sealed: cookieField }),
    },
    // Rule 46: nobody has signed those, and nothing is made of them.
    {
      name: 'with a second authenticator',
      request: concat(sealedWith([uid, cookieField]), field(AUTHENTICATOR, new Uint8Array(36))),
    },
    {
      name: 'with placeholders behind its authenticator',
      request: concat(sealedWith([uid, cookieField]), placeholder),
    },
    {
      name: 'with an identifier behind its authenticator',
      request: concat(sealedWith([uid, cookieField]), field(UNIQUE_IDENTIFIER, new Uint8Array(32))),
    },
  ])('$name', ({ request, many = 1 }) => {
    const reply = ask(serverOf(), request);
    expect(openNtsReply(SIV, reply).cookies.length).toBe(many);
    expect(reply!.length).toBeLessThanOrEqual(request.length);
  });
});

describe('a request that carries no authenticator is plain NTP', () => {
  it.each([
    { name: 'an identifier alone, RFC 8915 §5.3', request: concat(HEADER, uid) },
    {
      name: 'what is left when the authentication was stripped',
      request: concat(HEADER, uid, cookieField, placeholder),
    },
  ])('$name: and has its identifier back', ({ request }) => {
    const server = serverOf();
    const reply = read(ask(server, request));
    expect(reply).toMatchObject({ leap: 'insert', stratum: 3, originTimestamp: BigInt(`0x${NONCE}`) });
    expect(unixFromNtp(reply.transmitTimestamp, NOON)).toBe(NOON + 40_000n);
    expect(reply.extensions).toEqual([{ type: UNIQUE_IDENTIFIER, body: IDENTIFIER }]);
    expect(server.server.counters()).toMatchObject({ served: 1, authenticated: 0, dropped: {} });
  });

  it('a cookie alone, which is of no use', () => {
    expect(read(ask(serverOf(), concat(HEADER, cookieField)))).toMatchObject({ stratum: 3, extensions: [] });
  });

  it('any, where there are no keys: such fields are as unknown as others', () => {
    const server = serverOf({ symmetric: [], cookies: [] });
    for (const request of [ntsRequest(SIV, SIV_COOKIE), sealedWith([uid, uid]), concat(HEADER, uid)]) {
      expect(read(ask(server, request))).toMatchObject({ stratum: 3, extensions: [] });
    }
  });
});

describe('no reply', () => {
  const sessions = fc.constantFrom(SIV, sessionOf(AES_128_GCM_SIV));
  const octets = (maxLength: number) => fc.uint8Array({ maxLength });
  const aligned = (most: number) => fc.integer({ min: 0, max: most }).map((words) => new Uint8Array(4 * words));
  const mostly = (value: Uint8Array, other: fc.Arbitrary<Uint8Array>) =>
    fc.oneof({ arbitrary: fc.constant(value), weight: 3 }, { arbitrary: other, weight: 1 });
  const STRANGE = masterOf(99);
  const shape = fc.record({
    identifier: fc.integer({ min: 8, max: 60 }).map((words) => new Uint8Array(4 * words).fill(9)),
    placeholders: fc.nat(12),
    sealed: mostly(
      new Uint8Array(),
      fc.oneof(
        octets(64),
        aligned(20).map((body) => field(0x0304, body)),
      ),
    ),
    padding: fc.nat(20).map((words) => 4 * words),
    nonceSize: fc.integer({ min: 8, max: 40 }),
    behind: mostly(
      new Uint8Array(),
      aligned(40).map((body) => field(0x0204, concat(body, new Uint8Array(24)))),
    ),
    cookie: fc.oneof(
      { arbitrary: fc.constantFrom(CURRENT, OLD, STRANGE), weight: 3 },
      { arbitrary: aligned(30), weight: 1 },
    ),
  });

  type Shape = typeof shape extends fc.Arbitrary<infer Value> ? Value : never;
  it('is longer than its request, whatever that is like; and all of them are good or NTSN', () => {
    const server = serverOf();
    let [authentic, naks] = [0, 0];
    const holds = (session: typeof SIV, { cookie, nonceSize, behind, ...question }: Shape): void => {
      const isSiv = session.algorithm === AES_SIV_CMAC_256;
      const nonce = new Uint8Array(isSiv ? nonceSize : 12).fill(5);
      const isOurs = !(cookie instanceof Uint8Array) && cookie !== STRANGE;
      const sent = cookie instanceof Uint8Array ? concat(cookie, new Uint8Array(12)) : cookieOf(session, cookie);
      const request = concat(ntsRequest(session, sent, { ...question, nonce }), behind);
      const reply = ask(server, request);
      if (!reply) return;
      expect(reply.length).toBeLessThanOrEqual(request.length);
      if (read(reply).referenceId === 0x4e54534e) naks++;
      else if (isOurs) openNtsReply(session, reply) && authentic++;
    };
    fc.assert(fc.property(sessions, shape, holds), { numRuns: 1_000 });
    expect(authentic).toBeGreaterThan(100);
    expect(naks).toBeGreaterThan(100);
  });

  const request = ntsRequest(SIV, SIV_COOKIE, { placeholders: 1 });
  /** That an attacker could use: one that verifies. */
  const isAuthentic = (reply: Uint8Array | undefined): boolean => {
    try {
      return openNtsReply(SIV, reply) !== undefined;
    } catch {
      return false;
    }
  };

  it('is authentic where one bit of the request is not', () => {
    const server = serverOf();
    expect(isAuthentic(ask(server, request))).toBe(true);
    const wrong: number[] = [];
    for (let bit = 0; bit < 8 * request.length; bit++) {
      const altered = request.with(bit >> 3, request[bit >> 3]! ^ (1 << (bit & 7)));
      const reply = ask(server, altered);
      if (isAuthentic(reply) || (reply && reply.length > altered.length)) wrong.push(bit);
    }
    expect(wrong).toEqual([]);
  });

  it('is authentic where any of it is missing at its end', () => {
    const server = serverOf();
    const wrong = Array.from({ length: request.length }, (_, length) => length).filter((length) => {
      const reply = ask(server, request.slice(0, length));
      return isAuthentic(reply) || (reply !== undefined && reply.length > length);
    });
    expect(wrong).toEqual([]);
  });

  it('comes of octets by chance that is longer, and nothing breaks', () => {
    const server = serverOf();
    const type = fc.constantFrom(UNIQUE_IDENTIFIER, COOKIE, COOKIE_PLACEHOLDER, AUTHENTICATOR, 0x1234);
    const size = fc.constantFrom(12, 16, 28, 32, 36, 64, 68, 100, 200);
    const body = size.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    const fields = fc.array(
      fc.tuple(type, body).map(([kind, octet]) => field(kind, octet)),
      { maxLength: 12 },
    );
    const isSmall = (parts: readonly Uint8Array[]): boolean => {
      const bytes = concat(HEADER, ...parts);
      const reply = ask(server, bytes);
      return reply === undefined || (reply.length <= bytes.length && !isAuthentic(reply));
    };
    fc.assert(fc.property(fields, isSmall), { numRuns: 1_000 });
  });
});

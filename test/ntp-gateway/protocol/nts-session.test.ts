import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCryptography } from '#native/cryptography.ts';
import {
  isUsableCookie,
  NTS_SESSION_MEMORY,
  type NtsSession,
  openReply,
  REQUEST_CHANCE,
  sealRequest,
} from '../../../ntp-gateway/protocol/nts-session.ts';
import { AES_128_GCM_SIV, AES_SIV_CMAC_256, keySizeOf } from '../../../ntp-gateway/wire/nts.ts';
import { inside } from '../../support/hex.ts';
import {
  authenticator,
  field,
  fieldsOf,
  NAK,
  openRequest,
  REPLY,
  type ReplyOptions,
  sealReply,
} from '../../support/nts-peer.ts';

const cryptography = openCryptography(NTS_SESSION_MEMORY, 1, 1);
const HEADER = Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0x23 : 255 - i));
const cookieOf = (fill: number, size = 100): Uint8Array => new Uint8Array(size).fill(fill);

const algorithms = [
  { name: 'AES-SIV-CMAC-256', algorithm: AES_SIV_CMAC_256, cookie: 100 },
  { name: 'AES-128-GCM-SIV', algorithm: AES_128_GCM_SIV, cookie: 68 },
] as const;

describe.each(algorithms)('a session by $name', ({ algorithm, cookie: cookieSize }) => {
  const key = (fill: number): Uint8Array => new Uint8Array(keySizeOf(algorithm)).fill(fill);
  const keys = { c2s: key(1), s2c: key(2) };
  const peer = { algorithm, ...keys };
  const sessionWith = (cookies: number, size: number = cookieSize): NtsSession => ({
    algorithm,
    keys,
    cookies: Array.from({ length: cookies }, (_, i) => cookieOf(i + 1, size)),
  });
  const seal = (session: NtsSession, chance: Uint8Array = randomBytes(REQUEST_CHANCE)) =>
    sealRequest(session, HEADER, chance, cryptography)!;
  /** A session that has asked, and how its server answers. */
  const asked = (cookies = 8) => {
    const { session, bytes } = seal(sessionWith(cookies));
    const identifier = openRequest(peer, bytes)!.identifier;
    const reply = (options: ReplyOptions = {}) =>
      sealReply(peer, { identifier, cookies: [cookieOf(99, cookieSize)], ...options });
    return { session, bytes, identifier, reply };
  };
  const open = (session: NtsSession, bytes: Uint8Array) => openReply(session, new Uint8Array(bytes), cryptography);
  const refusal = (session: NtsSession, bytes: Uint8Array) => {
    const opened = open(session, bytes);
    return opened.ok ? 'authentic' : opened.reason;
  };

  it('asks by the oldest cookie, under a fresh identifier, with the header as it was', () => {
    const chance = randomBytes(REQUEST_CHANCE);
    const { bytes, session } = seal(sessionWith(8), chance);
    expect(bytes.subarray(0, 48)).toEqual(HEADER);
    expect(openRequest(peer, bytes)).toEqual({
      identifier: new Uint8Array(chance.subarray(0, 32)),
      cookie: cookieOf(1, cookieSize),
      placeholders: [],
    });
    expect(session.cookies).toEqual(sessionWith(8).cookies.slice(1));
    expect(fieldsOf(bytes).map(({ type }) => type)).toEqual([0x0104, 0x0204, 0x0404]);
  });

  it('asks for as many cookies as are missing, by placeholders as long as the cookie', () => {
    for (const held of [8, 7, 4, 1]) {
      const { placeholders } = openRequest(peer, seal(sessionWith(held)).bytes)!;
      expect(placeholders).toEqual(Array(8 - held).fill(new Uint8Array(cookieSize)));
    }
  });

  it('has nothing to ask with where no cookie is left', () => {
    expect(sealRequest(sessionWith(0), HEADER, randomBytes(REQUEST_CHANCE), cryptography)).toBeUndefined();
  });

  it('never sends more than IPv6 carries everywhere: of long cookies it asks for fewer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 300 }), fc.integer({ min: 1, max: 8 }), (words, held) => {
        const cookie = cookieOf(1, words * 4);
        fc.pre(isUsableCookie(algorithm, cookie));
        const { bytes } = seal(sessionWith(held, words * 4));
        const { placeholders } = openRequest(peer, bytes)!;
        expect(bytes.length).toBeLessThanOrEqual(1232);
        const isAll = placeholders.length === 8 - held;
        expect(isAll || bytes.length + cookie.length + 4 > 1232).toBe(true);
      }),
    );
  });

  it('opens what its server seals, of whatever length, and takes the fresh cookies', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 9 }), (held, sent) => {
        const { session, reply } = asked(held);
        const fresh = Array.from({ length: sent }, (_, i) => cookieOf(100 + i, cookieSize));
        const opened = openReply(session, inside(reply({ cookies: fresh })), cryptography);
        if (!opened.ok) throw new Error(opened.reason);
        expect(opened.value.header).toEqual(REPLY);
        expect(opened.value.session.cookies).toEqual([...session.cookies, ...fresh].slice(0, 8));
      }),
    );
  });

  it('refuses a reply with any one bit altered, and keeps its session as it was', () => {
    const { session, reply } = asked();
    const bytes = reply();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Uint8Array.from(bytes);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      expect(refusal(session, altered)).not.toBe('authentic');
    }
    expect(refusal(session, bytes)).toBe('authentic');
  });

  it('refuses what is cut off anywhere', () => {
    const { session, reply } = asked();
    const bytes = reply();
    for (let size = 0; size < bytes.length; size++)
      expect(refusal(session, bytes.subarray(0, size))).not.toBe('authentic');
  });

  it.each<{ name: string; word: string; make: (one: ReturnType<typeof asked>) => Uint8Array }>([
    { name: 'stripped to the header', word: 'unauthenticated', make: () => REPLY },
    {
      name: 'with a MAC in place of NTS',
      word: 'unauthenticated',
      make: () => Buffer.concat([REPLY, Buffer.alloc(20, 1)]),
    },
    {
      name: 'of our identifier alone',
      word: 'unauthenticated',
      make: ({ identifier }) => Buffer.concat([REPLY, field(0x0104, identifier)]),
    },
    { name: 'without an identifier', word: 'unauthenticated', make: () => sealReply(peer, { cookies: [cookieOf(9)] }) },
    { name: 'to another', word: 'wrong-identifier', make: ({ reply }) => reply({ identifier: new Uint8Array(32) }) },
    {
      name: 'to us and another',
      word: 'wrong-identifier',
      make: ({ reply }) => reply({ open: [field(0x0104, new Uint8Array(32))] }),
    },
    {
      name: 'to half of our identifier',
      word: 'wrong-identifier',
      make: ({ reply, identifier }) => reply({ identifier: identifier.subarray(0, 16) }),
    },
    { name: 'sealed by our own key', word: 'bad-authenticator', make: ({ reply }) => reply({ key: keys.c2s }) },
    { name: 'that is our own request', word: 'bad-authenticator', make: ({ bytes }) => bytes },
    { name: 'sealed by any key', word: 'bad-authenticator', make: ({ reply }) => reply({ key: key(7) }) },
    {
      name: 'whose seal is shorter than a tag',
      word: 'bad-authenticator',
      make: ({ identifier }) =>
        Buffer.concat([REPLY, field(0x0104, identifier), authenticator(new Uint8Array(12), new Uint8Array(15))]),
    },
    {
      name: 'without a nonce',
      word: 'malformed-nts',
      make: ({ identifier }) =>
        Buffer.concat([REPLY, field(0x0104, identifier), authenticator(new Uint8Array(), new Uint8Array(32))]),
    },
    {
      name: 'whose seal ends behind its field',
      word: 'malformed-nts',
      make: ({ identifier }) =>
        Buffer.concat([
          REPLY,
          field(0x0104, identifier),
          field(0x0404, Uint8Array.of(0, 12, 0, 17, ...new Uint8Array(28))),
        ]),
    },
    {
      name: 'with a field of no length',
      word: 'malformed-nts',
      make: ({ identifier }) => Buffer.concat([REPLY, field(0x0104, identifier), Buffer.alloc(32)]),
    },
    {
      name: 'that is longer than any',
      word: 'malformed-nts',
      make: ({ reply }) => reply({ open: [field(1, new Uint8Array(2000))] }),
    },
    ...[
      [2, 4],
      [2, 4, 0, 0],
      [2, 4, 0, 2],
      [2, 4, 0, 6, 0, 0],
    ].map((plain) => ({
      name: `whose secret is ${plain}`,
      word: 'malformed-nts',
      make: ({ reply }: ReturnType<typeof asked>) => reply({ plain: Uint8Array.from(plain) }),
    })),
    {
      name: 'whose secret ends in a field',
      word: 'malformed-nts',
      make: ({ reply }) => reply({ plain: Uint8Array.of(2, 4, 0, 8) }),
    },
    {
      name: 'of NTPv3',
      word: 'unauthenticated',
      make: ({ reply }) => reply({ header: Uint8Array.from(REPLY, (octet, i) => (i === 0 ? 0x1c : octet)) }),
    },
    {
      name: 'that says NTSN',
      word: 'nts-nak',
      make: ({ identifier }) => Buffer.concat([NAK, field(0x0104, identifier)]),
    },
    {
      name: 'that has NTSN for its reference',
      word: 'unauthenticated',
      make: ({ identifier }) => Buffer.concat([NAK.with(1, 1), field(0x0104, identifier)]),
    },
    { name: 'that says NTSN to nobody', word: 'unauthenticated', make: () => NAK },
    {
      name: 'that says NTSN to another',
      word: 'wrong-identifier',
      make: () => Buffer.concat([NAK, field(0x0104, new Uint8Array(32))]),
    },
  ])('refuses a reply $name: $word', ({ word, make }) => {
    const one = asked();
    expect(refusal(one.session, make(one))).toBe(word);
    expect(refusal(one.session, one.reply())).toBe('authentic');
  });

  it('opens nothing else, and throws at nothing', () => {
    const { session, identifier } = asked();
    const anyField = fc.record({
      type: fc.constantFrom(0x0104, 0x0204, 0x0304, 0x0404, 1),
      body: fc.oneof(fc.constant(identifier), fc.uint8Array({ maxLength: 80 })),
    });
    const fields = fc
      .array(anyField, { maxLength: 8 })
      .map((all) => Buffer.concat(all.map(({ type, body }) => field(type, body))));
    const tail = fc.oneof(fields, fc.uint8Array({ maxLength: 400 }));
    fc.assert(fc.property(tail, (bytes) => refusal(session, Buffer.concat([REPLY, bytes])) !== 'authentic'));
  });

  it('asks again under another identifier, whether or not a reply has come', () => {
    const first = seal(sessionWith(8));
    const [one, other] = [first, seal(first.session)].map(({ bytes }) => openRequest(peer, bytes)!.identifier);
    expect(one).not.toEqual(other);
  });

  it('takes one reply to a request: neither again, nor to the next', () => {
    const { session, reply } = asked();
    const bytes = reply();
    const opened = open(session, bytes);
    if (!opened.ok) throw new Error(opened.reason);
    expect(refusal(opened.value.session, bytes)).toBe('wrong-identifier');
    expect(refusal(seal(opened.value.session).session, bytes)).toBe('wrong-identifier');
  });

  it('drops what follows the authenticator', () => {
    const { session, reply } = asked(1);
    const bytes = Buffer.concat([reply({ cookies: [] }), field(0x0204, cookieOf(66)), Buffer.from('whatever')]);
    const opened = open(session, bytes);
    expect(opened).toMatchObject({ ok: true, value: { header: REPLY, session: { cookies: [] } } });
  });

  it('takes no cookie that was not sealed', () => {
    const { session, reply } = asked(1);
    const opened = open(session, reply({ open: [field(0x0204, cookieOf(66))] }));
    expect(opened).toMatchObject({ ok: true, value: { session: { cookies: [cookieOf(99, cookieSize)] } } });
  });

  it('passes over what else was sealed', () => {
    const { session, reply } = asked(1);
    const plain = Buffer.concat([field(0x0104, cookieOf(1)), field(0x0304, cookieOf(2)), field(0x0204, cookieOf(3))]);
    expect(open(session, reply({ plain }))).toMatchObject({ ok: true, value: { session: { cookies: [cookieOf(3)] } } });
  });

  it('holds eight cookies, each once and none that it could not ask with', () => {
    const { session, reply } = asked(2);
    const sizes = [4, 8, 12, 13, 14, 100, 1200].map((size) => cookieOf(50, size));
    const many = Array.from({ length: 100 }, (_, i) => cookieOf(i, 12));
    const plain = (cookies: readonly Uint8Array[]): Uint8Array =>
      Buffer.concat(cookies.map((one) => field(0x0204, padded(one))));
    const padded = (one: Uint8Array): Uint8Array => one.subarray(0, one.length - (one.length % 4));
    const some = open(session, reply({ plain: plain([cookieOf(2, cookieSize), ...sizes, cookieOf(50, 12)]) }));
    expect(some.ok && some.value.session.cookies.map(({ length }) => length)).toEqual([cookieSize, 12, 100]);
    const full = open(session, reply({ plain: plain(many) }));
    expect(full.ok && full.value.session.cookies.length).toBe(8);
  });
});

it('takes no nonce for GCM-SIV that GCM-SIV does not', () => {
  const keys = { c2s: new Uint8Array(16), s2c: new Uint8Array(16) };
  const session: NtsSession = { algorithm: AES_128_GCM_SIV, keys, cookies: [], identifier: new Uint8Array(32) };
  const bytes = Buffer.concat([
    REPLY,
    field(0x0104, new Uint8Array(32)),
    authenticator(new Uint8Array(16), new Uint8Array(16)),
  ]);
  expect(openReply(session, bytes, cryptography)).toEqual({ ok: false, reason: 'bad-authenticator' });
});

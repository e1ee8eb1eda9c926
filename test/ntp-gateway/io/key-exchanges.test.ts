import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { seconds } from '#contract/time.ts';
import { parsePrefix } from '../../../ntp-gateway/config/prefixes.ts';
import { readIdentity } from '../../../ntp-gateway/io/certificate.ts';
import { type Changing, openKeyExchanges } from '../../../ntp-gateway/io/key-exchanges.ts';
import { newClientMemory } from '../../../ntp-gateway/protocol/client-table.ts';
import { keyExchangesOf, newKeyExchangeCounters } from '../../../ntp-gateway/protocol/key-exchange-counters.ts';
import { algorithmOfCookie, cookieKeyId, openCookie } from '../../../ntp-gateway/protocol/nts-cookie.ts';
import { policyOf } from '../../../ntp-gateway/protocol/policy.ts';
import { decodeMessage, type NtsRecord } from '../../../ntp-gateway/wire/nts-record.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { hex } from '../../support/hex.ts';
import { talk } from '../../support/key-client.ts';
import { NO_SERVER } from '../../support/server-config.ts';
import { openSlowCryptography } from '../../support/slow-cryptography.ts';
import { waitFor } from '../../support/wait-for.ts';

const LABEL = 'EXPORTER-network-time-security';
const END = '8000 0000';
const NTPV4 = '8001 0002 0000';
const SIV = '8004 0002 000f';
const GCM = '8004 0002 001e';
const REQUEST = hex(NTPV4 + SIV + END);
const NTP_PORT = 11_123;
const COOKIE_KEY = { id: 0xfedc_ba98, key: new Uint8Array(32).fill(0x5a) };
const BAD_REQUEST = hex(`8002 0002 0001 ${END}`);

const identity = readIdentity(makeCertificate());
const prefix = (text: string) => parsePrefix(text)!;

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** @param addressOf - what the nth connection is to come from, where not from where it does. */
const start = async (changing: Partial<Changing> = {}, addressOf?: (nth: number) => string) => {
  const counters = newKeyExchangeCounters();
  let now = 0;
  let connections = 0;
  const exchanges = openKeyExchanges(
    {
      listen: [],
      port: NTP_PORT,
      counters,
      clients: newClientMemory(),
      clientsKey: randomFillSync(new Int32Array(2)),
      policy: policyOf(NO_SERVER),
      identity,
      cookieKey: COOKIE_KEY,
      ...changing,
    },
    openSlowCryptography,
    () => now,
  );
  const accepted = new Set<Socket>();
  const server = createServer((socket) => {
    accepted.add(socket);
    connections++;
    if (addressOf) Object.defineProperty(socket, 'remoteAddress', { value: addressOf(connections) });
    socket.on('close', () => accepted.delete(socket));
    exchanges.take(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  stops.push(() => {
    exchanges.close();
    server.close();
  });
  return {
    port,
    follow: exchanges.follow,
    counters: () => keyExchangesOf(counters),
    open: () => accepted.size,
    pass: (ms: number) => {
      now += ms;
    },
  };
};

const messageOf = (answer: Uint8Array): readonly NtsRecord[] => {
  const decoded = decodeMessage(answer);
  if (!decoded?.ok) throw new Error(`no message: ${Buffer.from(answer).toString('hex')}`);
  return decoded.value;
};
const cookiesIn = (answer: Uint8Array): readonly Uint8Array[] =>
  messageOf(answer)
    .filter(({ type }) => type === 5)
    .map(({ body }) => body);

/** A plain connection, with what is to be written first. */
const dial = async (port: number, bytes: Uint8Array = hex(''), localAddress = '127.0.0.1'): Promise<Socket> => {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
};
const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));

describe('a key exchange', () => {
  it.each([
    { name: 'AES-SIV-CMAC-256', asked: SIV, algorithm: 15, named: 15, size: 32, isCompliant: false },
    { name: 'AES-128-GCM-SIV', asked: `${GCM} 0400 0000`, algorithm: 30, named: 30, size: 16, isCompliant: true },
    { name: 'AES-128-GCM-SIV of old', asked: GCM, algorithm: 30, named: 15, size: 16, isCompliant: false },
  ])(
    'by $name: eight cookies that hold the keys of this TLS session',
    async ({ asked, algorithm, named, size, isCompliant }) => {
      const { port, counters } = await start();
      let keys = hex('');
      const secured = (socket: TLSSocket): void => {
        const [c2s, s2c] = [0, 1].map((direction) =>
          socket.exportKeyingMaterial(size, LABEL, Buffer.from([0, 0, 0, named, direction])),
        );
        keys = Uint8Array.from(Buffer.concat([c2s!, s2c!]));
      };
      const { answer, fault } = await talk({ port, chunks: [hex(NTPV4 + asked + END)], secured });
      expect(fault).toBeUndefined();

      const records = messageOf(answer);
      expect(records.slice(0, -8)).toEqual([
        { critical: true, type: 1, body: hex('0000') },
        { critical: true, type: 4, body: Uint8Array.of(0, algorithm) },
        ...(isCompliant ? [{ critical: false, type: 1024, body: hex('') }] : []),
        { critical: true, type: 7, body: hex('2b73') },
      ]);
      const cookies = cookiesIn(answer);
      expect(cookies).toHaveLength(8);
      expect(new Set(cookies.map((cookie) => Buffer.from(cookie).toString('hex'))).size).toBe(8);
      const cryptography = openSlowCryptography(512, 1, 0);
      cryptography.octets.set(COOKIE_KEY.key);
      cryptography.setKey(0, 15, 0);
      for (const cookie of cookies) {
        expect(algorithmOfCookie(cookie.length)).toBe(algorithm);
        cryptography.octets.set(cookie, 64);
        expect(cookieKeyId(cryptography, 64) >>> 0).toBe(COOKIE_KEY.id);
        expect(openCookie(cryptography, 0, 64, cookie.length, 256)).toBe(true);
        expect(cryptography.octets.slice(256, 256 + 2 * size)).toEqual(keys);
      }
      expect(counters()).toEqual({ accepted: 1, exchanged: 1 });
    },
  );

  it('is one request: the server ends it, and hears no other', async () => {
    const { port, counters, open } = await start();
    const { answer, fault } = await talk({ port, chunks: [REQUEST] });
    expect([cookiesIn(answer).length, fault]).toEqual([8, undefined]);
    await waitFor('the end', () => open() === 0);

    const twice = await talk({
      port,
      secured: (socket) => {
        socket.write(REQUEST);
        socket.once('data', () => socket.write(REQUEST));
      },
    });
    expect(cookiesIn(twice.answer)).toHaveLength(8);
    await waitFor('the end', () => open() === 0);
    expect(counters()).toEqual({ accepted: 2, exchanged: 2 });
  });

  it('goes on from where the message was cut, wherever that was', async () => {
    const { port, counters } = await start();
    const splits = Array.from({ length: REQUEST.length - 1 }, (_, i) => [
      REQUEST.subarray(0, i + 1),
      REQUEST.subarray(i + 1),
    ]);
    const byOctet = Array.from(REQUEST, (octet) => Uint8Array.of(octet));
    const said = await Promise.all([...splits, byOctet].map((chunks) => talk({ port, chunks })));
    expect(said.map(({ answer }) => cookiesIn(answer).length)).toEqual(said.map(() => 8));
    expect(counters()).toEqual({ accepted: said.length, exchanged: said.length });
  });

  it('gives no ticket that would resume it', async () => {
    const { port } = await start();
    let session: Buffer | undefined;
    const secured = (socket: TLSSocket): unknown =>
      socket.on('session', (given: Buffer) => {
        session = given;
      });
    await talk({ port, chunks: [REQUEST], secured });
    let isReused: boolean | undefined;
    const second = await talk({
      port,
      chunks: [REQUEST],
      ...(session && { session }),
      secured: (socket) => {
        isReused = socket.isSessionReused();
      },
    });
    expect([isReused, cookiesIn(second.answer).length]).toEqual([false, 8]);
  });
});

describe('a request that is refused', () => {
  it.each([
    { name: 'an empty message', wire: END, answer: `8002 0002 0001 ${END}`, word: 'malformed' },
    {
      name: 'octets behind the end',
      wire: `${NTPV4 + SIV + END} 00`,
      answer: `8002 0002 0001 ${END}`,
      word: 'malformed',
    },
    {
      name: 'two messages at once',
      wire: (NTPV4 + SIV + END).repeat(2),
      answer: `8002 0002 0001 ${END}`,
      word: 'malformed',
    },
    {
      name: 'an unknown critical record',
      wire: `${NTPV4 + SIV} c000 0000 ${END}`,
      answer: `8002 0002 0000 ${END}`,
      word: 'critical-record',
    },
    { name: 'another protocol', wire: `8001 0002 8000 ${SIV + END}`, answer: `8001 0000 ${END}`, word: 'protocol' },
    { name: 'another AEAD', wire: `${NTPV4} 8004 0002 0001 ${END}`, answer: `${NTPV4} 8004 0000 ${END}`, word: 'aead' },
    { name: 'a record that will not end', wire: '4000 ffff', answer: `8002 0002 0001 ${END}`, word: 'too-long' },
    {
      name: '16 kB of records',
      wire: `4000 3ff0 ${'00'.repeat(0x3ff0)} 4000 000c`,
      answer: `8002 0002 0001 ${END}`,
      word: 'too-long',
    },
    {
      name: 'empty records without end',
      wire: '4000 0000'.repeat(300),
      answer: `8002 0002 0001 ${END}`,
      word: 'too-long',
    },
    {
      name: '16 kB of cookies',
      wire: `0005 0064 ${'c0'.repeat(100)}`.repeat(160),
      answer: `8002 0002 0001 ${END}`,
      word: 'too-long',
    },
  ])('for $name: told so, in one word', async ({ wire, answer, word }) => {
    const { port, counters, open } = await start();
    const said = await talk({ port, chunks: [hex(wire)] });
    expect(said).toEqual({ answer: hex(answer) });
    expect(counters()).toEqual({ accepted: 1, [word]: 1 });
    await waitFor('the end', () => open() === 0);
  });

  it('in more reads than any client needs', async () => {
    const { port, counters } = await start();
    const chunks = Array.from({ length: 3_000 }, (_, i) => (i === 0 ? hex('4000 3000') : hex('00')));
    const { answer } = await talk({ port, chunks });
    expect([hex(''), BAD_REQUEST]).toContainEqual(answer); // what is still to come resets the connection
    expect(counters()).toEqual({ accepted: 1, 'too-long': 1 });
  });
});

describe('TLS that is refused', () => {
  it.each([
    { name: 'TLS 1.2', options: { maxVersion: 'TLSv1.2' }, word: 'tls', fault: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' },
    {
      name: 'another protocol',
      options: { ALPNProtocols: ['h2'] },
      word: 'alpn',
      fault: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    },
    {
      name: 'a later one',
      options: { ALPNProtocols: ['ntske/2'] },
      word: 'alpn',
      fault: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    },
    {
      name: 'a client that does not trust us',
      options: { ca: [] },
      word: 'gone',
      fault: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    },
  ] as const)('$name', async ({ options, word, fault }) => {
    const { port, counters } = await start();
    expect(await talk({ port, chunks: [REQUEST], ...options } as Parameters<typeof talk>[0])).toEqual({
      answer: hex(''),
      fault,
    });
    await waitFor('its end', () => counters()[word] === 1);
    expect(counters()).toEqual({ accepted: 1, [word]: 1 });
  });

  it('without any protocol named: no answer', async () => {
    const { port, counters } = await start();
    const { answer } = await talk({ port, chunks: [REQUEST], ALPNProtocols: undefined } as Parameters<typeof talk>[0]);
    expect(answer).toEqual(hex(''));
    expect(counters()).toEqual({ accepted: 1, alpn: 1 });
  });

  it.each([
    { name: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n') },
    { name: 'a request without TLS', bytes: REQUEST },
    { name: 'noise', bytes: Buffer.alloc(100_000, 0xa5) },
    { name: 'a hello that claims 16 MB', bytes: hex('16 0301 4000 01ff ffff 0303') },
  ])('$name in its place', async ({ bytes }) => {
    const { port, counters } = await start();
    const socket = await dial(port, Buffer.concat([bytes, Buffer.alloc(0x4000)]));
    await ended(socket);
    expect(counters()).toEqual({ accepted: 1, tls: 1 });
  });
});

describe('a connection', () => {
  it.each([
    { name: 'before TLS', bytes: hex('') },
    { name: 'within a hello', bytes: hex('16 0301 0200 0100 01fc 0303') },
  ])('that the client ends or resets $name is gone', async ({ bytes }) => {
    const { port, counters, open } = await start();
    const [one, two] = [await dial(port, bytes), await dial(port, bytes)];
    await waitFor('both', () => open() === 2);
    one.end();
    two.resetAndDestroy();
    await waitFor('the end', () => open() === 0);
    expect(counters()).toEqual({ accepted: 2, gone: 2 });
  });

  it.each([{ chunks: [] }, { chunks: [REQUEST.subarray(0, 9)] }])(
    'that the client ends before its request has come whole is gone',
    async ({ chunks }) => {
      const { port, counters, open } = await start();
      const said = await talk({ port, chunks, secured: (socket) => setImmediate(() => socket.end()) });
      expect(said).toEqual({ answer: hex('') });
      await waitFor('the end', () => open() === 0);
      expect(counters()).toEqual({ accepted: 1, gone: 1 });
    },
  );

  it('has two seconds, however busy it is', async () => {
    const { port, counters, open, pass } = await start();
    const hello = hex('16 0301 0200 0100 01fc 0303');
    const silent = await dial(port);
    const slow = await dial(port, hello);
    const trickle = setInterval(() => slow.write(hex('00')), 20);
    const mute = talk({ port });
    const late = talk({ port, chunks: [REQUEST.subarray(0, 9)] });
    await waitFor('all four', () => open() === 4);
    pass(1_999);
    const young = await dial(port);
    await new Promise((resolve) => setTimeout(resolve, 300)); // a look is in between
    expect(open()).toBe(5);
    pass(1);
    await Promise.all([ended(silent), ended(slow), mute, late]);
    clearInterval(trickle);
    await waitFor('their end', () => open() === 1);
    expect(counters()).toEqual({ accepted: 5, timeout: 4 });
    young.destroy();
  });

  it('that is not closed by a client who has its answer counts once, and is closed', async () => {
    const { port, counters, open, pass } = await start();
    let held: TLSSocket | undefined;
    const options = { port, allowHalfOpen: true, chunks: [REQUEST] };
    void talk({
      ...options,
      secured: (socket) => {
        held = socket;
      },
    });
    await waitFor('the answer', () => counters().exchanged === 1);
    expect(open()).toBe(1);
    pass(2_000);
    await waitFor('the end', () => open() === 0);
    expect(counters()).toEqual({ accepted: 1, exchanged: 1 });
    held?.destroy();
  });
});

describe('too many connections', () => {
  it('of one client cost it its oldest, and nobody else anything', async () => {
    const { port, counters, open } = await start();
    const other = await dial(port, hex(''), '127.0.0.9');
    const many = [];
    for (let i = 0; i < 64; i++) many.push(await dial(port));
    await waitFor('all', () => open() === 65);
    expect((await talk({ port, chunks: [REQUEST] })).answer).toHaveLength(8 * 104 + 22);
    await ended(many[0]!);
    expect(counters()).toEqual({ accepted: 66, 'too-many': 1, exchanged: 1 });
    expect([other.closed, many[1]!.closed]).toEqual([false, false]);
    for (const socket of [other, ...many]) socket.destroy();
  });

  it('of one client are those of an IPv6 /64', async () => {
    const { port, counters } = await start({}, (nth) => (nth === 1 ? '2001:db8:0:1::1' : `2001:db8::${nth}:1`));
    const many = [];
    for (let i = 0; i < 66; i++) many.push(await dial(port));
    await ended(many[1]!);
    expect(counters()).toEqual({ accepted: 66, 'too-many': 1 });
    expect([many[0]!.closed, many[2]!.closed]).toEqual([false, false]);
    for (const socket of many) socket.destroy();
  });

  it('are those that are open: what has ended costs nobody a place', async () => {
    const { port, counters, open } = await start();
    const slow = await dial(port);
    for (let i = 0; i < 64; i++) await ended((await dial(port)).end());
    await waitFor('their end', () => open() === 1);
    await ended((await dial(port)).end());
    await waitFor('its end', () => open() === 1);
    expect(counters()).toEqual({ accepted: 66, gone: 65 });
    slow.destroy();
  });

  it('of many clients make room for the next, the oldest first', async () => {
    const { port, counters, open } = await start();
    const many = [];
    for (let i = 0; i < 512; i++) many.push(await dial(port, hex(''), `127.0.1.${1 + (i % 250)}`));
    await waitFor('all', () => open() === 512);
    expect(cookiesIn((await talk({ port, chunks: [REQUEST] })).answer)).toHaveLength(8);
    await ended(many[0]!);
    expect(counters()).toEqual({ accepted: 513, 'too-many': 1, exchanged: 1 });
    for (const socket of many) socket.destroy();
    await waitFor('the end', () => open() === 0);
  });

  it('one after the other are too often, at more than one a second in the long run', async () => {
    const { port, counters, pass, follow } = await start();
    for (let i = 0; i < 130; i++) await ended((await dial(port)).end());
    expect(counters()).toEqual({ accepted: 130, gone: 128, 'rate-limited': 2 });
    expect(cookiesIn((await talk({ port, localAddress: '127.0.0.9', chunks: [REQUEST] })).answer)).toHaveLength(8);
    pass(1_000);
    expect(cookiesIn((await talk({ port, chunks: [REQUEST] })).answer)).toHaveLength(8);
    await ended(await dial(port));
    expect(counters()['rate-limited']).toBe(3);

    const rateLimit = { interval: seconds(1), burst: 1, exempt: [prefix('127.0.0.0/24')] };
    follow({ policy: policyOf({ ...NO_SERVER, rateLimit }) });
    expect(cookiesIn((await talk({ port, chunks: [REQUEST] })).answer)).toHaveLength(8);
  });
});

it('ten thousand connections that say nothing keep nobody out, and are never held all at once', async () => {
  const { port, counters, open } = await start();
  let most = 0;
  for (let i = 1; i <= 10_000; i++) {
    await dial(port, hex(''), `127.0.${1 + (i % 100)}.1`);
    most = Math.max(most, open());
    if (i % 500 > 0) continue;
    expect(cookiesIn((await talk({ port, localAddress: '127.0.0.9', chunks: [REQUEST] })).answer)).toHaveLength(8);
  }
  expect(most).toBeLessThan(520); // 512, and those that are being closed
  const { 'too-many': made = 0, ...rest } = counters();
  expect(rest).toEqual({ accepted: 10_020, exchanged: 20 });
  expect(made).toBeGreaterThan(10_000 - 520);
});

describe('what changes', () => {
  it('are those who may come at all', async () => {
    const { port, counters, follow } = await start({
      policy: policyOf({ ...NO_SERVER, deny: [prefix('127.0.0.1/32')] }),
    });
    await ended(await dial(port, REQUEST));
    expect(counters()).toEqual({ accepted: 1, denied: 1 });
    follow({ policy: policyOf({ ...NO_SERVER, allow: [prefix('127.0.0.1/32')] }) });
    expect(cookiesIn((await talk({ port, chunks: [REQUEST] })).answer)).toHaveLength(8);
    await ended(await dial(port, REQUEST, '127.0.0.2'));
    expect(counters()).toEqual({ accepted: 3, denied: 2, exchanged: 1 });
  });

  it('is the certificate, and whoever is under way goes on with the one before', async () => {
    const { port, follow } = await start();
    const serial = (socket: TLSSocket): string => socket.getPeerCertificate().serialNumber;
    const seen: string[] = [];
    const before = talk({
      port,
      secured: (socket) => {
        seen.push(serial(socket));
        follow({ identity: readIdentity(makeCertificate({ kind: 'rsa' })) });
        socket.write(REQUEST);
      },
    });
    expect(cookiesIn((await before).answer)).toHaveLength(8);
    const after = await talk({ port, chunks: [REQUEST], secured: (socket) => seen.push(serial(socket)) });
    expect(cookiesIn(after.answer)).toHaveLength(8);
    expect(new Set(seen).size).toBe(2);
  });

  it('is the key of the cookies', async () => {
    const { port, follow } = await start();
    follow({ cookieKey: { id: 7, key: new Uint8Array(32).fill(7) } });
    const cookies = cookiesIn((await talk({ port, chunks: [REQUEST] })).answer);
    expect(cookies.map((cookie) => [...cookie.subarray(0, 4)])).toEqual(cookies.map(() => [0, 0, 0, 7]));
  });
});

it('holds nothing of those that are gone', async () => {
  const { port, counters, open } = await start({
    policy: policyOf({ ...NO_SERVER, rateLimit: { interval: seconds(1), burst: 1, exempt: [prefix('127.0.0.0/8')] } }),
  });
  const storm = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      const socket = await dial(port, i % 2 ? REQUEST : hex('16 0301 0200 01'));
      if (i % 2) await ended(socket);
      else socket.resetAndDestroy();
    }
  };
  await Promise.all(Array.from({ length: 20 }, storm));
  await waitFor('the end', () => open() === 0);
  expect(counters()).toEqual({ accepted: 2_000, gone: 1_000, tls: 1_000 });
  expect(cookiesIn((await talk({ port, chunks: [REQUEST] })).answer)).toHaveLength(8);
});

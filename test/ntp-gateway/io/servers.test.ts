/** Both engines, from real sockets, each with the real responder: they differ in how fast and how well they stamp, in nothing else. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { type MonoNanos, monoNanos, seconds } from '#contract/time.ts';
import { CLOCK_MONOTONIC_RAW, openClock } from '#native/clocks.ts';
import { parsePrefix } from '../../../ntp-gateway/config/prefixes.ts';
import type { Endpoint, ServerConfig } from '../../../ntp-gateway/config.ts';
import { readClock } from '../../../ntp-gateway/discipline/clock.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { canServeOnLinux, serveOnLinux } from '../../../ntp-gateway/io/server-linux.ts';
import { servePortably } from '../../../ntp-gateway/io/server-portable.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import type { NtpServer } from '../../../ntp-gateway/ports.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import {
  type CookieKey,
  NO_KEYS,
  type ServerKeys,
  type SymmetricKey,
} from '../../../ntp-gateway/protocol/server-keys.ts';
import { decodePacket, type NtpPacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { unixFromNtp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { AES_128_GCM_SIV, AES_SIV_CMAC_256 } from '../../../ntp-gateway/wire/nts.ts';
import { clockOf, readingOf } from '../../support/clock.ts';
import { freeUdpPort } from '../../support/free-port.ts';
import { hex } from '../../support/hex.ts';
import { digestByNode } from '../../support/node-cryptography.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { concat, cookieOf, ntsRequest, openNtsReply, type Session, sessionOf } from '../../support/nts-asking.ts';
import { NO_SERVER } from '../../support/server-config.ts';
import { waitFor } from '../../support/wait-for.ts';

const raw = openClock(CLOCK_MONOTONIC_RAW) ?? process.hrtime.bigint;
const mono = (): MonoNanos => monoNanos(raw());

const ENGINES = [
  { name: 'portable', serve: servePortably(mono) },
  ...(canServeOnLinux() ? [{ name: 'Linux', serve: serveOnLinux }] : []),
];

const REQUEST = hex(`23 00 06 20 ${'00'.repeat(36)} f1e2d3c4b5a69788`);

const isFree = async ({ host, port }: Endpoint): Promise<boolean> => {
  const socket = createSocket('udp4');
  const bound = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false)).bind(port, host, () => resolve(true));
  });
  socket.close();
  return bound;
};

describe.each(ENGINES)('the $name server', ({ serve }) => {
  const opened: (NtpServer | Socket)[] = [];
  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
  });

  /** Noon is when it starts; its clock is some ms wrong at most. */
  const start = async (config: Partial<ServerConfig> = {}, isSynchronized = true, keys = NO_KEYS) => {
    const listen = config.listen ?? [{ host: '127.0.0.1', port: await freeUdpPort() }];
    const clock = clockOf(NOON, { at: mono(), reading: readingOf(NOON) });
    const lines = newLineMemory();
    const look = { now: clock.at, wall: clock.reading.time };
    writeLine(lines, servedLine(isSynchronized ? clock : undefined, look, -20, 1));
    const server = await serve({ ...NO_SERVER, threads: 2, ...config, listen }, lines, keys);
    opened.push(server);
    return { server, clock, listen, port: listen[0]!.port };
  };

  const client = async ({ host, port }: Endpoint): Promise<Socket> => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    opened.push(socket);
    socket.connect(port, host);
    await once(socket, 'connect');
    return socket;
  };
  const exchange = async (socket: Socket, request = REQUEST) => {
    const sentAt = mono();
    socket.send(request);
    const [message] = (await once(socket, 'message')) as [Buffer];
    const receivedAt = mono();
    const reply = decodePacket(message);
    if (!reply.ok) throw new Error(reply.reason);
    return { reply: reply.value, sentAt, receivedAt };
  };
  const unix = (timestamp: NtpPacket['receiveTimestamp']) => unixFromNtp(timestamp, NOON);

  it.each(['127.0.0.1', '::1'])('tells the time of its clock, between asking and answering, on %s', async (host) => {
    const { clock, listen } = await start({ listen: [{ host, port: await freeUdpPort() }] });
    const socket = await client(listen[0]!);
    for (let i = 0; i < 20; i++) {
      const { reply, sentAt, receivedAt } = await exchange(socket);
      const [t1, t2] = [readClock(clock, sentAt).time, unix(reply.receiveTimestamp)];
      const [t3, t4] = [unix(reply.transmitTimestamp), readClock(clock, receivedAt).time];
      expect([t2 - t1 >= -2n, t3 - t2 >= -2n, t4 - t3 >= -2n]).toEqual([true, true, true]);
      expect(reply).toMatchObject({ version: 4, mode: 4, stratum: 2, referenceId: 0xfedcba98 });
    }
  });

  it('listens on several addresses at once', async () => {
    const listen = [
      { host: '127.0.0.1', port: await freeUdpPort() },
      { host: '127.0.0.2', port: await freeUdpPort() },
      { host: '::1', port: await freeUdpPort() },
    ];
    const { server } = await start({ listen });
    for (const endpoint of listen) await exchange(await client(endpoint));
    expect(server.counters().served).toBe(3);
  });

  it('answers who asks many times at once', async () => {
    const { listen, server } = await start();
    const socket = await client(listen[0]!);
    let replies = 0;
    socket.on('message', () => replies++);
    for (let i = 0; i < 200; i++) socket.send(REQUEST);
    await waitFor('200 replies', () => replies === 200);
    expect(server.counters().served).toBe(200);
  });

  it('does not know the time before it is told', async () => {
    const { listen } = await start({}, false);
    const { reply } = await exchange(await client(listen[0]!));
    expect(reply).toMatchObject({ leap: 'unknown', stratum: 0, rootDelay: seconds(1), rootDispersion: seconds(1) });
  });

  it('counts what it does not answer, and follows another policy soon', async () => {
    const { listen, server } = await start();
    const socket = await client(listen[0]!);
    socket.send(REQUEST.subarray(0, 47));
    await exchange(socket);
    expect(server.counters()).toEqual({
      served: 1,
      interleaved: 0,
      authenticated: 0,
      kissed: 0,
      dropped: { 'too-short': 1 },
    });
    server.follow({ ...NO_SERVER, deny: [parsePrefix('127.0.0.0/8')!] });
    const denied = (): number => server.counters().dropped.denied ?? 0;
    await waitFor('a denial', () => {
      socket.send(REQUEST);
      return denied() > 0;
    });
  });

  it('tells in interleaved mode when the reply before really left: no earlier than it said, no later than it came', async () => {
    const { clock, listen, server } = await start();
    const socket = await client(listen[0]!);
    const ask = (origin: bigint, i: number) =>
      exchange(
        socket,
        hex(
          `23 00 06 20 ${'00'.repeat(20)} ${origin.toString(16).padStart(16, '0')} 111122223333${1000 + i} 555566667777${1000 + i}`,
        ),
      );
    let before = await ask(0n, 0);
    let measured = 0;
    // A reply whose stamp was not there in time is followed by one in basic mode: on a busy machine that may be several.
    for (let i = 1; measured < 17 && i < 500; i++) {
      const next = await ask(before.reply.receiveTimestamp, i);
      const isInterleaved = next.reply.originTimestamp === BigInt(`0x111122223333${1000 + i}`);
      if (isInterleaved) {
        const left = unix(next.reply.transmitTimestamp);
        expect(left >= unix(before.reply.receiveTimestamp)).toBe(true);
        expect(left <= readClock(clock, before.receivedAt).time + 2n).toBe(true);
        measured++;
      }
      before = next;
    }
    expect(measured).toBe(17);
    expect(server.counters().interleaved).toBe(measured);
  });

  const cookieKey = (id: number): CookieKey => ({ id, key: new Uint8Array(32).fill(id) });
  const [OLD, NEW] = [cookieKey(1), cookieKey(2)];
  const symmetric: SymmetricKey = { id: 7, algorithm: 'sha256', secret: hex('aa'.repeat(20)) };
  const keys: ServerKeys = { symmetric: [symmetric], cookies: [OLD] };
  const send = async (socket: Socket, request: Uint8Array): Promise<Buffer> => {
    socket.send(request);
    return (await once(socket, 'message'))[0];
  };

  it.each([
    { name: 'AES-SIV-CMAC-256', session: sessionOf(AES_SIV_CMAC_256) },
    { name: 'AES-128-GCM-SIV', session: sessionOf(AES_128_GCM_SIV) },
  ])('answers NTS with $name, and follows new keys soon', async ({ session }) => {
    const { clock, listen, server } = await start({}, true, keys);
    const socket = await client(listen[0]!);
    let cookie = cookieOf(session, OLD);
    for (let i = 0; i < 5; i++) {
      const sentAt = mono();
      const bytes = await send(socket, ntsRequest(session, cookie, { placeholders: 1 }));
      const receivedAt = mono();
      const { cookies, receiveTimestamp, transmitTimestamp } = openNtsReply(session, bytes);
      const [t1, t2] = [readClock(clock, sentAt).time, unix(receiveTimestamp)];
      const [t3, t4] = [unix(transmitTimestamp), readClock(clock, receivedAt).time];
      expect([t2 - t1 >= -2n, t3 - t2 >= -2n, t4 - t3 >= -2n]).toEqual([true, true, true]);
      expect(cookies.length).toBe(2);
      cookie = cookies[i % 2]!;
    }
    expect(server.counters()).toMatchObject({ served: 5, authenticated: 5, dropped: {} });

    server.followKeys({ symmetric: [], cookies: [NEW, OLD] });
    const isSealedByNew = async (): Promise<boolean> => {
      const { cookies } = openNtsReply(session, await send(socket, ntsRequest(session, cookie)));
      return cookies[0]![3] === NEW.id;
    };
    await waitFor('a cookie of the new key', isSealedByNew);
  });

  it('answers with MACs', async () => {
    const { listen, server } = await start({}, true, keys);
    const sign = (bytes: Uint8Array) =>
      concat(bytes, hex('0000 0007'), digestByNode('sha256', symmetric.secret, bytes).subarray(0, 20));
    const reply = await send(await client(listen[0]!), sign(REQUEST));
    expect(Uint8Array.from(reply)).toEqual(sign(reply.subarray(0, 48)));
    expect(server.counters()).toMatchObject({ served: 1, authenticated: 1 });
  });

  it('answers many clients at once, each by its keys and whether they are authenticated or not', async () => {
    const { listen } = await start({}, true, keys);
    const socket = await client(listen[0]!);
    const siv = sessionOf(AES_SIV_CMAC_256);
    const sessions = Array.from(
      { length: 24 },
      (_, n): Session => ({ ...siv, c2s: siv.c2s.with(0, n), s2c: siv.s2c.with(0, n) }),
    );
    const heard: Buffer[] = [];
    socket.on('message', (message) => heard.push(message));
    sessions.forEach((session, n) => {
      const identifier = new Uint8Array(32).fill(n);
      socket.send(ntsRequest(session, cookieOf(session, OLD), { identifier, placeholders: n % 8 }));
      socket.send(REQUEST);
    });
    await waitFor('48 replies', () => heard.length === 48);
    const sealed = heard.filter(({ length }) => length > 48);
    const opened = sealed.map((bytes) => openNtsReply(sessions[bytes[52]!]!, bytes));
    expect(opened.map(({ identifier, cookies }) => (identifier[0]! % 8) + 1 - cookies.length)).toEqual(
      Array(24).fill(0),
    );
    expect(new Set(opened.map(({ identifier }) => identifier[0])).size).toBe(24);
  });

  it('shows who asked', async () => {
    const { listen, server } = await start();
    await exchange(await client(listen[0]!));
    expect(server.clients().length).toBeGreaterThan(0);
  });

  it('names the address that cannot be listened on, and why, and then listens on none', async () => {
    const { listen, port } = await start();
    const free = { host: '127.0.0.1', port: await freeUdpPort() };
    const again = start({ listen: [free, ...listen] });
    await expect(again).rejects.toThrow(SetupError);
    await expect(again).rejects.toThrow(`cannot listen on 127.0.0.1:${port} for NTP: the port is in use`);
    await start({ listen: [free] });
  });

  it('lets go of its port', async () => {
    const { listen, server } = await start();
    opened.splice(0);
    server.close();
    await waitFor('a free port', () => isFree(listen[0]!));
  });
});

/** All that a server with [server.nts] is, from real sockets: keys are exchanged, and the cookies are good for requests. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { after, type MonoNanos, monoNanos, seconds } from '#contract/time.ts';
import type { ServerConfig } from '../../../ntp-gateway/config.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { type Served, serveWith } from '../../../ntp-gateway/io/serve.ts';
import { servePortably } from '../../../ntp-gateway/io/server-portable.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import type { NtpServer } from '../../../ntp-gateway/ports.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import { decodeMessage } from '../../../ntp-gateway/wire/nts-record.ts';
import { makeCertificate, type TestCertificate } from '../../support/certificate.ts';
import { clockOf, readingOf } from '../../support/clock.ts';
import { freeTcpPort, freeUdpPort } from '../../support/free-port.ts';
import { hex } from '../../support/hex.ts';
import { talk } from '../../support/key-client.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { ntsRequest, openNtsReply, type Session } from '../../support/nts-asking.ts';
import { NO_SERVER } from '../../support/server-config.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const REQUEST = hex('8001 0002 0000 8004 0002 000f 8000 0000');
const LABEL = 'EXPORTER-network-time-security';
const DAY = seconds(86_400);

const NOON_WALL = readingOf(NOON).time;
const mono = (): MonoNanos => monoNanos(process.hrtime.bigint());

const opened: NtpServer[] = [];
afterEach(() => {
  for (const { close } of opened.splice(0)) close();
});

const closeNewest = (): void => opened.pop()?.close();

const served = (server: ServerConfig): Served => ({ server, symmetric: [], edges: [] });

const start = async (stateDir: string, config: Partial<ServerConfig> = {}) => {
  const [port, ntsPort] = [await freeUdpPort(), await freeTcpPort()];
  let due = (): void => {};
  let wall = NOON_WALL;
  const clocks = {
    wall: () => wall,
    mono,
    timer: (_at: MonoNanos, fire: () => void) => {
      due = fire;
      return () => {};
    },
  };
  const clock = clockOf(NOON, { at: mono(), reading: readingOf(NOON) });
  const lines = newLineMemory();
  writeLine(lines, servedLine(clock, { now: clock.at, wall: NOON_WALL }, -20, 1));
  const nts = { listen: [{ host: '127.0.0.1', port: ntsPort }], ...makeCertificate() };
  const whole = { ...NO_SERVER, listen: [{ host: '127.0.0.1', port }], nts, ...config };
  const server = await serveWith(servePortably(mono), stateDir, clocks)(served(whole), lines);
  opened.push(server);
  return {
    follow: (next: Partial<ServerConfig> = {}) => server.follow(served({ ...whole, ...next })),
    server,
    port,
    ntsPort,
    /** A day passes. */
    rotate: () => {
      wall = after(wall, DAY);
      due();
    },
  };
};
const exchange = async (ntsPort: number): Promise<Session & { readonly cookies: readonly Uint8Array[] }> => {
  let keys: readonly Uint8Array[] = [];
  const secured = (socket: TLSSocket): void => {
    keys = [0, 1].map((direction) => socket.exportKeyingMaterial(32, LABEL, Buffer.from([0, 0, 0, 15, direction])));
  };
  const message = decodeMessage((await talk({ port: ntsPort, chunks: [REQUEST], secured })).answer);
  const records = message?.ok ? message.value : [];
  const cookies = records.filter(({ type }) => type === 5).map(({ body }) => body);
  return { algorithm: 15, c2s: keys[0]!, s2c: keys[1]!, cookies };
};

/** @throws where the reply is not authentic. */
const ask = async (port: number, session: Session, cookie: Uint8Array | undefined) => {
  const socket = createSocket('udp4');
  socket.send(ntsRequest(session, cookie!), port, '127.0.0.1');
  const [reply] = await once(socket, 'message', { signal: AbortSignal.timeout(20_000) });
  socket.close();
  return openNtsReply(session, reply);
};
const keyIdOf = (cookie: Uint8Array | undefined): string => Buffer.from(cookie!.subarray(0, 4)).toString('hex');

describe('a server with NTS', () => {
  it('exchanges keys, and answers by them, with a fresh cookie', async () => {
    const { server, port, ntsPort } = await start(makeTempDir());
    const session = await exchange(ntsPort);
    const { cookies } = await ask(port, session, session.cookies[0]);
    await ask(port, session, cookies[0]);
    expect(server.counters()).toMatchObject({ served: 2, authenticated: 2, dropped: {} });
    expect(server.keyExchanges?.()).toEqual({ accepted: 1, exchanged: 1 });
  });

  it('seals by the next key from each day on, and opens what the ones before have sealed, also after a restart', async () => {
    const stateDir = makeTempDir();
    const { port, ntsPort, rotate } = await start(stateDir);
    const session = await exchange(ntsPort);
    const [first] = session.cookies;
    rotate();
    const { cookies } = await ask(port, session, session.cookies[1]);
    expect(keyIdOf(cookies[0])).not.toBe(keyIdOf(first));
    await waitFor('the thread to hear of it', async () => {
      const again = await exchange(ntsPort);
      return keyIdOf(again.cookies[0]) === keyIdOf(cookies[0]);
    });
    for (let day = 0; day < 3; day++) rotate();
    await ask(port, session, session.cookies[2]);
    closeNewest();

    const restarted = await start(stateDir);
    await ask(restarted.port, session, session.cookies[3]);
    rmSync(join(stateDir, 'nts-keys'));
    const other = await start(stateDir);
    await expect(ask(other.port, session, session.cookies[4])).rejects.toThrow();
    expect(other.server.counters().dropped).toEqual({ nak: 1 });
    expect(keyIdOf((await exchange(other.ntsPort)).cookies[0])).not.toBe(keyIdOf(cookies[0]));
  });

  it('denies keys to whom it denies time, from the next reload on', async () => {
    const { server, follow, ntsPort } = await start(makeTempDir());
    expect((await exchange(ntsPort)).cookies).toHaveLength(8);
    const deny = [{ family: 4, words: [0x7f00_0000, 0, 0, 0], length: 8 } as const];
    follow({ deny });
    await waitFor('the denial', async () => (await exchange(ntsPort).catch(() => undefined))?.cookies.length === 0);
    expect(server.keyExchanges?.()).toMatchObject({ exchanged: 1 });
  });

  it('shows a new certificate from the next reload on', async () => {
    const folder = makeTempDir();
    const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    const install = (pair: TestCertificate): void => {
      copyFileSync(pair.certificate, files.certificate);
      copyFileSync(pair.key, files.key);
    };
    install(makeCertificate());
    const ntsPort = await freeTcpPort();
    const { server, follow } = await start(makeTempDir(), {
      nts: { listen: [{ host: '127.0.0.1', port: ntsPort }], ...files },
    });
    const kind = async (): Promise<string | undefined> => {
      let shown: string | undefined;
      await talk({
        port: ntsPort,
        secured: (socket) => {
          shown = socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType;
          socket.end();
        },
      });
      return shown;
    };
    expect(await kind()).toBe('ec');
    expect(server.certificateValidUntil?.()).toBe('2099-01-01T00:00:00.000Z');
    install(makeCertificate({ kind: 'rsa', to: '2098-01-01T00:00:00Z' }));
    follow();
    await waitFor('the new certificate', async () => (await kind()) === 'rsa');
    expect(server.certificateValidUntil?.()).toBe('2098-01-01T00:00:00.000Z');
  });

  it('lets go of both its ports', async () => {
    const { ntsPort } = await start(makeTempDir());
    closeNewest();
    await waitFor('the end', async () => (await talk({ port: ntsPort })).fault === 'ECONNREFUSED');
  });

  it.each([
    { what: 'certificate', fault: 'cannot read the certificate absent.pem: no such file or directory' },
    { what: 'key', fault: 'cannot read the key absent.pem: no such file or directory' },
  ])('is not started without its $what', async ({ what, fault }) => {
    const stateDir = makeTempDir();
    const nts = { listen: [{ host: '127.0.0.1', port: 1 }], ...makeCertificate(), [what]: 'absent.pem' };
    await expect(start(stateDir, { nts })).rejects.toThrow(new SetupError(fault));
    expect(existsSync(join(stateDir, 'nts-keys'))).toBe(false);
  });

  it('and its NTP server are not started where keys cannot be exchanged', async () => {
    const port = await freeUdpPort();
    const nts = { listen: [{ host: '192.0.2.1', port: 4460 }], ...makeCertificate() };
    const listen = [{ host: '127.0.0.1', port }];
    const message = 'cannot listen on 192.0.2.1:4460 for key exchanges: this host has no such address';
    await expect(start(makeTempDir(), { listen, nts })).rejects.toThrow(new SetupError(message));
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    socket.close();
  });
});

describe('a server without NTS', () => {
  it('keeps no keys of cookies and exchanges none', async () => {
    const stateDir = makeTempDir();
    const listen = [{ host: '127.0.0.1', port: await freeUdpPort() }];
    const clocks = { wall: () => NOON_WALL, mono, timer: () => () => {} };
    const server = await serveWith(
      servePortably(mono),
      stateDir,
      clocks,
    )(served({ ...NO_SERVER, listen }), newLineMemory());
    opened.push(server);
    expect(server.keyExchanges).toBeUndefined();
    expect(existsSync(join(stateDir, 'nts-keys'))).toBe(false);
  });
});

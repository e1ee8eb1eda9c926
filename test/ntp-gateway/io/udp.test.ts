import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type MonoNanos, monoNanos } from '#contract/time.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { askOver, serveOver } from '../../../ntp-gateway/io/udp.ts';
import type { Datagram } from '../../../ntp-gateway/ports.ts';
import { freeUdpPort } from '../../support/free-port.ts';

const mono = (): MonoNanos => monoNanos(process.hrtime.bigint());
const ask = askOver(mono);
const serve = serveOver(mono);
const echo = (request: Uint8Array): Uint8Array => request.toReversed();

/** One request, and what came back to it. */
const exchange = (port: number, address = '127.0.0.1') =>
  new Promise<Datagram & { sentAt: MonoNanos }>((resolve) => {
    let sentAt: MonoNanos | undefined;
    const close = ask(
      { address, port },
      Uint8Array.of(1, 2, 3),
      (at) => {
        sentAt = at;
      },
      (datagram) => {
        close();
        resolve({ ...datagram, sentAt: sentAt! });
      },
    );
  });

describe('datagrams', () => {
  it.each(['127.0.0.1', '::1'])('there and back over %s, stamped in order', async (host) => {
    const port = await freeUdpPort();
    const stop = await serve({ host, port }, echo);
    const before = mono();
    const { bytes, fromServer, sentAt, receivedAt } = await exchange(port, host);
    expect([...bytes]).toEqual([3, 2, 1]);
    expect(fromServer).toBe(true);
    expect(before <= sentAt && sentAt < receivedAt && receivedAt <= mono()).toBe(true);
    stop();
  });

  it('asks from a new port each time (RFC 9109)', async () => {
    const server = createSocket('udp4').bind(0, '127.0.0.1');
    await once(server, 'listening');
    const ports = new Set<number>();
    server.on('message', (message, { port }) => {
      ports.add(port);
      server.send(message, port);
    });
    for (let i = 0; i < 8; i++) await exchange(server.address().port);
    expect(ports.size).toBeGreaterThan(6);
    server.close();
  });

  it('tells a stranger’s datagram from the server’s', async () => {
    const [server, stranger] = [createSocket('udp4').bind(0, '127.0.0.1'), createSocket('udp4').bind(0, '127.0.0.1')];
    await Promise.all([once(server, 'listening'), once(stranger, 'listening')]);
    server.on('message', (message, { port }) => stranger.send(message, port, '127.0.0.1'));
    expect((await exchange(server.address().port)).fromServer).toBe(false);
    server.close();
    stranger.close();
  });

  it('says so where a datagram cannot leave', async () => {
    const longerThanAny = new Uint8Array(70_000);
    let close = (): void => {};
    await new Promise<void>((failed) => {
      const sent = (at: MonoNanos | undefined): void => {
        if (at === undefined) failed();
      };
      close = ask({ address: '127.0.0.1', port: 9 }, longerThanAny, sent, () => {});
    });
    close();
  });

  it('names the address that cannot be listened on, and why', async () => {
    const port = await freeUdpPort();
    const stop = await serve({ host: '127.0.0.1', port }, echo);
    const again = serve({ host: '127.0.0.1', port }, echo);
    await expect(again).rejects.toThrow(SetupError);
    await expect(again).rejects.toThrow(`cannot listen on 127.0.0.1:${port} for NTP: the port is in use`);
    stop();
  });
});

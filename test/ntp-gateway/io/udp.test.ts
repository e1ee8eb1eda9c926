import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type MonoNanos, monoNanos } from '#contract/time.ts';
import { askOver } from '../../../ntp-gateway/io/udp.ts';
import type { Datagram } from '../../../ntp-gateway/ports.ts';

const mono = (): MonoNanos => monoNanos(process.hrtime.bigint());
const ask = askOver(mono);

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
  it.each([
    { host: '127.0.0.1', type: 'udp4' },
    { host: '::1', type: 'udp6' },
  ] as const)('there and back over $host, stamped in order', async ({ host, type }) => {
    const server = createSocket(type).bind(0, host);
    await once(server, 'listening');
    server.on('message', (message, { port }) => server.send(message.toReversed(), port, host));
    const before = mono();
    const { bytes, fromServer, sentAt, receivedAt } = await exchange(server.address().port, host);
    expect([...bytes]).toEqual([3, 2, 1]);
    expect(fromServer).toBe(true);
    expect(before <= sentAt && sentAt < receivedAt && receivedAt <= mono()).toBe(true);
    server.close();
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
});

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { closeServerSockets, openServerSockets, type ServerSocket } from '#native/server-sockets.ts';
import { openUdpServer } from '#native/udp-server.ts';
import { canForge, openForger } from '../support/send-forged.ts';
import { openUdpPeer } from '../support/udp-peer.ts';

const open = (host: string, count: number, port = 0) => {
  const sockets = openServerSockets(host, port, count);
  return { sockets, port: sockets[0]!.port, [Symbol.dispose]: () => closeServerSockets(sockets) };
};

/** How many datagrams wait at each socket. */
const arrived = (sockets: readonly ServerSocket[]): number[] =>
  sockets.map((socket) => {
    const server = openUdpServer(socket, 64);
    let sum = 0;
    for (let many = -1; many !== 0; sum += many) many = server.receive(false);
    server.free();
    return sum;
  });

const ONE = Uint8Array.of(1, 2);

describe.skipIf(process.platform !== 'linux')('sockets that share a port', () => {
  it.each(['127.0.0.1', '::1'])('refuse another program the port of %s, and are refused it', (host) => {
    using first = open(host, 2);
    expect(() => openServerSockets(host, first.port, 2)).toThrow(expect.objectContaining({ errno: -98 })); // EADDRINUSE
    expect(() => openServerSockets(host, first.port, 1)).toThrow(expect.objectContaining({ errno: -98 }));
  });

  it('do not join a group of the same user', async () => {
    const other = createSocket({ type: 'udp4', reusePort: true });
    other.bind(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address();
    expect(() => openServerSockets('127.0.0.1', port, 2)).toThrow(expect.objectContaining({ errno: -98 }));
    other.close();
  });

  it('refuse an address that this host has not, and leave nothing open', () => {
    const fdsBefore = openServerSockets('127.0.0.1', 0, 1);
    closeServerSockets(fdsBefore);
    expect(() => openServerSockets('192.0.2.1', 0, 3)).toThrow(expect.objectContaining({ errno: -99 })); // EADDRNOTAVAIL
    expect(() => readlinkSync(`/proc/self/fd/${fdsBefore[0]!.fd}`)).toThrow('ENOENT');
  });

  it('leave IPv4 to others where they serve IPv6', () => {
    using four = open('0.0.0.0', 2);
    using six = open('::', 2, four.port);
    expect(six.port).toBe(four.port);
  });

  it('hear an address at one socket whatever its port, and many addresses at all', async () => {
    using opened = open('127.0.0.1', 3);
    const hosts = Array.from({ length: 90 }, (_, i) => (i % 2 ? `127.0.${i % 3}.${i}` : `127.${i}.0.1`));
    const totals = [0, 0, 0];
    for (const host of hosts) {
      for (let i = 0; i < 4; i++) {
        using peer = await openUdpPeer(host);
        await peer.send(ONE, opened.port, '127.0.0.1');
      }
      const now = arrived(opened.sockets);
      expect(now.toSorted()).toEqual([0, 0, 4]);
      now.forEach((many, i) => {
        totals[i] = totals[i]! + many / 4;
      });
    }
    for (const total of totals) expect(total).toBeGreaterThan(15); // of 30
  });

  it.skipIf(!canForge)('hear an IPv6 /64 at one socket, and many of them at all', () => {
    using opened = open('::1', 2);
    using forger = openForger(opened.port);
    const totals = [0, 0];
    for (let network = 0; network < 64; network++) {
      const prefix = network % 2 ? `2001:db8:0:${network.toString(16)}` : `2001:db8:${network.toString(16)}:1`;
      for (const host of ['1', 'ffff:2:3:4', '8000:0:0:1']) {
        forger.send(`${prefix}:${host.includes(':') ? host : `:${host}`}`, 1_000 + network, ONE);
      }
      const now = arrived(opened.sockets);
      expect(now.toSorted()).toEqual([0, 3]);
      now.forEach((many, i) => {
        totals[i] = totals[i]! + many / 3;
      });
    }
    for (const total of totals) expect(total).toBeGreaterThan(20); // of 32
  });
});

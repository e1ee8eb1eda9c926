import { describe, expect, it } from 'vitest';
import { openReadiness } from '#native/readiness.ts';
import { closeServerSockets, openServerSockets } from '#native/server-sockets.ts';
import { openUdpServer } from '#native/udp-server.ts';
import { openUdpPeer } from '../support/udp-peer.ts';

describe.skipIf(process.platform !== 'linux')('readiness', () => {
  it('is that of the sockets where something came, until it is taken', async () => {
    const all = ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((host) => openServerSockets(host, 0, 1));
    const readiness = openReadiness(all.map(([socket]) => socket!.fd));
    using peer = await openUdpPeer();
    const ready = () => [0, 1, 2].filter(readiness.isReady);

    expect([readiness.wait(0), ready()]).toEqual([0, []]);
    await peer.send(Uint8Array.of(1), all[2]![0]!.port, '127.0.0.3');
    await peer.send(Uint8Array.of(1), all[0]![0]!.port, '127.0.0.1');
    expect([readiness.wait(1_000), ready()]).toEqual([2, [0, 2]]);
    const server = openUdpServer(all[0]![0]!, 4);
    expect(server.receive(false)).toBe(1);
    expect([readiness.wait(1_000), ready()]).toEqual([1, [2]]);

    server.free();
    readiness.free();
    all.forEach(closeServerSockets);
  });

  it('is also that of one whose replies were stamped, until the stamps are taken', async () => {
    const sockets = openServerSockets('127.0.0.1', 0, 1);
    const readiness = openReadiness(sockets.map(({ fd }) => fd));
    const server = openUdpServer(sockets[0]!, 4);
    using peer = await openUdpPeer();
    await peer.send(Uint8Array.of(1), sockets[0]!.port, '127.0.0.1');
    server.receive(true);
    server.address(0, 0, 1, true);
    server.send(1);
    expect(readiness.wait(0)).toBe(1);
    expect(server.receive(false)).toBe(0);
    server.readDepartures(() => {});
    expect(readiness.wait(0)).toBe(0);

    server.free();
    readiness.free();
    closeServerSockets(sockets);
  });
});

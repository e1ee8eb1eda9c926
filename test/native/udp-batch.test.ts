import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { connectUdp } from '#native/udp-batch.ts';
import { freeUdpPort } from '../support/free-port.ts';

const openPeer = async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { socket, port: socket.address().port, [Symbol.dispose]: () => socket.close() };
};

describe.skipIf(process.platform !== 'linux')('a batch of datagrams', () => {
  it('goes out and comes in, each in its place', async () => {
    using peer = await openPeer();
    const batch = connectUdp({ port: peer.port, count: 3, size: 4, patienceMs: 1_000 });
    batch.outgoing.set([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    const heard: number[][] = [];
    const all = new Promise<number>((resolve) => {
      peer.socket.on('message', (message, { port }) => {
        heard.push([...message]);
        if (heard.length === 2) resolve(port);
      });
    });
    expect(batch.send(2)).toBe(2);
    const port = await all;
    expect(heard).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2, 2],
    ]);

    for (const message of [[7], [8, 8, 8, 8, 8, 8]]) {
      await new Promise((resolve) => peer.socket.send(Uint8Array.from(message), port, '127.0.0.1', resolve));
    }
    expect(batch.receive()).toBe(2);
    expect([batch.lengthOf(0), batch.lengthOf(1)]).toEqual([1, 4]);
    expect([...batch.incoming]).toEqual([7, 0, 0, 0, 8, 8, 8, 8, 0, 0, 0, 0]);
    batch.close();
  });

  it('is empty where nothing comes', async () => {
    using peer = await openPeer();
    const batch = connectUdp({ port: peer.port, count: 1, size: 4, patienceMs: 1 });
    expect(batch.receive()).toBe(0);
    batch.close();
  });

  it('says so where nobody listens', async () => {
    const batch = connectUdp({ port: await freeUdpPort(), count: 1, size: 4, patienceMs: 1_000 });
    batch.send(1);
    expect(() => batch.receive()).toThrow('errno 111'); // ECONNREFUSED
    batch.close();
  });
});

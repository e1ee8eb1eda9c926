import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { openUdpCrowd } from '#native/udp-crowd.ts';

describe.skipIf(process.platform !== 'linux')('a crowd behind one socket', () => {
  it('asks each in its own name, and hears who was answered, and when', async () => {
    const peer = createSocket('udp4');
    peer.bind(0, '127.0.0.1');
    await once(peer, 'listening');
    const { port } = peer.address();
    const server = Uint8Array.of(127, 0, 0, 1);
    const crowd = openUdpCrowd({ server, port, count: 4, size: 8, patienceMs: 1_000, ancillary: true });
    const heard: [string, string][] = [];
    const all = new Promise<void>((resolve) => {
      peer.on('message', (message: Buffer, from: RemoteInfo) => {
        heard.push([from.address, message.toString('hex')]);
        peer.send(message, from.port, from.address, () => heard.length === 2 && resolve());
      });
    });
    for (let i = 0; i < 4; i++) {
      crowd.speakAs(i, 0x7f_01_02_03 + i);
      crowd.cut(i, i + 1);
      crowd.outgoing.setUint8(i * 8, 0xa0 + i);
    }
    const before = BigInt(Date.now()) * 1_000_000n;
    expect(crowd.send(1, 2)).toBe(2);
    await all;
    expect(heard).toEqual([
      ['127.1.2.4', 'a100'],
      ['127.1.2.5', 'a20000'],
    ]);

    expect(crowd.receive(true)).toBe(2);
    expect([0, 1].map((i) => [crowd.heardAs(i), crowd.lengthOf(i), crowd.incoming.getUint8(i * 8)])).toEqual([
      [0x7f_01_02_04, 2, 0xa1],
      [0x7f_01_02_05, 3, 0xa2],
    ]);
    expect(crowd.heardAt(1) - before).toBeGreaterThanOrEqual(0n);
    expect(crowd.heardAt(1) - before).toBeLessThan(1_000_000_000n);
    expect(crowd.receive(false)).toBe(0);
    crowd.close();
    peer.close();
  });
});

import { describe, expect, it } from 'vitest';
import { CLOCK_REALTIME, openClock } from '#native/clocks.ts';
import { closeServerSockets, openServerSockets } from '#native/server-sockets.ts';
import { connectUdp } from '#native/udp-batch.ts';
import { openUdpServer, SLOT } from '#native/udp-server.ts';
import { canForge, openForger } from '../support/send-forged.ts';
import { openUdpPeer } from '../support/udp-peer.ts';
import { waitFor } from '../support/wait-for.ts';

const open = (host: string, count = 64) => {
  const sockets = openServerSockets(host, 0, 1);
  const server = openUdpServer(sockets[0]!, count);
  const sender = new Int32Array(6);
  const stamp = new Int32Array(2);
  return {
    ...server,
    port: sockets[0]!.port,
    senderOf: (index: number) => {
      server.readSender(index, sender);
      return [...sender];
    },
    isStamped: (index: number) => server.readStamp(index, stamp),
    /** ns since 1970. */
    stampOf: (index: number) => {
      expect(server.readStamp(index, stamp)).toBe(true);
      return BigInt(stamp[0]!) * 1_000_000_000n + BigInt(stamp[1]!);
    },
    /** Sends back what came, a reply for each, and says how many left. */
    echo: (many: number, wantsStamp = false) => {
      for (let i = 0; i < many; i++) {
        const length = server.lengthOf(i);
        for (let at = i * SLOT; at < i * SLOT + length; at++) server.replies.setUint8(at, server.requests.getUint8(at));
        server.address(i, i, length, wantsStamp);
      }
      return server.send(many);
    },
    [Symbol.dispose]: () => {
      server.free();
      closeServerSockets(sockets);
    },
  };
};

const now = openClock(CLOCK_REALTIME)!;
const LOOPBACK = 0x7f000001;

describe.skipIf(process.platform !== 'linux')('a server of datagrams by the batch', () => {
  it('says who asked what and when, and answers each', async () => {
    using server = open('127.0.0.1');
    using one = await openUdpPeer();
    using other = await openUdpPeer('127.0.0.9');
    await waitFor('stamps', async () => {
      await one.send(Uint8Array.of(0), server.port, '127.0.0.1');
      return server.receive(true) === 1 && server.isStamped(0); // the kernel begins soon after it was asked to
    });
    const before = now();
    await one.send(Uint8Array.of(1, 2, 3), server.port, '127.0.0.1');
    const between = now();
    await other.send(Uint8Array.of(4), server.port, '127.0.0.1');
    expect(server.receive(true)).toBe(2);
    const after = now();

    expect([server.lengthOf(0), server.lengthOf(1)]).toEqual([3, 1]);
    expect([0, 1, 2].map((at) => server.requests.getUint8(at))).toEqual([1, 2, 3]);
    expect(server.requests.getUint8(SLOT)).toBe(4);
    expect(server.senderOf(0)).toEqual([4, LOOPBACK, 0, 0, 0, one.port]);
    expect(server.senderOf(1)).toEqual([4, LOOPBACK + 8, 0, 0, 0, other.port]);
    const [first, second] = [server.stampOf(0), server.stampOf(1)];
    expect([before <= first, first <= between, between <= second, second <= after]).toEqual([true, true, true, true]);

    const replies = Promise.all([one.receive(), other.receive()]);
    expect(server.echo(2)).toBe(2);
    const [{ payload, from }, { payload: rest }] = await replies;
    expect([[...payload], [...rest]]).toEqual([[1, 2, 3], [4]]);
    expect(from).toMatchObject({ address: '127.0.0.1', port: server.port });
  });

  it('tells that it is behind once more waits than half of what there is room for', async () => {
    using server = open('127.0.0.1');
    using peer = await openUdpPeer();
    expect(server.isBehind()).toBe(false);
    const datagram = new Uint8Array(1_400);
    await waitFor('half of the room', async () => {
      for (let i = 0; i < 100; i++) await peer.send(datagram, server.port, '127.0.0.1');
      return server.isBehind();
    });
    while (server.receive(false) > 0);
    expect(server.isBehind()).toBe(false);
  });

  it('answers from the address that was asked, and not a batch later from that of another', async () => {
    using server = open('0.0.0.0');
    using peer = await openUdpPeer();
    for (const host of ['127.0.0.2', '127.0.0.1', '127.200.1.3']) {
      await peer.send(Uint8Array.of(1), server.port, host);
      expect(server.receive(true)).toBe(1);
      const reply = peer.receive();
      expect(server.echo(1)).toBe(1);
      expect((await reply).from.address).toBe(host);
    }
  });

  it('serves IPv6', async () => {
    using server = open('::');
    using peer = await openUdpPeer('::1');
    await peer.send(Uint8Array.of(7, 8), server.port, '::1');
    expect(server.receive(true)).toBe(1);
    expect(server.senderOf(0)).toEqual([6, 0, 0, 0, 1, peer.port]);
    const reply = peer.receive();
    expect(server.echo(1)).toBe(1);
    expect(await reply).toMatchObject({ payload: Uint8Array.of(7, 8), from: { address: '::1', port: server.port } });
  });

  it('may leave requests unanswered, and answer out of place', async () => {
    using server = open('127.0.0.1');
    using one = await openUdpPeer();
    using other = await openUdpPeer();
    await one.send(Uint8Array.of(1), server.port, '127.0.0.1');
    await other.send(Uint8Array.of(2), server.port, '127.0.0.1');
    expect(server.receive(true)).toBe(2);
    server.replies.setUint16(0, 0x0506);
    server.address(0, 1, 2, false);
    const reply = other.receive();
    expect(server.send(1)).toBe(1);
    expect([...(await reply).payload]).toEqual([5, 6]);
  });

  it('takes what does not fit into a batch with the next', async () => {
    using server = open('127.0.0.1', 4);
    using peer = await openUdpPeer();
    for (let i = 0; i < 10; i++) await peer.send(Uint8Array.of(i), server.port, '127.0.0.1');
    const seen: number[] = [];
    for (const many of [4, 4, 2]) {
      expect(server.receive(true)).toBe(many);
      for (let i = 0; i < many; i++) seen.push(server.requests.getUint8(i * SLOT));
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(server.receive(false)).toBe(0);
  });

  it.each([
    { octets: 0, seen: 0 },
    { octets: SLOT - 1, seen: SLOT - 1 },
    { octets: SLOT, seen: SLOT },
    { octets: 60_000, seen: SLOT },
  ])('shows $seen octets of $octets', async ({ octets, seen }) => {
    using server = open('127.0.0.1', 2);
    using peer = await openUdpPeer();
    await peer.send(new Uint8Array(octets).fill(9), server.port, '127.0.0.1');
    await peer.send(Uint8Array.of(3), server.port, '127.0.0.1');
    expect(server.receive(true)).toBe(2);
    expect(server.lengthOf(0)).toBe(seen);
    expect([server.lengthOf(1), server.requests.getUint8(SLOT)]).toEqual([1, 3]);
  });

  it('waits no longer than its patience', () => {
    using server = open('127.0.0.1');
    const before = performance.now();
    expect(server.receive(true)).toBe(0);
    expect(performance.now() - before).toBeGreaterThan(90);
  });

  it.each([
    { on: '127.0.0.1', host: '127.0.0.1' },
    { on: '0.0.0.0', host: '127.0.0.5' },
    { on: '::1', host: '::1' },
    { on: '::', host: '::1' },
  ])('says when replies left from $host, listening on $on, and of which', async ({ on, host }) => {
    using server = open(on);
    using peer = await openUdpPeer(host);
    for (let i = 0; i < 40; i++) await peer.send(new Uint8Array(48 + i).fill(i), server.port, host);
    expect(server.receive(true)).toBe(40);
    for (let i = 0; i < 40; i++) {
      for (let at = 0; at < 48 + i; at++) server.replies.setUint8(i * SLOT + at, i);
      server.address(i, i, 48 + i, i % 2 === 1);
    }
    const before = now();
    expect(server.send(40)).toBe(40);
    const after = now();
    const left: number[] = [];
    server.readDepartures((packets, at, length, seconds, nanos) => {
      const reply = packets.getUint8(at);
      left.push(reply);
      expect([length, packets.getUint8(at + length - 1)]).toEqual([48 + reply, reply]);
      const stamp = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
      expect([before <= stamp, stamp <= after]).toEqual([true, true]);
    });
    expect(left).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i + 1));
    server.readDepartures(() => expect.unreachable());
  });

  it('allocates nothing for a datagram, stamped or not', () => {
    using server = open('0.0.0.0');
    const peer = connectUdp({ port: server.port, count: 64, size: 48, patienceMs: 1_000 });
    const [sender, stamp] = [new Int32Array(6), new Int32Array(2)];
    let stamps = 0;
    const departed = () => {
      stamps++;
    };
    const exchange = (batches: number): void => {
      for (let batch = 0; batch < batches; batch++) {
        peer.send(64);
        const many = server.receive(true);
        server.readDepartures(departed);
        for (let i = 0; i < many; i++) {
          server.readSender(i, sender);
          server.readStamp(i, stamp);
          server.address(i, i, server.lengthOf(i), i % 4 === 0);
        }
        server.send(many);
        peer.receive();
      }
    };
    exchange(500); // until it is compiled
    stamps = 0;
    const before = process.memoryUsage().heapUsed;
    exchange(2_000);
    const octets = (process.memoryUsage().heapUsed - before) / (2_000 * 64);
    peer.close();
    expect(stamps).toBeGreaterThan(30_000);
    expect(octets).toBeLessThan(8); // an object takes 16 at least; calls into libc leave some, but only six to a batch
  });

  it('is not blocked by a stamp that nobody took', async () => {
    using server = open('127.0.0.1');
    using peer = await openUdpPeer();
    await peer.send(Uint8Array.of(1, 1), server.port, '127.0.0.1');
    expect(server.receive(true)).toBe(1);
    expect(server.echo(1, true)).toBe(1);
    await peer.send(Uint8Array.of(2, 2), server.port, '127.0.0.1');
    expect(server.receive(true)).toBe(1);
    expect(server.requests.getUint8(0)).toBe(2);
  });

  it.skipIf(!canForge)('knows an IPv4 address that comes as IPv6', () => {
    using server = open('::1');
    using forger = openForger(server.port);
    forger.send('::ffff:10.1.2.3', 123, Uint8Array.of(0, 0));
    expect(server.receive(true)).toBe(1);
    expect(server.senderOf(0)).toEqual([4, 0x0a010203, 0, 0, 0, 123]);
  });

  it.skipIf(!canForge)('lets no reply that the kernel refuses hold up another', async () => {
    using server = open('::1');
    using forger = openForger(server.port);
    using peer = await openUdpPeer('::1');
    forger.send('::1', 0, Uint8Array.of(0, 0));
    await peer.send(Uint8Array.of(1), server.port, '::1');
    forger.send('::1', 0, Uint8Array.of(2, 2));
    forger.send('2001:db8::1', 123, Uint8Array.of(2, 2)); // no route, or one that leads nowhere
    await peer.send(Uint8Array.of(3), server.port, '::1');
    expect(server.receive(true)).toBe(5);
    expect(server.senderOf(0)).toEqual([6, 0, 0, 0, 1, 0]);
    expect(server.senderOf(3)).toEqual([6, 0x20010db8, 0, 0, 1, 123]);
    const first = peer.receive();
    expect([2, 3]).toContain(server.echo(5));
    expect([...(await first).payload]).toEqual([1]);
  });
});

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { between, type MonoNanos, milliseconds, monoNanos } from '#contract/time.ts';
import { CLOCK_MONOTONIC_RAW, openClock } from '#native/clocks.ts';
import { openKernelMoments } from '../../../ntp-gateway/io/kernel-moments.ts';
import { type Ask, askOver } from '../../../ntp-gateway/io/udp.ts';
import type { Datagram } from '../../../ntp-gateway/ports.ts';
import { waitFor } from '../../support/wait-for.ts';

const raw = openClock(CLOCK_MONOTONIC_RAW) ?? process.hrtime.bigint;
const mono = (): MonoNanos => monoNanos(raw());
const kernel = openKernelMoments();

/** One request, and what came back to it. */
const exchangeBy = (ask: Ask, port: number, address = '127.0.0.1') =>
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

const byLoop = { name: 'the event loop', ask: askOver(mono) };
const byKernel = { name: 'the kernel', ask: askOver(mono, kernel) };

describe.each(kernel ? [byLoop, byKernel] : [byLoop])('datagrams stamped by $name', ({ ask }) => {
  const exchange = (port: number, address?: string) => exchangeBy(ask, port, address);

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

describe.skipIf(!kernel)('the kernel', () => {
  /** Answers on a thread of its own, while this one waits: `said` is its port, then 1 once it has answered. */
  const ECHO = `const socket = require('node:dgram').createSocket('udp4');
    const { workerData: said } = require('node:worker_threads');
    const say = (what) => { Atomics.store(said, 0, what); Atomics.notify(said, 0); };
    socket.on('message', (message, { port, address }) => socket.send(message, port, address, () => say(1)));
    socket.bind(0, '127.0.0.1', () => say(socket.address().port));`;

  it('knows when a reply came in, however late the event loop gets to it', async () => {
    const said = new Int32Array(new SharedArrayBuffer(4));
    const echo = new Worker(ECHO, { eval: true, workerData: said });
    const port = await waitFor('an echo', () => said[0] || undefined);
    // Linux begins to stamp a while after the first socket wants it, and says until then when it was asked for the stamp.
    await waitFor('a reply that the kernel stamped as it came', async () => {
      Atomics.store(said, 0, port);
      const exchange = exchangeBy(byKernel.ask, port);
      await null; // until it is sent
      Atomics.wait(said, 0, port, 30_000);
      expect(said[0]).toBe(1);
      const answeredBy = mono();
      Atomics.wait(said, 0, 1, 150); // the reply lies here, and nobody looks
      const { sentAt, receivedAt } = await exchange;
      expect(between(sentAt, receivedAt)).toBeGreaterThan(0);
      return between(receivedAt, answeredBy) > -milliseconds(100);
    });
    await echo.terminate();
  });

  it('knows when a request left: between the readings around it', async () => {
    const server = createSocket('udp4').bind(0, '127.0.0.1');
    await once(server, 'listening');
    const before = mono();
    const sentAt = await new Promise<MonoNanos>((resolve) => {
      const close = byKernel.ask(
        { address: '127.0.0.1', port: server.address().port },
        Uint8Array.of(1),
        (at) => {
          expect(at! <= mono()).toBe(true);
          close();
          resolve(at!);
        },
        () => {},
      );
    });
    expect(before < sentAt).toBe(true);
    server.close();
  });
});

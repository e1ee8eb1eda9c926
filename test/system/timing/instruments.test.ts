/** The instruments before the measurements: what test/support says of a peer or does to a packet is what happens. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { askNtp } from '../../support/ask-ntp.ts';
import { runChild, startChild } from '../../support/child.ts';
import { hasChronyd, queryWithChronyd, startChronyd } from '../../support/chronyd.ts';
import { startHttpProxy } from '../../support/http-proxy.ts';
import { startWithoutClock } from '../../support/no-clock.ts';
import { hasNamespaces, runBeside, startAcross, startBeside, startWithoutRoute } from '../../support/no-route.ts';
import { hasNtpdig, queryWithNtpdig } from '../../support/ntpdig.ts';
import { findChronyd, required } from '../../support/peers.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { startUdpRelay } from '../../support/udp-relay.ts';
import { waitFor } from '../../support/wait-for.ts';

describe.skipIf(!hasChronyd)('chronyd', () => {
  it.each([{ shiftSeconds: 0 }, { shiftSeconds: 5 }, { shiftSeconds: -1000.25 }])(
    'ahead by $shiftSeconds s is seen ahead by $shiftSeconds s',
    async ({ shiftSeconds }) => {
      await using server = await startChronyd({ shiftSeconds });
      expect(Math.abs((await queryWithChronyd(server.port)) - shiftSeconds)).toBeLessThan(0.005);
    },
  );

  it('gains with a rate above 1', async () => {
    await using server = await startChronyd({ shiftSeconds: 5, rate: 1.01 });
    const query = async () => ({ offset: await queryWithChronyd(server.port), at: performance.now() / 1_000 });
    const [first, second] = [await query(), await query()];
    const gained = (second.offset - first.offset) / (second.at - first.at);
    expect(gained).toBeGreaterThan(0.008);
    expect(gained).toBeLessThan(0.012);
  });

  it('through a relay, sees half of the paths’ asymmetry', async () => {
    await using server = await startChronyd({ shiftSeconds: 5 });
    await using relay = await startUdpRelay(server.port);
    relay.up.delayMs = 40;
    // A relay that has long been idle may wake up late: chronyd asks until one way is 40 ms longer, to 10 ms.
    await waitFor('an offset of 5.02 s', async () => Math.abs((await queryWithChronyd(relay.port)) - 5.02) < 0.005);
  });

  it('through a relay that jitters, is late by another time each, on average by what was said', async () => {
    await using server = await startChronyd();
    await using relay = await startUdpRelay(server.port, { address: '127.1.0.1' });
    Object.assign(relay.up, { delayMs: 5, jitterMs: 10 });
    const took: number[] = [];
    while (took.length < 30) {
      const begin = performance.now();
      expect(await askNtp(relay.port, { address: '127.1.0.1' })).toHaveLength(48);
      took.push(performance.now() - begin);
    }
    expect(Math.min(...took)).toBeGreaterThan(5);
    expect(Math.max(...took) - Math.min(...took)).toBeGreaterThan(10);
    expect(took.reduce((a, b) => a + b) / took.length).toBeGreaterThan(10);
  });

  it('through a relay that loses every datagram, does not answer', async () => {
    await using server = await startChronyd();
    await using relay = await startUdpRelay(server.port);
    expect(await askNtp(relay.port)).toHaveLength(48);
    relay.down.loss = 1;
    expect(await askNtp(relay.port, { withinMs: 250 })).toBeUndefined();
  });

  it('refuses a shift that the kernel’s stamps would spoil', async () => {
    await expect(startChronyd({ shiftSeconds: 0.5 })).rejects.toThrow(RangeError);
  });
});

describe.skipIf(!hasChronyd || !hasNtpdig || !hasNamespaces)('ntpdig', () => {
  it('asks port 123 of a network that holds nothing else', async () => {
    const pidFile = `${makeTempDir()}/pid`;
    const config = ['port 123', 'allow', 'cmdport 0', 'bindcmdaddress /', 'local stratum 5', `pidfile ${pidFile}`];
    const args = ['-x', '-U', '-d', '-u', 'root', ...config];
    await using server = await startWithoutRoute(required(findChronyd()), args);
    const { stratum, offset } = await waitFor('chronyd in its network', () =>
      queryWithNtpdig(server).catch(() => undefined),
    );
    expect(stratum).toBe(5);
    expect(Math.abs(offset)).toBeLessThan(0.05);
  });
});

describe.skipIf(!hasNamespaces)('a network without a route', () => {
  it('has loopback alone', async () => {
    await using holder = await startWithoutRoute('sleep', ['60']);
    const { stdout } = await runBeside(holder, 'ip', ['-o', 'route', 'show', 'table', 'all']);
    expect(stdout).toContain('local 127.0.0.1 dev lo');
    expect(stdout).not.toMatch(/default|dev (?!lo)/);
  });
});

describe.skipIf(!hasNamespaces)('a program without the clock', () => {
  it('has no right to set it, and cannot get it', async () => {
    await using holder = await startWithoutRoute('sleep', ['60']);
    const start = startWithoutClock(startBeside(holder));
    await using child = await start('unshare', ['-m', 'grep', '^Cap', '/proc/self/status']);
    expect(await child.ended).toBe(0);
    const sets = [...child.said.stdout.matchAll(/^Cap\w+:\t([0-9a-f]{16})$/gm)].map(([, set]) => BigInt(`0x${set}`));
    expect(sets).toHaveLength(5);
    expect(sets.map((set) => (set >> 25n) & 1n)).toEqual([0n, 0n, 0n, 0n, 0n]); // CAP_SYS_TIME, capability.h
  });
});

describe.skipIf(!hasNamespaces)('a network across a link', () => {
  it('reaches its neighbour, and nothing else', async () => {
    await using holder = await startWithoutRoute('sleep', ['60']);
    await using child = await startAcross(holder)('ip', ['-o', '-4', 'route', 'show', 'table', 'main']);
    expect(await child.ended).toBe(0);
    expect(child.said.stdout).toMatch(/^192\.0\.2\.0\/24 dev newcomer [^\n]*src 192\.0\.2\.2 *\n$/);
  });
});

describe('an HTTP proxy', () => {
  it('keeps Host, notes what passes, delays it, and gives an old answer again', async () => {
    let asked = 0;
    const target = createServer((request, response) => response.end(`${request.headers.host} ${++asked}`));
    target.listen(0, '127.0.0.1');
    await once(target, 'listening');
    await using proxy = await startHttpProxy(`http://127.0.0.1:${(target.address() as AddressInfo).port}`);
    const post = async () => (await fetch(`${proxy.origin}/samples`, { method: 'POST', body: 'a sample' })).text();

    const host = new URL(proxy.origin).host;
    expect(await post()).toBe(`${host} 1`);
    expect(proxy.passed).toMatchObject([{ method: 'POST', path: '/samples', body: Buffer.from('a sample') }]);
    proxy.answerInstead = () => proxy.passed[0]?.answer;
    expect(await post()).toBe(`${host} 1`);
    expect(asked).toBe(1);

    proxy.upDelayMs = 30;
    proxy.downDelayMs = 30;
    const before = performance.now();
    await post();
    expect(performance.now() - before).toBeGreaterThanOrEqual(59);
    target.close();
    target.closeAllConnections();
  });
});

describe('a started program', () => {
  it('is ended even where it does not want to', async () => {
    const child = await startChild('sh', ['-c', "trap '' TERM; echo ready; while :; do sleep 0.1; done"]);
    await waitFor('its first word', () => child.said.stdout === 'ready\n');
    await child.stop();
    expect(await child.ended).toBeNull();
  });

  it('is given up when it takes too long, with what it said', async () => {
    await expect(runChild('sh', ['-c', 'echo hello; exec sleep 60'], { withinMs: 200 })).rejects.toThrow(
      /200 ms\nhello/,
    );
  });
});

/** Whatever comes to our NTP port: only a client's request is answered, never with more than was sent, and nothing breaks. */
import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasChronyd, queryWithChronyd, startChronyd } from '../../support/chronyd.ts';
import { randomFrom } from '../../support/dice.ts';
import { type GatewayProcess, startGateway, untilSynchronized, untilWithin } from '../../support/gateway.ts';
import { hasNamespaces, runBeside, startWithoutRoute } from '../../support/no-route.ts';
import { readHeader } from '../../support/ntp-header.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { waitFor } from '../../support/wait-for.ts';

const SHIFT = 5;
const [CLIENT, SERVER] = [3, 4];
const EVERY_OCTET = Array.from({ length: 256 }, (_, octet) => octet);

/** A request with this first octet, numbered in its transmit timestamp, and `more` zeros behind its header. */
const datagram = (first: number, more: number, number = 1): Buffer => {
  const bytes = Buffer.alloc(48 + more);
  bytes[0] = first;
  bytes.writeBigUInt64BE(BigInt(number), 40);
  return bytes;
};
/** In NTPv1 there is no mode, RFC 1059: its bits are 0. */
const isRequest = (first: number): boolean => {
  const [version, mode] = [(first >> 3) & 0b111, first & 0b111];
  return (mode === CLIENT && 1 <= version && version <= 4) || (mode === 0 && version === 1);
};
const [V3, V4] = [0x1b, 0x23];
const LAST = 2 ** 40;

/** Sends all of them, then good requests until one is answered: what was to be answered before has been by then. */
const send = async (port: number, datagrams: readonly Buffer[]): Promise<readonly Buffer[]> => {
  const socket: Socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const replies: Buffer[] = [];
  let isOver = false;
  socket.on('message', (reply) => {
    if (readHeader(reply).originTimestamp === BigInt(LAST)) isOver = true;
    else replies.push(reply);
  });
  for (const one of datagrams) socket.send(one);
  await waitFor('an answer to a good request', () => {
    if (!isOver) socket.send(datagram(V4, 0, LAST));
    return isOver;
  });
  socket.close();
  return replies;
};

describe.skipIf(!hasChronyd)('our NTP server', () => {
  const keep = stopAfterAll();
  let gateway: GatewayProcess;
  beforeAll(async () => {
    const upstream = await keep(startChronyd({ shiftSeconds: SHIFT }));
    gateway = await keep(startGateway({ sources: [upstream] }));
    await untilSynchronized(gateway);
  });

  it.each([
    { word: 'too-short', datagrams: [0, 1, 12, 47].map((length) => datagram(V4, 0).subarray(0, length)) },
    { word: 'too-long', datagrams: [2_049, 9_000, 65_507 - 48].map((more) => datagram(V4, more)) },
    { word: 'version', datagrams: [0, 5, 6, 7].map((version) => datagram((version << 3) | CLIENT, 0)) },
    { word: 'mode', datagrams: [0, 1, 2, 4, 5, 6, 7].map((mode) => datagram((4 << 3) | mode, 0)) },
    { word: 'malformed-extension', datagrams: [28, 100, 2_000].map((more) => datagram(V4, more)) },
    { word: 'malformed-mac', datagrams: [1, 3, 10, 23].map((more) => datagram(V3, more)) },
    { word: 'unknown-key', datagrams: [20, 24].map((more) => datagram(V4, more)) },
  ])('drops and counts: $word', async ({ word, datagrams }) => {
    const dropped = async () => (await gateway.status()).server?.dropped[word] ?? 0;
    const before = await dropped();
    expect(await send(gateway.ntpPort, datagrams)).toEqual([]);
    expect((await dropped()) - before).toBe(datagrams.length);
  });

  it('answers mode 3 of versions 1 to 4, version 1 without a mode, and none of the other first octets', async () => {
    const replies = await send(
      gateway.ntpPort,
      EVERY_OCTET.map((first) => datagram(first, 0, first)),
    );
    const answered = replies.map((reply) => Number(readHeader(reply).originTimestamp));
    expect(answered).toEqual(EVERY_OCTET.filter(isRequest));
    for (const reply of replies) {
      const { mode, version, originTimestamp } = readHeader(reply);
      expect({ mode, version, size: reply.length }).toEqual({
        mode: SERVER,
        version: (Number(originTimestamp) >> 3) & 0b111,
        size: 48,
      });
    }
  });

  it('survives a burst of garbage, and tells no less of the time', async () => {
    const dice = randomFrom(7);
    const octets = () => Math.floor(256 * dice.fraction());
    const garbage = Array.from({ length: 3_000 }, () =>
      Buffer.from(Array.from({ length: Math.floor(200 * dice.fraction()) }, octets)),
    );
    const sent = new Map(garbage.filter(({ length }) => length >= 48).map((one) => [one.readBigUInt64BE(40), one]));
    for (const reply of await send(gateway.ntpPort, garbage)) {
      const request = sent.get(readHeader(reply).originTimestamp);
      expect(isRequest(request!.readUInt8(0))).toBe(true);
      expect(reply.length).toBeLessThanOrEqual(request!.length);
    }
    await untilWithin(gateway, 1);
    expect(Math.abs((await queryWithChronyd(gateway.ntpPort)) - SHIFT)).toBeLessThan(0.001);
    expect(gateway.child.said.stderr.split('\n').length).toBeLessThan(10);
  });
});

/** RFC 768: from port 0, so that no reply is asked for. Only a raw socket sends that, and Node has none. */
const SEND_FROM_PORT_0 = `
  use Socket;
  socket(my $socket, AF_INET, SOCK_RAW, 17) or die $!;
  my $request = pack('nnnn C x47', 0, $ARGV[0], 8 + 48, 0, 0x23);
  send($socket, $request, 0, pack_sockaddr_in(0, inet_aton('127.0.0.1'))) or die $!;`;
const hasPerl = spawnSync('perl', ['-MSocket', '-e', '1']).status === 0;

describe.skipIf(!hasNamespaces || !hasPerl)('our NTP server in a network of its own', () => {
  it('survives a request from port 0, which cannot be answered', async () => {
    await using gateway = await startGateway({ sources: [{ port: 9 }], start: startWithoutRoute });
    const args = ['-e', SEND_FROM_PORT_0, `${gateway.ntpPort}`];
    expect(await runBeside(gateway.child, 'perl', args)).toEqual({ code: 0, stdout: '', stderr: '' });
    await waitFor('a served request', async () => (await gateway.status()).server?.served === 1);
  });
});

/** An upstream that does everything wrong before it does it right: each wrong is counted, and none of it is believed. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { askNtp } from '../support/ask-ntp.ts';
import { randomFrom } from '../support/dice.ts';
import { hostMs } from '../support/edge.ts';
import { startGateway } from '../support/gateway.ts';
import { readHeader } from '../support/ntp-header.ts';
import { waitFor } from '../support/wait-for.ts';

const SHIFT_MS = 5_000;
const HOUR_MS = 3_600_000;
/** From 1900 to 1970. */
const NTP_EPOCH_MS = 2_208_988_800_000;
const ntpFromMs = (unixMs: number): bigint => (BigInt(Math.round((unixMs + NTP_EPOCH_MS) * 1e3)) << 32n) / 1_000_000n;
const msFromNtp = (stamp: bigint): number => Number((stamp * 1_000_000n) >> 32n) / 1e3 - NTP_EPOCH_MS;

/** A good reply, RFC 5905 §7.3, whose time is host + 5 s + `lieMs`. */
const reply = (request: Buffer, lieMs = 0): Buffer => {
  const bytes = Buffer.alloc(48);
  bytes.set([0x24, 1, 0, 0xec]);
  bytes.write('TEST', 12);
  request.copy(bytes, 24, 40, 48);
  const now = ntpFromMs(hostMs() + SHIFT_MS + lieMs);
  for (const place of [16, 32, 40]) bytes.writeBigUInt64BE(now, place);
  return bytes;
};
/** The same an hour off, and wrong in one more way. */
const lie = (request: Buffer, spoil: (bytes: Buffer) => void): Buffer => {
  const bytes = reply(request, HOUR_MS);
  spoil(bytes);
  return bytes;
};
const kiss = (request: Buffer, code: string): Buffer =>
  lie(request, (bytes) => {
    bytes[1] = 0;
    bytes.write(code, 12);
  });

const LIES: Readonly<Record<string, (request: Buffer) => readonly Buffer[]>> = {
  'too-short': (request) => [lie(request, () => {}).subarray(0, 47), Buffer.alloc(0)],
  'too-long': (request) => [Buffer.concat([reply(request, HOUR_MS), Buffer.alloc(4_000)])],
  version: (request) => [0x04, 0x2c, 0x3c].map((first) => lie(request, (bytes) => bytes.writeUInt8(first, 0))),
  mode: (request) => [0x23, 0x25, 0x26].map((first) => lie(request, (bytes) => bytes.writeUInt8(first, 0))),
  'bogus-origin': (request) => [lie(request, (bytes) => bytes.writeUInt8(bytes.readUInt8(31) ^ 1, 31))],
  'crypto-nak': (request) => [Buffer.concat([reply(request, HOUR_MS), Buffer.alloc(4)])],
  'unknown-key': (request) => [Buffer.concat([reply(request, HOUR_MS), Buffer.alloc(20, 1)])],
  'kiss-rate': (request) => [kiss(request, 'RATE')],
  'kiss-deny': (request) => [kiss(request, 'DENY'), kiss(request, 'RSTR')],
  'kiss-other': (request) => [kiss(request, 'NOPE')],
  'zero-timestamp': (request) => [32, 40].map((place) => lie(request, (bytes) => bytes.fill(0, place, place + 8))),
  unsynchronized: (request) => [
    lie(request, (bytes) => bytes.writeUInt8(0xe4, 0)),
    lie(request, (bytes) => bytes.fill(0, 1, 2).fill(0, 12, 16)),
  ],
  stratum: (request) => [16, 255].map((stratum) => lie(request, (bytes) => bytes.writeUInt8(stratum, 1))),
  distance: (request) => [4, 8].map((place) => lie(request, (bytes) => bytes.writeUInt32BE(40 << 16, place))),
  'processing-time': (request) =>
    [-1, 5].map((seconds) => lie(request, (bytes) => bytes.writeUInt32BE(bytes.readUInt32BE(32) + seconds, 40))),
  'negative-delay': (request) => [lie(request, (bytes) => bytes.writeUInt32BE(bytes.readUInt32BE(40) + 1, 40))],
};

const noise = (): readonly Buffer[] => {
  const dice = randomFrom(5);
  const octet = () => Math.floor(256 * dice.fraction());
  const datagram = () => Buffer.from(Array.from({ length: Math.floor(150 * dice.fraction()) }, octet));
  return Array.from({ length: 100 }, datagram);
};

describe('a hostile upstream', () => {
  it('is refused word by word, and believed as soon as it is honest', async () => {
    const [server, elsewhere] = await Promise.all([openSocket(), openSocket()]);
    const sent: Record<string, number> = {};
    let requests = 0;
    let accepted: Buffer;
    server.on('message', (request, { port }) => {
      const send = (word: string, datagrams: readonly Buffer[], from = server) => {
        sent[word] = (sent[word] ?? 0) + datagrams.length;
        for (const datagram of datagrams) from.send(datagram, port, '127.0.0.1');
      };
      requests += 1;
      if (requests === 1) return; // nothing at all
      if (requests === 2) {
        send('wrong-server', [reply(request, HOUR_MS)], elsewhere);
        send('noise', noise());
        for (const [word, lies] of Object.entries(LIES)) send(word, lies(request));
        accepted = reply(request);
        send('measured', [accepted]);
      } else if (requests === 3) {
        send('duplicate', [accepted]);
        send('kiss-rate', [kiss(request, 'RATE')]);
      } else {
        const honest = reply(request);
        send('measured', [honest]);
        server.send(honest, port, '127.0.0.1'); // to a port that nobody listens on any more
      }
    });

    await using gateway = await startGateway({ sources: [server.address()] });
    const counters = await waitFor('honest replies', async () => {
      const [source] = await gateway.sources();
      return source && 'counters' in source && (source.counters.measured ?? 0) > 2 && source.counters;
    });
    server.close();
    elsewhere.close();

    const { sent: _sent, measured: _measured, timeout, ...dropped } = counters;
    expect(timeout).toBe(2);
    const { measured: _honest, noise: _noise, ...lies } = sent;
    for (const [word, times] of Object.entries(lies)) {
      expect(dropped, word).toHaveProperty(
        word,
        expect.toSatisfy((counted: number) => counted >= times),
      );
    }
    const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b);
    expect(sum(dropped)).toBe(sum(lies) + sent.noise!);

    const before = hostMs();
    const answer = readHeader((await askNtp(gateway.ntpPort))!);
    const after = hostMs();
    const distanceMs = 1_000 * (answer.rootDelay / 2 + answer.rootDispersion);
    expect(distanceMs).toBeLessThan(100);
    expect(msFromNtp(answer.transmitTimestamp)).toBeGreaterThan(before + SHIFT_MS - distanceMs);
    expect(msFromNtp(answer.transmitTimestamp)).toBeLessThan(after + SHIFT_MS + distanceMs);
  });
});

const openSocket = async (): Promise<Socket> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
};

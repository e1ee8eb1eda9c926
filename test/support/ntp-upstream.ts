/** An NTP server in this process, a stratum 1 whose clock is ahead of this host's. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { hostMs } from './edge.ts';

/** From 1900 to 1970. */
const NTP_EPOCH_MS = 2_208_988_800_000;

export const ntpFromMs = (unixMs: number): bigint =>
  (BigInt(Math.round((unixMs + NTP_EPOCH_MS) * 1e3)) << 32n) / 1_000_000n;
export const msFromNtp = (stamp: bigint): number => Number((stamp * 1_000_000n) >> 32n) / 1e3 - NTP_EPOCH_MS;

export type NtpUpstream = {
  readonly port: number;
  /** Requests that have come. */
  readonly asked: () => number;
  [Symbol.asyncDispose](): Promise<void>;
};

export const startNtpUpstream = async (shiftMs: number): Promise<NtpUpstream> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let asked = 0;
  socket.on('message', (request, from) => {
    asked++;
    const now = ntpFromMs(hostMs() + shiftMs);
    const reply = Buffer.alloc(48);
    reply.set([0x24, 1, 0, 0xec]); // version 4, server, stratum 1, precision 2^-20 s
    reply.writeUInt32BE(16, 8); // root dispersion 0.24 ms: of a clock that is read as a float
    reply.write('TEST', 12);
    request.copy(reply, 24, 40, 48);
    for (const place of [16, 32, 40]) reply.writeBigUInt64BE(now, place);
    socket.send(reply, from.port, from.address);
  });
  return {
    port: socket.address().port,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      socket.close();
    },
  };
};

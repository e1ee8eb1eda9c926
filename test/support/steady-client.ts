/** A client that asks all the time: whether each request is answered, and whether true time lies within what each reply says. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { hostMs } from './edge.ts';
import { readHeader, UNSYNCHRONIZED } from './ntp-header.ts';
import { msFromNtp } from './ntp-upstream.ts';
import { waitFor } from './wait-for.ts';

const EVERY_MS = 5;
/** What is lost in NTP's short format and in this host's clock as a float. */
const ROUNDING_MS = 0.1;

/** @param shiftMs - true time less this host's. */
export const startSteadyClient = async (port: number, shiftMs: number) => {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const sentAt = new Map<bigint, number>();
  const seen = { sent: 0, answered: 0, withoutTime: 0, untrue: [] as string[], widestMs: 0 };

  socket.on('message', (packet) => {
    const received = hostMs();
    const { leap, rootDelay, rootDispersion, originTimestamp, transmitTimestamp } = readHeader(packet);
    const sent = sentAt.get(originTimestamp);
    if (sent === undefined || !sentAt.delete(originTimestamp)) return;
    seen.answered++;
    if (leap === UNSYNCHRONIZED) {
      seen.withoutTime++;
      return;
    }
    const boundMs = 1e3 * (rootDelay / 2 + rootDispersion);
    const told = msFromNtp(transmitTimestamp) - shiftMs;
    seen.widestMs = Math.max(seen.widestMs, boundMs);
    const isTrue = told >= sent - boundMs - ROUNDING_MS && told <= received + boundMs + ROUNDING_MS;
    if (!isTrue) seen.untrue.push(`${told} ± ${boundMs}, asked at ${sent}, told at ${received}`);
  });

  const timer = setInterval(() => {
    const request = Buffer.alloc(48);
    request[0] = 0x23;
    const nonce = BigInt(++seen.sent);
    request.writeBigUInt64BE(nonce, 40);
    sentAt.set(nonce, hostMs());
    socket.send(request);
  }, EVERY_MS);

  return {
    seen,
    /** Once all that was sent is answered. */
    finish: async (): Promise<typeof seen> => {
      clearInterval(timer);
      await waitFor('the last replies', () => sentAt.size === 0, 10_000).catch(() => {}); // `seen` says so
      socket.close();
      return seen;
    },
  };
};

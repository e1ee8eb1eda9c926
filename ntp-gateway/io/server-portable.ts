/** The NTP server on `node:dgram`, for where the batched one cannot run: one thread, stamps taken when it gets to a datagram. */
import { randomFillSync } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { MonoNanos } from '#contract/time.ts';
import { openCryptography } from '#native/cryptography.ts';
import type { Endpoint } from '../config.ts';
import { newClientMemory, openClientTable } from '../protocol/client-table.ts';
import { diceFrom } from '../protocol/dice.ts';
import { policyOf } from '../protocol/policy.ts';
import { makeResponder } from '../protocol/responder.ts';
import type { ClientAddress } from '../protocol/screening.ts';
import { openServerAuthentication } from '../protocol/server-authentication.ts';
import { newCounters, sumCounters, UNSENT } from '../protocol/server-counters.ts';
import type { OpenNtpEngine } from './ntp-engine.ts';
import { describeSender } from './sender.ts';
import { cannotListen } from './setup-error.ts';

export const servePortably =
  (mono: () => MonoNanos): OpenNtpEngine =>
  async (server, lines, keys) => {
    const memory = newClientMemory();
    const counters = newCounters(1);
    const [row] = counters as [Float64Array];
    const clients = openClientTable(memory, randomFillSync(new Int32Array(2)));
    const authentication = openServerAuthentication(openCryptography, randomFillSync, 1, keys);
    const responder = makeResponder(
      lines,
      policyOf(server),
      clients,
      row,
      diceFrom(randomFillSync(new Int32Array(4))),
      authentication,
      1,
    );
    const client: ClientAddress = new Int32Array(6);

    const answer = (socket: Socket, request: Buffer, from: RemoteInfo): void => {
      const now = mono();
      const [seconds, nanos] = [secondsOf(now), nanosOf(now)];
      describeSender(from, client);
      const requests = new DataView(request.buffer, request.byteOffset, request.byteLength);
      const reply = new DataView(new ArrayBuffer(request.length));
      responder.begin(seconds, nanos, false);
      const length = responder.answer(requests, 0, request.length, client, seconds, nanos, reply, 0);
      if (length === 0) return;
      if (responder.isToSeal()) {
        const sealing = mono();
        responder.seal(reply, secondsOf(sealing), nanosOf(sealing));
      }
      const leaving = mono();
      responder.leave(reply, secondsOf(leaving), nanosOf(leaving));
      // RFC 768: port 0 asks for no reply, and `send` would throw: one forged datagram would end us.
      if (from.port === 0) row[UNSENT]!++;
      else socket.send(reply, 0, length, from.port, from.address, (error) => error && row[UNSENT]!++);
      if (responder.wantsStamp()) {
        responder.departed(reply.getInt32(32), reply.getInt32(36), secondsOf(leaving), nanosOf(leaving));
      }
    };

    const sockets: Socket[] = [];
    const close = (): void => {
      for (const socket of sockets) socket.close();
      authentication.free();
    };
    try {
      for (const endpoint of server.listen) sockets.push(await listenOn(endpoint, answer));
    } catch (error) {
      close();
      throw error;
    }
    return {
      counters: () => sumCounters(counters),
      clients: () => [memory],
      follow: (next) => responder.follow(policyOf(next)),
      followKeys: authentication.follow,
      close,
    };
  };

const secondsOf = (mono: MonoNanos): number => Number(mono / 1_000_000_000n);
const nanosOf = (mono: MonoNanos): number => Number(mono % 1_000_000_000n);

const listenOn = (
  { host, port }: Endpoint,
  answer: (socket: Socket, request: Buffer, from: RemoteInfo) => void,
): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
    socket.on('message', (request, from) => answer(socket, request, from));
    socket.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(host, port, error)));
    socket.bind(port, host, () => {
      // From here on an error is one datagram's (an unreachable client, say), not the socket's.
      socket.removeAllListeners('error').on('error', () => {});
      resolve(socket);
    });
  });

/** The NTP server on `node:dgram`, for where the batched one cannot run: one thread, stamps taken when it gets to a datagram. */
import { randomFillSync } from 'node:crypto';
import type { RemoteInfo, Socket } from 'node:dgram';
import type { MonoNanos } from '#contract/time.ts';
import { openCryptography } from '#native/cryptography.ts';
import { newClientMemory, openClientTable } from '../protocol/client-table.ts';
import { diceFrom } from '../protocol/dice.ts';
import { policyOf } from '../protocol/policy.ts';
import { RECEIVE } from '../protocol/reply-words.ts';
import { makeResponder } from '../protocol/responder.ts';
import type { ClientAddress } from '../protocol/screening.ts';
import { openServerAuthentication } from '../protocol/server-authentication.ts';
import { newCounters, sumCounters, UNSENT } from '../protocol/server-counters.ts';
import { type ListenFault, listenOnUdp } from './listening.ts';
import type { OpenNtpEngine } from './ntp-engine.ts';
import { describeSender } from './sender.ts';
import { cannotListen } from './setup-error.ts';

export const servePortably =
  (mono: () => MonoNanos): OpenNtpEngine =>
  async (server, lines, keys) => {
    const memory = newClientMemory();
    const counters = newCounters(1);
    const [row] = counters as [Float64Array];
    const authentication = openServerAuthentication(openCryptography, randomFillSync, 1, keys);
    const responder = makeResponder({
      lines,
      policy: policyOf(server),
      clients: openClientTable(memory, randomFillSync(new Int32Array(2))),
      counters: row,
      dice: diceFrom(randomFillSync(new Int32Array(4))),
      authentication,
      mostAtOnce: 1,
    });
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
        const [receiveSeconds, receiveFraction] = [reply.getInt32(RECEIVE), reply.getInt32(RECEIVE + 4)];
        responder.departed(receiveSeconds, receiveFraction, secondsOf(leaving), nanosOf(leaving));
      }
    };

    const sockets: Socket[] = [];
    const close = (): void => {
      for (const socket of sockets) socket.close();
      authentication.free();
    };
    try {
      for (const endpoint of server.listen) {
        const { host, port } = endpoint;
        const refuse = (fault: ListenFault): never => {
          throw cannotListen(host, port, fault);
        };
        sockets.push(await listenOnUdp(endpoint, answer).catch(refuse));
      }
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

/** How we listen with what Node has, and a thread tells the main thread (listener.ts) that it does. */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import type { Endpoint } from '../config.ts';

/** Of an address that cannot be listened on. */
export type ListenFault = Endpoint & { readonly code: string; readonly message: string };

/** What waits for us in the kernel; more is told to come again. */
const BACKLOG = 511;

// noDelay: what follows an answer, that it was the last, must not wait until the client has confirmed the answer.
export const listenOnTcp = (endpoint: Endpoint, take: (socket: Socket) => void): Promise<void> =>
  listenWith(createServer({ noDelay: true }, take), endpoint);

/** Rejects with a `ListenFault`. */
export const listenWith = (server: Server, { host, port }: Endpoint): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', ({ code = '', message }: NodeJS.ErrnoException) => reject({ host, port, code, message }));
    server.listen({ host, port, ipv6Only: true, backlog: BACKLOG }, () => {
      // From here on an error is one connection's, which could not be accepted.
      server.removeAllListeners('error').on('error', () => {});
      resolve();
    });
  });

/** Rejects likewise. */
export const listenOnUdp = (
  { host, port }: Endpoint,
  take: (socket: UdpSocket, packet: Buffer<ArrayBuffer>, from: RemoteInfo) => void,
): Promise<UdpSocket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
    socket.on('message', (packet, from) => take(socket, packet, from));
    socket.once('error', ({ code = '', message }: NodeJS.ErrnoException) => reject({ host, port, code, message }));
    socket.bind(port, host, () => {
      // From here on an error is one datagram's (an unreachable client, say), not the socket's.
      socket.removeAllListeners('error').on('error', () => {});
      resolve(socket);
    });
  });

export const tellListening = (listening: readonly Promise<unknown>[]): void =>
  void Promise.all(listening).then(
    () => parentPort!.postMessage(undefined),
    (fault: ListenFault) => parentPort!.postMessage(fault),
  );

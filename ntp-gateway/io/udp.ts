/** Datagrams on `node:dgram`: one short-lived socket per request upstream, one standing socket per address served. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { MonoNanos } from '#contract/time.ts';
import type { Endpoint } from '../config.ts';
import type { Answerer, Ports } from '../ports.ts';
import { SetupError } from './setup-error.ts';

type Lookup = (host: string, family: 4 | 6, found: (error: null, address: string, family: 4 | 6) => void) => void;

/** All our peers are addresses already. Answering at once keeps `send` from putting the datagram off to a later turn. */
const lookup: Lookup = (address, family, found) => found(null, address, family);

const socketFor = (address: string): Socket =>
  isIPv6(address)
    ? createSocket({ type: 'udp6', ipv6Only: true, lookup: lookup as never })
    : createSocket({ type: 'udp4', lookup: lookup as never });

/**
 * RFC 9109 §4: a new source port for each request. Not connected, so that an answer from elsewhere is seen and counted.
 */
export const askOver =
  (mono: () => MonoNanos): Ports['ask'] =>
  (server, bytes, sent, heard) => {
    const socket = socketFor(server.address);
    let open = true;
    const close = (): void => {
      if (open) socket.close();
      open = false;
    };
    const fail = (): void => {
      if (open) sent(undefined);
    };
    socket.on('message', (message, from) => {
      const receivedAt = mono();
      heard({ bytes: message, receivedAt, fromServer: isFrom(from, server) });
    });
    socket.on('error', fail);
    socket.bind(0, () => {
      if (!open) return;
      const at = mono();
      socket.send(bytes, server.port, server.address, (error) => error && fail());
      sent(at);
    });
    return close;
  };

const isFrom = (from: RemoteInfo, { address, port }: { address: string; port: number }): boolean =>
  from.port === port && from.address === address;

/** @throws SetupError where the address cannot be listened on. */
export const serveOver =
  (mono: () => MonoNanos): Ports['serve'] =>
  ({ host, port }: Endpoint, answer: Answerer) =>
    new Promise((resolve, reject) => {
      const socket = socketFor(host);
      socket.on('message', (request, from) => {
        const receivedAt = mono();
        const reply = answer(request, receivedAt);
        // RFC 768: port 0 asks for no reply, and `send` would throw: one forged datagram would end us.
        if (reply && from.port !== 0) socket.send(reply, from.port, from.address);
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          new SetupError(`cannot listen on ${host}:${port} for NTP: ${reasons[error.code ?? ''] ?? error.message}`),
        );
      });
      socket.bind(port, host, () => {
        // From here on an error is one datagram's (an unreachable client, say), not the socket's.
        socket.removeAllListeners('error').on('error', () => {});
        resolve(() => socket.close());
      });
    });

const reasons: Record<string, string> = {
  EADDRINUSE: 'the port is in use by another program',
  EACCES: 'ports below 1024 need CAP_NET_BIND_SERVICE or root',
  EADDRNOTAVAIL: 'this host has no such address',
};

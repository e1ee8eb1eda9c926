/** Our own requests, on `node:dgram`: one short-lived socket for each. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { MonoNanos } from '#contract/time.ts';
import type { Asked, Datagram } from '../ports.ts';
import type { KernelMoments } from './kernel-moments.ts';

/** Asks without authentication: see `Ports['ask']`. */
export type Ask = (
  server: Pick<Asked, 'address' | 'port'>,
  bytes: Uint8Array,
  sent: (at: MonoNanos | undefined) => void,
  heard: (datagram: Datagram) => void,
) => () => void;

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
  (mono: () => MonoNanos, kernel?: KernelMoments): Ask =>
  (server, bytes, sent, heard) => {
    const socket = socketFor(server.address);
    const fd = openStamped(kernel, server.address);
    let open = true;
    const close = (): void => {
      if (open) socket.close();
      open = false;
    };
    const fail = (): void => {
      if (open) sent(undefined);
    };
    socket.on('message', (message, from) => {
      const receivedAt = fd === undefined ? mono() : kernel!.arrival(fd);
      heard({ bytes: message, receivedAt, fromServer: isFrom(from, server) });
    });
    socket.on('error', fail);
    const send = (): void => {
      if (!open) return;
      const at = mono();
      socket.send(bytes, server.port, server.address, (error) => error && fail());
      sent((fd === undefined ? undefined : kernel!.departure(fd)) ?? at);
    };
    if (fd === undefined) socket.bind(0, send);
    else socket.bind({ fd }, () => queueMicrotask(send)); // at once: our caller has yet to know how to close it
    return close;
  };

/** Where the kernel gives us none, the event loop's own moments will do. */
const openStamped = (kernel: KernelMoments | undefined, address: string): number | undefined => {
  try {
    return kernel?.open(isIPv6(address));
  } catch {
    return undefined;
  }
};

const isFrom = (from: RemoteInfo, { address, port }: { address: string; port: number }): boolean =>
  from.port === port && from.address === address;

/** A UDP socket that sends one datagram after the other and waits for what comes back. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';

export type UdpPeer = {
  readonly port: number;
  /** Resolves once it is with the kernel: on loopback, once it is there. */
  send(payload: Uint8Array, port: number, host: string): Promise<void>;
  /** The next one that comes. */
  receive(): Promise<{ readonly payload: Uint8Array; readonly from: RemoteInfo }>;
  [Symbol.dispose](): void;
};

export const openUdpPeer = async (host = '127.0.0.1'): Promise<UdpPeer> => {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    send: (payload, port, to) =>
      new Promise((resolve, reject) => {
        socket.send(payload, port, to, (error) => (error ? reject(error) : resolve()));
      }),
    receive: async () => {
      const [payload, from] = (await once(socket, 'message')) as [Buffer, RemoteInfo];
      return { payload: new Uint8Array(payload), from };
    },
    [Symbol.dispose]: () => socket.close(),
  };
};

/**
 * Loopback ports for programs that must be told one. Between this answer and their bind another could take it: what can
 * bind port 0 itself should.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export const freeTcpPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

export const freeUdpPort = async (): Promise<number> => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
};

/** For UDP and TCP alike: below those that the kernel hands out, since any client may be given one of these for either. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const [tcp, udp] = [createServer(), createSocket('udp4')];
    const listening = [once(tcp.listen(port, '127.0.0.1'), 'listening'), once(udp, 'listening')];
    udp.bind(port, '127.0.0.1');
    const results = await Promise.allSettled(listening);
    const closed = [once(tcp, 'close'), once(udp, 'close')];
    tcp.close();
    udp.close();
    await Promise.all(closed);
    if (results.every(({ status }) => status === 'fulfilled')) return port;
  }
};

/** One plain NTPv4 request, by hand: for tests that must not trust the project's own codec. */
import { createSocket } from 'node:dgram';

/** RFC 5905 §7.3: LI 0, version 4, mode 3, and nothing else. */
const REQUEST = Buffer.alloc(48);
REQUEST[0] = 0x23;

/** @returns the first datagram that comes back, or undefined when none does. */
export const askNtp = (port: number, { address = '127.0.0.1', withinMs = 5_000 } = {}): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const done = (reply?: Buffer) => {
      clearTimeout(limit);
      socket.close();
      resolve(reply);
    };
    const limit = setTimeout(done, withinMs);
    socket.once('error', () => done()); // a refused port: nobody listens yet
    socket.once('message', done);
    socket.connect(port, address, () => socket.send(REQUEST));
  });

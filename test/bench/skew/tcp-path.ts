/**
 * `node tcp-path.ts PORT PATH SEED`: a path to a server on this host, in a process of its own, since it waits for the moment
 * at which something is due. `PATH` is a `TcpPath` as JSON. Prints its port.
 */
import { connect, createServer, type Socket } from 'node:net';
import { randomFrom } from '../../support/dice.ts';

export type TcpPath = {
  /** ms: the least that it takes to the server, and back. */
  readonly upMs: number;
  readonly downMs: number;
  /** Means of what it takes besides. */
  readonly upJitterMs: number;
  readonly downJitterMs: number;
};

const [port = '', path = '', seed = ''] = process.argv.slice(2);
const { upMs, downMs, upJitterMs, downJitterMs } = JSON.parse(path) as TcpPath;
const dice = randomFrom(Number(seed), 'tcp');

/** In order, as TCP delivers: what is late holds up what comes after it. */
const carry = (from: Socket, to: Socket, leastMs: number, jitterMs: number): void => {
  let free = 0;
  const waiting: (() => void)[] = [];
  const later = (act: () => void): void => {
    waiting.push(act);
    free = Math.max(free, performance.now() + leastMs + jitterMs * dice.exponential());
    setTimeout(() => waiting.shift()?.(), free - performance.now()); // timers round: two of them may change places
  };
  from.on('data', (octets) => later(() => to.write(octets)));
  from.on('close', () => later(() => to.destroy()));
  from.on('error', () => {});
};

const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
  carry(client, upstream, upMs, upJitterMs);
  carry(upstream, client, downMs, downJitterMs);
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));

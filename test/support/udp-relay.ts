/** A piece of bad network between NTP clients and a server: slow, slower one way than the other, and lossy. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export type Path = {
  /** How long a datagram takes, in ms. At least: a timer may be late. */
  delayMs: number;
  /** The part of datagrams that get lost, 0 to 1, evenly spread: no dice, so that a test sees the same each time. */
  loss: number;
};

export type UdpRelay = {
  readonly port: number;
  /** From the clients to the server, and back. May be changed at any time. */
  readonly up: Path;
  readonly down: Path;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export const startUdpRelay = async (serverPort: number): Promise<UdpRelay> => {
  const front = createSocket('udp4');
  const backs = new Map<string, Socket>();
  const timers = new Set<NodeJS.Timeout>();

  const carry = (path: Path, forward: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      forward();
    }, path.delayMs);
    timers.add(timer);
  };
  const makePath = (): Path & { losesNext(): boolean } => {
    let owed = 0;
    const path = {
      delayMs: 0,
      loss: 0,
      losesNext: () => {
        owed += path.loss;
        if (owed < 1) return false;
        owed -= 1;
        return true;
      },
    };
    return path;
  };
  const up = makePath();
  const down = makePath();

  /** The server sees each client at a port of its own, as it would through a NAT. */
  const backFor = (clientPort: number, clientAddress: string): Socket => {
    const client = `${clientAddress}:${clientPort}`;
    const known = backs.get(client);
    if (known) return known;
    const back = createSocket('udp4');
    backs.set(client, back);
    back.on('error', () => {}); // the server is not there (yet): lost, as on any network
    back.on('message', (datagram) => {
      if (!down.losesNext()) carry(down, () => front.send(datagram, clientPort, clientAddress));
    });
    return back;
  };

  front.on('message', (datagram, { port, address }) => {
    const back = backFor(port, address);
    if (!up.losesNext()) carry(up, () => back.send(datagram, serverPort, '127.0.0.1'));
  });
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');

  const stop = async (): Promise<void> => {
    for (const timer of timers) clearTimeout(timer);
    for (const back of backs.values()) back.close();
    front.close();
    await once(front, 'close');
  };
  return { port: front.address().port, up, down, stop, [Symbol.asyncDispose]: stop };
};

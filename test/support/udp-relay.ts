/** A piece of bad network between NTP clients and a server: slow, slower one way than the other, and lossy. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { randomFrom } from './dice.ts';

export type Path = {
  /** The least that a datagram takes, in ms. A timer's millisecond at the least, and more where the machine is busy. */
  delayMs: number;
  /** What it takes besides is drawn from an exponential law of this mean, in ms. */
  jitterMs: number;
  /** The part of datagrams that get lost, 0 to 1, evenly spread: no dice, so that a test sees the same each time. */
  loss: number;
  /** Who sits on the path: what goes on in place of a datagram. */
  attack?: ((datagram: Buffer) => readonly Buffer[]) | undefined;
};

export type UdpRelay = {
  readonly port: number;
  /** From the clients to the server, and back. May be changed at any time. */
  readonly up: Path;
  readonly down: Path;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type UdpRelayOptions = {
  /** Where clients find it: another one for each relay, for clients that know a server by its address alone. */
  readonly address?: string;
  /** Any free one unless said otherwise. */
  readonly port?: number;
  readonly seed?: number;
};

/** A timer may be a millisecond late, and more where the machine is busy: the last of a delay is waited out on the clock. */
const SPIN_MS = 2;
/** A client that asks from a new port each time must not use up our sockets. */
const FORGET_AFTER_MS = 10_000;

export const startUdpRelay = async (
  serverPort: number,
  { address: frontAddress = '127.0.0.1', port: frontPort = 0, seed = 1 }: UdpRelayOptions = {},
): Promise<UdpRelay> => {
  const dice = randomFrom(seed, frontAddress);
  const front = createSocket('udp4');
  const backs = new Map<string, { readonly socket: Socket; readonly idle: NodeJS.Timeout }>();
  const timers = new Set<NodeJS.Timeout>();

  const carry = (path: Path, datagram: Buffer, forward: (datagram: Buffer) => void): void => {
    for (const one of path.attack?.(datagram) ?? [datagram]) carryOne(path, () => forward(one));
  };
  const carryOne = (path: Path, forward: () => void): void => {
    const delayMs = path.delayMs + (path.jitterMs && path.jitterMs * dice.exponential());
    const due = performance.now() + delayMs;
    const arrive = (): void => {
      timers.delete(timer);
      while (performance.now() < due);
      forward();
    };
    const timer = setTimeout(arrive, Math.max(0, delayMs - SPIN_MS));
    timers.add(timer);
  };
  const makePath = (): Path & { losesNext(): boolean } => {
    let owed = 0;
    const path = {
      delayMs: 0,
      jitterMs: 0,
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
    known?.idle.refresh();
    if (known) return known.socket;
    const socket = createSocket('udp4').bind();
    const forget = (): void => {
      backs.delete(client);
      socket.close();
    };
    backs.set(client, { socket, idle: setTimeout(forget, FORGET_AFTER_MS) });
    socket.on('error', () => {}); // the server is not there (yet): lost, as on any network
    socket.on('message', (datagram) => {
      if (!down.losesNext()) carry(down, datagram, (one) => front.send(one, clientPort, clientAddress));
    });
    return socket;
  };

  front.on('message', (datagram, { port, address }) => {
    if (up.losesNext()) return;
    const back = backFor(port, address); // now: to make one may take 10 ms, which are no part of the delay
    carry(up, datagram, (one) => back.send(one, serverPort, '127.0.0.1'));
  });
  front.bind(frontPort, frontAddress);
  await once(front, 'listening');

  const stop = async (): Promise<void> => {
    for (const timer of timers) clearTimeout(timer);
    for (const { socket, idle } of backs.values()) {
      clearTimeout(idle);
      socket.close();
    }
    front.close();
    await once(front, 'close');
  };
  return { port: front.address().port, up, down, stop, [Symbol.asyncDispose]: stop };
};

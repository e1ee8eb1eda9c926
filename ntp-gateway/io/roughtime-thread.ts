/**
 * The thread that answers Roughtime: signing takes longer than all that NTP's threads do, and a flood must hold up neither
 * them nor the gateway. roughtime-server.ts starts it.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import type { Endpoint } from '../config.ts';
import { isAllowed, type Policy } from '../protocol/policy.ts';
import { count } from '../protocol/roughtime-counters.ts';
import type { ClientAddress } from '../protocol/screening.ts';
import { openClocks, openSlept } from './clocks.ts';
import { type ListenFault, listenOnTcp, tellListening } from './listening.ts';
import { openRoughtimeAnswers } from './roughtime-answers.ts';
import { openRoughtimeConnections } from './roughtime-connections.ts';
import { describeSender } from './sender.ts';

/** What the thread is given. Plain data. */
export type RoughtimeData = RoughtimeChanging & {
  readonly listen: readonly Endpoint[];
  readonly longTerm: RoughtimeKey;
  readonly lines: SharedArrayBuffer;
  readonly counters: Float64Array<SharedArrayBuffer>;
};

/** And again, later on. */
export type RoughtimeChanging = { readonly policy: Policy };

const { listen, longTerm, lines, counters, ...first }: RoughtimeData = workerData;
const answers = await openRoughtimeAnswers(longTerm, lines, counters, { mono: openClocks().mono, slept: openSlept()! });
let { policy } = first;
const client: ClientAddress = new Int32Array(6);

const mayAsk = (address: string, port: number): boolean => {
  describeSender({ address, port }, client);
  return isAllowed(policy, client);
};

const takeDatagram = (socket: Socket, packet: Buffer<ArrayBuffer>, { address, port }: RemoteInfo): void => {
  const unsent = (error: Error | null): void => {
    if (error) count(counters, 'unsent');
  };
  if (!mayAsk(address, port)) count(counters, 'denied');
  // RFC 768: port 0 asks for no reply, and `send` would throw: one forged datagram would end us.
  else if (port === 0) count(counters, 'unsent');
  else answers.take(packet, (response) => socket.send(response, port, address, unsent));
};
const takeConnection = openRoughtimeConnections(
  answers,
  counters,
  ({ remoteAddress: address, remotePort: port }) =>
    address !== undefined && port !== undefined && mayAsk(address, port),
);

const listenOnUdp = ({ host, port }: Endpoint): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
    socket.on('message', (packet, from) => takeDatagram(socket, packet, from));
    socket.once('error', ({ code = '', message }: NodeJS.ErrnoException) =>
      reject({ host, port, code, message } satisfies ListenFault),
    );
    socket.bind(port, host, () => {
      // From here on an error is one datagram's.
      socket.removeAllListeners('error').on('error', () => {});
      resolve();
    });
  });

parentPort!.on('message', (changed: Partial<RoughtimeChanging>) => {
  policy = changed.policy ?? policy;
});
tellListening(listen.flatMap((endpoint) => [listenOnUdp(endpoint), listenOnTcp(endpoint, takeConnection)]));

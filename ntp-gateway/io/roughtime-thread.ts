/**
 * The thread that answers Roughtime: signing takes longer than all that NTP's threads do, and a flood must hold up neither
 * them nor the gateway. roughtime-server.ts starts it.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import type { Endpoint } from '../config.ts';
import { isAllowed, type Policy } from '../protocol/policy.ts';
import { count } from '../protocol/roughtime-counters.ts';
import type { ClientAddress } from '../protocol/screening.ts';
import { openSigningClocks } from './clocks.ts';
import { listenOnTcp, listenOnUdp, tellListening } from './listening.ts';
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
const answers = await openRoughtimeAnswers(longTerm, lines, counters, openSigningClocks());
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

parentPort!.on('message', (changed: Partial<RoughtimeChanging>) => {
  policy = changed.policy ?? policy;
});
tellListening(
  listen.flatMap((endpoint) => [listenOnUdp(endpoint, takeDatagram), listenOnTcp(endpoint, takeConnection)]),
);

/**
 * `node path.ts PORT PATH SEED`: one network path to a server on this host, in a process of its own, since it waits for the
 * moment at which a datagram is due. `PATH` is a `LivePath` as JSON. Prints its port.
 */
import { startUdpRelay } from '../../support/udp-relay.ts';

export type LivePath = {
  readonly address: string;
  /** ms: the least that it takes to the server, and back. */
  readonly upMs: number;
  readonly downMs: number;
  /** Mean of what it takes besides, each way. */
  readonly jitterMs: number;
};

const [port = '', path = '', seed = ''] = process.argv.slice(2);
const { address, upMs, downMs, jitterMs } = JSON.parse(path) as LivePath;
const relay = await startUdpRelay(Number(port), { address, seed: Number(seed) });
Object.assign(relay.up, { delayMs: upMs, jitterMs });
Object.assign(relay.down, { delayMs: downMs, jitterMs });
console.log(relay.port);

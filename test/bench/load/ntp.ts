/**
 * `node ntp.ts PORT SECONDS`: keeps many NTP requests in flight, each reply followed by the next request, and prints an
 * `NtpLoad` as JSON. Sends and receives by the batch, so that it outruns what it asks.
 */
import { connectUdp, type UdpBatch } from '#native/udp-batch.ts';

export type NtpLoad = {
  readonly perSecond: number;
  /** Those of the warm-up too. */
  readonly answered: number;
  readonly lost: number;
};

const SOCKETS = 16;
/** For each socket. Together they fit into the receive buffer that Linux gives a server, some 250 small datagrams. */
const IN_FLIGHT = 12;
const PATIENCE_MS = 100;
const WARM_UP_MS = 300;
const SIZE = 48;
const CLIENT = 0x23; // RFC 5905 §7.3: LI 0, version 4, mode 3
const SERVER = 0x24;
const MODE_AND_VERSION = 0x3f;
const TRANSMIT_AT = 40;
const ORIGIN_AT = 24;

const [port = '', seconds = ''] = process.argv.slice(2);

const open = (): UdpBatch => {
  const batch = connectUdp({ port: Number(port), count: IN_FLIGHT, size: SIZE, patienceMs: PATIENCE_MS });
  for (let i = 0; i < IN_FLIGHT; i++) {
    batch.outgoing[i * SIZE] = CLIENT;
    batch.outgoing.fill(0x5a, i * SIZE + TRANSMIT_AT, (i + 1) * SIZE);
  }
  return batch;
};

/** A synchronized server's reply to what we asked: anything else is not what is to be measured. */
const check = ({ incoming, lengthOf }: UdpBatch, index: number): void => {
  const at = index * SIZE;
  const isReply =
    lengthOf(index) === SIZE &&
    (incoming[at]! & MODE_AND_VERSION) === SERVER &&
    incoming[at + 1] !== 0 &&
    incoming[at + ORIGIN_AT] === 0x5a;
  if (!isReply) throw new Error(`port ${port} does not tell the time: ${incoming.subarray(at, at + SIZE).join(' ')}`);
};

const batches = Array.from({ length: SOCKETS }, open);
for (const batch of batches) batch.send(IN_FLIGHT);

const from = performance.now() + WARM_UP_MS;
const until = from + Number(seconds) * 1_000;
let [answered, counted, lost] = [0, 0, 0];
for (let now = 0; now < until; now = performance.now()) {
  for (const batch of batches) {
    const many = batch.receive();
    for (let i = 0; i < many; i++) check(batch, i);
    if (many === 0) lost += IN_FLIGHT;
    batch.send(many === 0 ? IN_FLIGHT : many);
    answered += many;
    if (now >= from) counted += many;
  }
}
for (const batch of batches) batch.close();
const load: NtpLoad = { perSecond: counted / Number(seconds), answered, lost };
console.log(JSON.stringify(load));

/**
 * `node ntp.ts --port N`: keeps many NTP requests in flight, each reply followed by the next client's request, and prints
 * an `NtpLoad` as JSON. `--clients` says of how many addresses, `--what` and `--sealed` what they ask (see requests.ts),
 * `--ipv6` over what, `--seconds` how long, `--in-one` how often each client asks in a row, which makes this program faster.
 */
import { BATCH, clientsFromArgs, openClients } from './clients.ts';

export type NtpLoad = {
  readonly perSecond: number;
  /** Those of the warm-up too. */
  readonly answered: number;
  readonly interleaved: number;
  readonly lost: number;
  /** The share of the time in which this program used its core. */
  readonly busy: number;
  /** One of the last replies, in hexadecimal. */
  readonly last: string;
};

/** They fit into the receive buffer that Linux gives a server, some 250 small datagrams. */
const IN_FLIGHT = 3 * BATCH;
const PATIENCE_MS = 100;
const WARM_UP_MS = 300;

const options = clientsFromArgs();
const { crowd, requests, prepare } = openClients({ ...options, patienceMs: PATIENCE_MS });

/** Replies that no request has followed yet. */
let owed = 0;
const ask = (more: number): void => {
  owed += more;
  const many = Math.floor(owed / options.inOne);
  owed -= many * options.inOne;
  if (many === 0) return;
  for (let i = 0; i < many; i++) prepare(i);
  crowd.send(0, many);
};
const start = (): void => {
  for (let sent = 0; sent < IN_FLIGHT; sent += BATCH) ask(BATCH);
};

start();
const from = performance.now() + WARM_UP_MS;
const until = from + options.seconds * 1_000;
let [answered, counted, lost] = [0, 0, 0];
let usedBefore = process.cpuUsage();
for (let now = 0; now < until; now = performance.now()) {
  const many = crowd.receive(true);
  for (let i = 0; i < many; i++) requests.judge(crowd.incoming, i * requests.size, crowd.lengthOf(i));
  if (many > 0) ask(many);
  else {
    lost += IN_FLIGHT;
    start();
  }
  answered += many;
  if (now >= from) counted += many;
  else usedBefore = process.cpuUsage();
}
const { user, system } = process.cpuUsage(usedBefore);
const { buffer, byteOffset } = crowd.incoming;
const last = Buffer.from(buffer, byteOffset, crowd.lengthOf(0)).toString('hex');
crowd.close();
const load: NtpLoad = {
  perSecond: counted / options.seconds,
  answered,
  interleaved: requests.interleaved(),
  lost,
  busy: (user + system) / 1e6 / options.seconds,
  last,
};
console.log(JSON.stringify(load));

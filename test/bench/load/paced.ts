/**
 * `node paced.ts --port N --rate R`: so many NTP requests a second, evenly spaced, whatever becomes of their replies, and
 * prints a `PacedLoad` as JSON. The other options are those of ntp.ts. It never sleeps: who waits for a wake-up of its own
 * measures that.
 */
import { CLOCK_REALTIME, openClock } from '#native/clocks.ts';
import { quantile } from '../live/judge.ts';
import { BATCH, clientsFromArgs, openClients } from './clients.ts';

/** From the call that sends a request until the kernel has its reply, in µs. */
export type PacedLoad = {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly perSecond: number;
  readonly answered: number;
  /** The share of requests without a reply. */
  readonly lost: number;
};

const WARM_UP_S = 0.3;
const GRACE_S = 0.1;
/** Requests whose replies may still come. */
const REMEMBERED = 2 ** 17;

const { rate, seconds, ...options } = clientsFromArgs();
const { crowd, requests, prepare } = openClients({ ...options, patienceMs: 1, ancillary: true });
const clock = openClock(CLOCK_REALTIME)!;
const zero = clock();
/** ns since the start. */
const now = (): number => Number(clock() - zero);

const sentAt = new Float64Array(REMEMBERED);
const took: number[] = [];
const from = 1e9 * WARM_UP_S;
const until = from + 1e9 * seconds;
let [sent, counted, answered] = [0, 0, 0];
for (let at = 0; at < until + 1e9 * GRACE_S; at = now()) {
  const due = Math.min(Math.floor((Math.min(at, until) * rate) / 1e9) - sent, BATCH);
  // One by one, even those that are late: together, the last of them would wait for the first.
  for (let i = 0; i < due; i++) {
    const serial = prepare(0);
    const left = now();
    sentAt[serial % REMEMBERED] = left;
    sent += crowd.send(0, 1);
    if (left >= from) counted++;
  }
  const many = crowd.receive(false);
  for (let i = 0; i < many; i++) {
    const left = sentAt[requests.judge(crowd.incoming, i * requests.size, crowd.lengthOf(i)) % REMEMBERED]!;
    if (left >= from) took.push((Number(crowd.heardAt(i) - zero) - left) / 1e3);
  }
  answered += many;
}
crowd.close();
took.sort((a, b) => a - b);
const load: PacedLoad = {
  p50: quantile(took, 0.5),
  p99: quantile(took, 0.99),
  p999: quantile(took, 0.999),
  perSecond: counted / seconds,
  answered,
  lost: 1 - took.length / counted,
};
console.log(JSON.stringify(load));

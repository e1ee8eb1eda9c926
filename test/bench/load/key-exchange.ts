/**
 * `node key-exchange.ts PORT SECONDS COUNT`: exchanges keys with an NTS server on 127.0.0.1, several at once, each as a client
 * of its own, until the time is over or so many are done (whichever is not 0), and prints a `KeyExchangeLoad` as JSON.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ANSWERED, GO, type KeyExchangeOrder, READY, WORDS } from './key-exchange-order.ts';

export type KeyExchangeLoad = {
  readonly perSecond: number;
  readonly answered: number;
  /** The share of the time in which this program used its core. */
  readonly busy: number;
};

const AT_ONCE = 8;

const [port, seconds, count] = process.argv.slice(2).map(Number) as [number, number, number];
const shared = new Int32Array(new SharedArrayBuffer(4 * WORDS));
const workerData: KeyExchangeOrder = { port, seconds, count, shared };
const program = new URL('./key-exchange-thread.ts', import.meta.url);
const workers = Array.from({ length: AT_ONCE }, () => new Worker(program, { workerData }));
const ended = Promise.all(workers.map((worker) => once(worker, 'exit'))); // rejects with what one of them throws
for (let ready = 0; ready < AT_ONCE; ready = Atomics.load(shared, READY)) {
  await Promise.race([ended, Atomics.waitAsync(shared, READY, ready).value]);
}

const used = process.cpuUsage();
const start = performance.now();
Atomics.store(shared, GO, 1);
Atomics.notify(shared, GO);
await ended;
const { user, system } = process.cpuUsage(used);
const took = (performance.now() - start) / 1_000;
const answered = Atomics.load(shared, ANSWERED);
const load: KeyExchangeLoad = { perSecond: answered / took, answered, busy: (user + system) / 1e6 / took };
console.log(JSON.stringify(load));

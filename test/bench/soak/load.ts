/**
 * `node load.ts --port N --rate R --seconds S`: so many NTP requests a second from 8192 addresses, sent as they are due each 10 ms,
 * and prints a `SoakLoad` as JSON. Unlike paced.ts it leaves the core to others in between, for half an hour.
 */
import { setInterval } from 'node:timers/promises';
import { BATCH, clientsFromArgs, openClients } from '../load/clients.ts';

export type SoakLoad = { readonly sent: number; readonly answered: number };

const TICK_MS = 10;

const { rate, seconds, ...options } = clientsFromArgs();
const { crowd, requests, prepare } = openClients({ ...options, patienceMs: 1 });
const start = performance.now();
let [sent, answered] = [0, 0];

const takeReplies = (): void => {
  for (let many = crowd.receive(false); many > 0; many = crowd.receive(false)) {
    for (let i = 0; i < many; i++) requests.judge(crowd.incoming, i * requests.size, crowd.lengthOf(i));
    answered += many;
  }
};

for await (const _ of setInterval(TICK_MS)) {
  takeReplies();
  const passed = performance.now() - start;
  if (passed > 1_000 * seconds) break;
  // After a while in which nothing ran it does not make up for all of it at once: the socket's buffer would overflow.
  const due = Math.min(Math.floor((passed * rate) / 1_000) - sent, 4 * BATCH);
  for (let left = due; left > 0; left -= BATCH) {
    const many = Math.min(left, BATCH);
    for (let i = 0; i < many; i++) prepare(i);
    sent += crowd.send(0, many);
    takeReplies();
  }
}
crowd.close();
const load: SoakLoad = { sent, answered };
console.log(JSON.stringify(load));

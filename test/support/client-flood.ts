/** A thread that fills a client table, as an answering thread does in a flood, until it is ended. Even addresses are answered. */
import { workerData } from 'node:worker_threads';
import { noteReply, openClientTable, touch } from '../../ntp-gateway/protocol/client-table.ts';

const clients = openClientTable(workerData as SharedArrayBuffer, Int32Array.of(1, 2));
const client = Int32Array.of(4, 0, 0, 0, 0, 0);
for (let i = 0; ; i++) {
  client[1] = Math.imul(i, 0x9e3779b1); // odd: each word once, even and odd by turns
  const record = touch(clients, client, i >> 8, 0x23);
  if ((client[1] & 1) === 0) for (let times = 0; times < 5; times++) noteReply(clients, record, true);
}

/** One thread of key-exchange.ts: one exchange after the other. */
import { workerData } from 'node:worker_threads';
import { AES_SIV_CMAC_256, NEW_COOKIE } from '../../../ntp-gateway/wire/nts.ts';
import { decodeMessage } from '../../../ntp-gateway/wire/nts-record.ts';
import { ANSWERED, BEGUN, GO, type KeyExchangeOrder, READY } from './key-exchange-order.ts';
import { requestFor } from './key-exchange-request.ts';
import { openTlsClient } from './tls-client.ts';

const COOKIES = 8;
/** 127.1.0.0. */
const FIRST_ADDRESS = 0x7f_01_00_00;

const { port, seconds, count, shared }: KeyExchangeOrder = workerData;
const { ask } = openTlsClient(port);
const request = requestFor(AES_SIV_CMAC_256);
const isWhole = (bytes: Uint8Array): boolean => decodeMessage(bytes) !== undefined;

Atomics.add(shared, READY, 1);
Atomics.notify(shared, READY);
Atomics.wait(shared, GO, 0);
const until = performance.now() + 1_000 * seconds;
while (seconds === 0 || performance.now() < until) {
  const number = Atomics.add(shared, BEGUN, 1);
  if (count > 0 && number >= count) break;
  const from = new DataView(new ArrayBuffer(4));
  from.setInt32(0, FIRST_ADDRESS + number);
  const answer = decodeMessage(ask(new Uint8Array(from.buffer), request, isWhole));
  const cookies = answer?.ok ? answer.value.filter(({ type }) => type === NEW_COOKIE).length : 0;
  if (cookies !== COOKIES) throw new Error(`an answer with ${cookies} cookies`);
  Atomics.add(shared, ANSWERED, 1);
}

/**
 * The thread that exchanges keys with clients: a flood of handshakes holds up the next handshake, and neither the gateway's
 * own exchanges nor those who have their cookies. key-exchange-server.ts starts it.
 */
import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { openCryptography } from '#native/cryptography.ts';
import type { Endpoint } from '../config.ts';
import { type Changing, type KeyExchangeData, openKeyExchanges } from './key-exchanges.ts';

/** What waits for us in the kernel; more is told to come again. */
const BACKLOG = 511;

/** Of an address that cannot be listened on. */
export type ListenFault = Endpoint & { readonly code: string; readonly message: string };

const data: KeyExchangeData = workerData;
const exchanges = openKeyExchanges(data, openCryptography, () => performance.now());

const listenOn = ({ host, port }: Endpoint): Promise<void> =>
  new Promise((resolve, reject) => {
    // noDelay: what follows the answer, that it was the last, must not wait until the client has confirmed the answer.
    const server = createServer({ noDelay: true }, exchanges.take);
    server.once('error', ({ code = '', message }: NodeJS.ErrnoException) => reject({ host, port, code, message }));
    server.listen({ host, port, ipv6Only: true, backlog: BACKLOG }, () => {
      // From here on an error is one connection's, which could not be accepted.
      server.removeAllListeners('error').on('error', () => {});
      resolve();
    });
  });

parentPort!.on('message', (changed: Partial<Changing>) => exchanges.follow(changed));
Promise.all(data.listen.map(listenOn)).then(
  () => parentPort!.postMessage(undefined),
  (fault: ListenFault) => parentPort!.postMessage(fault),
);

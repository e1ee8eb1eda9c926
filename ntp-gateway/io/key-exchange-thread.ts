/**
 * The thread that exchanges keys with clients: a flood of handshakes holds up the next handshake, and neither the gateway's
 * own exchanges nor those who have their cookies. key-exchange-server.ts starts it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openCryptography } from '#native/cryptography.ts';
import { type Changing, type KeyExchangeData, openKeyExchanges } from './key-exchanges.ts';
import { listenOnTcp, tellListening } from './listening.ts';

const data: KeyExchangeData = workerData;
const exchanges = openKeyExchanges(data, openCryptography, () => performance.now());

parentPort!.on('message', (changed: Partial<Changing>) => exchanges.follow(changed));
tellListening(data.listen.map((endpoint) => listenOnTcp(endpoint, exchanges.take)));

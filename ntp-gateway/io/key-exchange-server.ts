/** The key exchange server, as the main thread sees it: a thread that is told of all that changes. */
import { randomFillSync } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { newClientMemory } from '../protocol/client-table.ts';
import { keyExchangesOf, newKeyExchangeCounters } from '../protocol/key-exchange-counters.ts';
import type { ListenFault } from './key-exchange-thread.ts';
import type { Changing, KeyExchangeData } from './key-exchanges.ts';
import { log } from './log.ts';
import { cannotListen } from './setup-error.ts';

export type KeyExchangeServer = {
  readonly counters: () => Readonly<Record<string, number>>;
  readonly follow: (changed: Partial<Changing>) => void;
  readonly close: () => void;
};

const RESTART_MS = 1_000;
/** What 512 connections take, and as much again; what TLS takes is not counted here. */
const LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };

/** @throws SetupError where an address cannot be listened on. */
export const serveKeyExchanges = async (
  data: Pick<KeyExchangeData, 'listen' | 'port'> & Changing,
): Promise<KeyExchangeServer> => {
  const counters = newKeyExchangeCounters();
  const constant = { counters, clients: newClientMemory(), clientsKey: randomFillSync(new Int32Array(2)) };
  let newest = data;
  let [isStopping, hasFailed] = [false, false];
  let again: NodeJS.Timeout | undefined;
  let worker: Worker;

  const start = (): Promise<ListenFault | undefined> =>
    new Promise((resolve, reject) => {
      const workerData: KeyExchangeData = { ...newest, ...constant };
      const program = new URL('./key-exchange-thread.ts', import.meta.url);
      worker = new Worker(program, { workerData, resourceLimits: LIMITS });
      worker.once('message', resolve);
      worker.on('error', (error: Error) => {
        if (!hasFailed) log(`the thread that exchanges keys failed and is started again: ${error.message}`, 'warning');
        hasFailed = true;
        reject(error);
      });
      worker.once('exit', () => {
        if (!isStopping) again = setTimeout(startAgain, RESTART_MS);
      });
    });
  const startAgain = (): void =>
    void start().then(
      (fault) => fault && worker.terminate(),
      () => {}, // it has said so, and comes again
    );
  const close = (): void => {
    isStopping = true;
    clearTimeout(again);
    void worker.terminate();
  };

  try {
    const fault = await start();
    if (fault) throw cannotListen(fault.host, fault.port, fault, 'key exchanges');
  } catch (error) {
    close();
    throw error;
  }
  return {
    counters: () => keyExchangesOf(counters),
    follow: (changed) => {
      newest = { ...newest, ...changed };
      worker.postMessage(changed);
    },
    close,
  };
};

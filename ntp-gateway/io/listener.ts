/** A thread that listens, as the main thread sees it: told of all that changes, and started again where it fails. */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { ListenFault } from './listening.ts';
import { log } from './log.ts';
import { cannotListen } from './setup-error.ts';
import { threadProgram } from './thread-program.ts';

export type Listener<Changing> = {
  readonly follow: (changed: Partial<Changing>) => void;
  readonly close: () => void;
};

type Kind = {
  /** A file beside this one, without its extension. */
  readonly program: string;
  /** What is listened for, and what the thread does: for messages. */
  readonly what: string;
  readonly task: string;
  readonly limits: ResourceLimits;
};

const RESTART_MS = 1_000;

/** @throws SetupError where an address cannot be listened on. */
export const startListener = async <Data extends Changing, Changing>(
  { program, what, task, limits }: Kind,
  data: Data,
): Promise<Listener<Changing>> => {
  let newest = data;
  let [isStopping, hasFailed] = [false, false];
  let again: NodeJS.Timeout | undefined;
  let worker: Worker;

  const start = (): Promise<ListenFault | undefined> =>
    new Promise((resolve, reject) => {
      worker = new Worker(threadProgram(program), { workerData: newest, resourceLimits: limits });
      worker.once('message', resolve);
      worker.on('error', (error: Error) => {
        const msg = `the thread that ${task} failed and is started again: ${error.message}`;
        if (!hasFailed) log({ event: 'thread-failed', level: 'warn', msg });
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
    if (fault) throw cannotListen(fault.host, fault.port, fault, what);
  } catch (error) {
    close();
    throw error;
  }
  return {
    follow: (changed) => {
      newest = { ...newest, ...changed };
      worker.postMessage(changed);
    },
    close,
  };
};

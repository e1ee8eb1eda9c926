/** Threads as the main thread keeps them: started again where they fail, ever later, and said once; and none ended while it loads. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { log } from './log.ts';
import { threadProgram } from './thread-program.ts';

export type Kind = {
  /** A file beside this one, `-thread` and its extension left out. */
  readonly program: string;
  /** What the thread does: for messages. */
  readonly task: string;
  readonly limits: ResourceLimits;
};

export type Thread<Message> = {
  readonly tell: (message: Message) => void;
  /** It has failed, whatever it says itself. */
  readonly fail: () => void;
  /** It is not started again. Resolves once it has ended: by itself, or made to where `isForced`. */
  readonly stop: (isForced: boolean) => Promise<void>;
};

const SHORTEST_MS = 1_000;
const LONGEST_MS = 32_000;
/** One that has run for so long is well. */
const WELL_MS = 60_000;
const LOADED_WITHIN_MS = 800;

const failures = new Map<string, number>();
const failing = new Set<object>();
const loading = new Set<Promise<unknown>>();

/** By program: how often one failed; and how many of all are failing, or have run for less than a minute since. */
export const threadState = () => ({ failures: Object.fromEntries(failures), failing: failing.size });

/** Before the process ends: a thread that is ended while it loads native code takes the process with it, by SIGABRT. */
export const untilLoaded = (): Promise<unknown> =>
  Promise.race([Promise.all(loading), sleep(LOADED_WITHIN_MS, undefined, { ref: false })]);

/**
 * The first message of a thread says that all of it is loaded.
 *
 * @param data - what it is given, asked anew at each start. @param heard - is told of that message, or of the thread's end before it.
 */
export const keepThread = <Message>(
  { program, task, limits }: Kind,
  data: () => unknown,
  heard: (first: { readonly message: unknown } | { readonly error: Error }) => void = () => {},
  later: (fire: () => void, ms: number) => NodeJS.Timeout = setTimeout,
): Thread<Message> => {
  const self = {};
  let isStopping = false;
  let inARow = 0;
  let timer: NodeJS.Timeout | undefined;
  let worker: Worker;
  let loaded: Promise<void>;
  let ended: Promise<void>;

  const start = (): void => {
    let error = new Error('it ended');
    worker = new Worker(threadProgram(`${program}-thread`), { workerData: data(), resourceLimits: limits });
    worker.on('error', (fault: Error) => {
      error = fault;
    });
    loaded = new Promise((resolve) => {
      worker.once('message', (message) => {
        resolve();
        heard({ message });
      });
      worker.once('exit', () => resolve());
    });
    loading.add(loaded);
    void loaded.then(() => loading.delete(loaded));
    ended = new Promise((resolve) => {
      worker.once('exit', () => {
        resolve();
        if (isStopping) return;
        heard({ error });
        failed(error);
      });
    });
    timer = later(well, WELL_MS).unref();
  };
  const failed = ({ message }: Error): void => {
    if (isStopping) return; // as its end was told of
    failures.set(program, (failures.get(program) ?? 0) + 1);
    const msg = `a thread that ${task} failed and is started again: ${message}`;
    if (inARow === 0) log({ event: 'thread-failed', level: 'warn', thread: program, msg });
    failing.add(self);
    clearTimeout(timer);
    timer = later(startAgain, Math.min(LONGEST_MS, SHORTEST_MS * 2 ** inARow));
    inARow++;
  };
  /** Where there are too many threads already, none begins. */
  const startAgain = (): void => {
    try {
      start();
    } catch (error) {
      failed(error as Error);
    }
  };
  const well = (): void => {
    failing.delete(self);
    if (inARow > 0) log({ event: 'thread-well', thread: program, msg: `the thread that ${task} runs again` });
    inARow = 0;
  };
  start();
  return {
    tell: (message) => worker.postMessage(message),
    fail: () => void worker.terminate(),
    stop: async (isForced) => {
      isStopping = true;
      failing.delete(self);
      clearTimeout(timer);
      if (isForced) void loaded.then(() => worker.terminate());
      return ended;
    },
  };
};

/** The NTP server on Linux: threads that each answer on sockets of their own, by the batch, with the kernel's stamps. */
import { randomFillSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { closeServerSockets, openServerSockets, type ServerSocket } from '#native/server-sockets.ts';
import { openUdpServer } from '#native/udp-server.ts';
import type { Endpoint } from '../config.ts';
import { newClientMemory } from '../protocol/client-table.ts';
import { policyOf } from '../protocol/policy.ts';
import { newCounters, sumCounters } from '../protocol/server-counters.ts';
import { log } from './log.ts';
import type { OpenNtpEngine } from './ntp-engine.ts';
import { cannotListen } from './setup-error.ts';
import { RULES, type Rules, STOP, type ThreadData } from './thread-data.ts';
import { threadProgram } from './thread-program.ts';

const RESTART_MS = 1_000;
/** A thread allocates when it starts and hardly any more. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

/** Whether this host has all that it takes: a C library as expected, and calls that nothing forbids. */
export const canServeOnLinux = (): boolean => {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return false;
  try {
    const sockets = openServerSockets('127.0.0.1', 0, 1);
    const server = openUdpServer(sockets[0]!, 1);
    server.receive(false);
    server.free();
    closeServerSockets(sockets);
    return true;
  } catch {
    return false;
  }
};

export const serveOnLinux: OpenNtpEngine = async (server, lines, firstKeys) => {
  const count = server.threads === 'auto' ? availableParallelism() : server.threads;
  const groups = openAll(server.listen, count);
  const counters = newCounters(count);
  const orders = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const memories = counters.map(newClientMemory);
  let newest: Rules = { policy: policyOf(server), keys: firstKeys };

  const threads = counters.map((row, i) => {
    const constant = {
      sockets: groups.map((group) => group[i]!),
      lines,
      clients: memories[i]!,
      clientsKey: randomFillSync(new Int32Array(2)),
      counters: row,
      orders,
    };
    return keepRunning(() => ({ ...constant, ...newest, seed: randomFillSync(new Int32Array(4)) }));
  });

  const rule = (next: Partial<Rules>): void => {
    newest = { ...newest, ...next };
    for (const { tell } of threads) tell(newest);
    Atomics.add(orders, RULES, 1);
  };

  return {
    counters: () => sumCounters(counters),
    clients: () => memories,
    follow: (next) => rule({ policy: policyOf(next) }),
    followKeys: (keys) => rule({ keys }),
    close: () => {
      Atomics.store(orders, STOP, 1);
      // A socket that is closed under a thread's hands could be another file by its next call.
      void Promise.all(threads.map(({ stop }) => stop())).then(() => groups.forEach(closeServerSockets));
    },
  };
};

/** All or none. */
const openAll = (listen: readonly Endpoint[], count: number): readonly (readonly ServerSocket[])[] => {
  const groups: (readonly ServerSocket[])[] = [];
  for (const { host, port } of listen) {
    try {
      groups.push(openServerSockets(host, port, count));
    } catch (error) {
      groups.forEach(closeServerSockets);
      throw cannotListen(host, port, error as NodeJS.ErrnoException);
    }
  }
  return groups;
};

type Thread = {
  readonly tell: (rules: Rules) => void;
  /** Resolves once it has ended, after it was ordered to. */
  readonly stop: () => Promise<void>;
};

/** Starts a thread, and again where it ends before it is to: the sockets stay open, and requests wait there. */
const keepRunning = (data: () => ThreadData): Thread => {
  let [isStopping, hasFailed] = [false, false];
  let again: NodeJS.Timeout | undefined;
  let ended = Promise.resolve();
  let worker: Worker;
  const start = (): void => {
    worker = new Worker(threadProgram('server-thread'), { workerData: data(), resourceLimits: LIMITS });
    worker.on('error', ({ message }) => {
      const msg = `a thread that answers NTP failed and is started again: ${message}`;
      if (!hasFailed) log({ event: 'thread-failed', level: 'warn', msg });
      hasFailed = true;
    });
    ended = new Promise((resolve) => {
      worker.once('exit', () => {
        if (!isStopping) again = setTimeout(start, RESTART_MS);
        resolve();
      });
    });
  };
  start();
  return {
    tell: (rules) => worker.postMessage(rules),
    stop: () => {
      isStopping = true;
      clearTimeout(again);
      return ended;
    },
  };
};

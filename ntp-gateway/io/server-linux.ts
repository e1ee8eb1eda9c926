/** The NTP server on Linux: threads that each answer on sockets of their own, by the batch, with the kernel's stamps. */
import { randomFillSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { closeServerSockets, openServerSockets, type ServerSocket } from '#native/server-sockets.ts';
import { openUdpServer } from '#native/udp-server.ts';
import type { Endpoint } from '../config.ts';
import { newClientMemory } from '../protocol/client-table.ts';
import { policyOf } from '../protocol/policy.ts';
import { newCounters, sumCounters } from '../protocol/server-counters.ts';
import type { OpenNtpEngine } from './ntp-engine.ts';
import { cannotListen } from './setup-error.ts';
import { RULES, type Rules, STOP, type ThreadData } from './thread-data.ts';
import { keepThread } from './threads.ts';

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
    const data = (): ThreadData => ({ ...constant, ...newest, seed: randomFillSync(new Int32Array(4)) });
    // The sockets stay open where it fails, and requests wait there.
    return keepThread<Rules>({ program: 'server', task: 'answers NTP', limits: LIMITS }, data);
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
      void Promise.all(threads.map(({ stop }) => stop(false))).then(() => groups.forEach(closeServerSockets));
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

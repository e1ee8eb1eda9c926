/** What this process takes of its host, by the names that Prometheus' own clients give it. All of it is counted anyway. */
import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Family } from '../status/metrics/family.ts';

export const processMetrics = (): readonly Family[] => {
  const { user, system } = process.cpuUsage();
  return [
    single('counter', 'process_cpu_seconds_total', 'CPU time of all threads.', (user + system) / 1e6),
    single('gauge', 'process_resident_memory_bytes', 'Memory that it has.', process.memoryUsage.rss()),
    single(
      'gauge',
      'process_start_time_seconds',
      "When it started, by the host's clock.",
      performance.timeOrigin / 1e3,
    ),
    single('gauge', 'process_open_fds', 'Open files and sockets.', openFiles()),
    single(
      'counter',
      'nodejs_eventloop_active_seconds_total',
      'How long the main thread was not idle: at 1 s per second it is late for all.',
      performance.eventLoopUtilization().active / 1e3,
    ),
  ];
};

const single = (type: Family['type'], name: string, help: string, value: number | undefined): Family => ({
  name,
  type,
  help,
  labels: [],
  samples: value === undefined ? [] : [{ labels: [], value }],
});

/** Less the one by which they are counted. Linux alone has them as files. */
const openFiles = (): number | undefined => {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
};

/** What a process has in memory. Linux alone; proc(5). */
import { readFileSync } from 'node:fs';

/** @returns MiB, of all its threads. */
export const residentMiB = (pid: number): number => {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kilobytes) / 1024;
};

/** Takes a socket away from the thread that uses it, and gives it back: a fault from outside that passes. Linux alone. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';

/** This process's that is bound to a UDP port of IPv4: others open and close theirs meanwhile. */
export const udpSocketOn = (port: number): number => {
  const rows = readFileSync('/proc/self/net/udp', 'latin1').split('\n').slice(1);
  const columns = rows.map((row) => row.trim().split(/\s+/));
  const row = columns.find(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16) === port);
  return readdirSync('/proc/self/fd')
    .map(Number)
    .find((fd) => targetOf(fd) === `socket:[${row?.[9]}]`)!;
};

const targetOf = (fd: number): string => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // that with which the folder was read
  }
};

/** @returns a function that gives it back. */
export const replaceSocket = (fd: number): (() => void) => {
  const libc = koffi.load('libc.so.6');
  const dup = libc.func('int dup(int fd)');
  const dup2 = libc.func('int dup2(int fd, int place)');
  const kept = dup(fd);
  const nothing = openSync('/dev/null', 'r');
  dup2(nothing, fd);
  closeSync(nothing);
  return () => {
    dup2(kept, fd);
    closeSync(kept);
  };
};

/** Takes a socket away from the thread that uses it, and gives it back: a fault from outside that passes. Linux alone. */
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';

/** The sockets of this process. */
export const openSockets = (): ReadonlySet<number> =>
  new Set(
    readdirSync('/proc/self/fd')
      .map(Number)
      .filter((fd) => targetOf(fd).startsWith('socket:')),
  );

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

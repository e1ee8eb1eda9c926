/** Waits for any of several sockets. Linux alone, through libc; man 2 poll. */
import koffi from 'koffi';

export type Readiness = {
  /** @returns how many are ready; 0: none was in time. */
  readonly wait: (timeoutMs: number) => number;
  /** At the last `wait`. One whose error queue is not empty is ready too. */
  readonly isReady: (index: number) => boolean;
  readonly free: () => void;
};

const POLLIN = 1;
/** struct pollfd: the socket, what is asked, what is answered. */
const SIZE = 8;
const ANSWER_AT = 6;

export const openReadiness = (fds: readonly number[]): Readiness => {
  const poll = koffi.load('libc.so.6').func('int poll(void *fds, unsigned long count, int timeout)');
  const pointer = koffi.alloc('uint8_t', fds.length * SIZE);
  const view = new DataView(koffi.view(pointer, fds.length * SIZE));
  fds.forEach((fd, i) => {
    view.setInt32(i * SIZE, fd, true);
    view.setInt32(i * SIZE + 4, POLLIN, true);
  });
  return {
    wait: (timeoutMs) => Math.max(0, poll(pointer, fds.length, timeoutMs)),
    isReady: (index) => view.getInt16(index * SIZE + ANSWER_AT, true) !== 0,
    free: () => koffi.free(pointer),
  };
};

/** Clocks of the kernel, read into memory: for the packet path, where a bigint for each reading would be too much. */
import koffi from 'koffi';

export type ClockWords = {
  /** A struct timespec of a 64-bit system for each clock: in 32-bit words, seconds at 0 and 1, ns at 2, of every four. */
  readonly words: Int32Array;
  /** Reads all, in the order in which they were named. */
  readonly readAll: () => void;
  readonly read: (index: number) => void;
  /** Nothing here may be used afterwards. */
  readonly free: () => void;
};

const TIMESPEC_SIZE = 16;

/** @param ids - as native/clocks.ts has them; each must exist. Linux alone. */
export const openClockWords = (ids: readonly number[]): ClockWords => {
  const clockGettime = koffi.load('libc.so.6').func('int clock_gettime(int clock, void *time)');
  const size = ids.length * TIMESPEC_SIZE;
  const pointer: bigint = koffi.alloc('uint8_t', size);
  const places = ids.map((_, i) => pointer + BigInt(i * TIMESPEC_SIZE));
  const read = (index: number): void => {
    clockGettime(ids[index], places[index]);
  };
  return {
    words: new Int32Array(koffi.view(pointer, size)),
    readAll: () => {
      for (let i = 0; i < ids.length; i++) read(i);
    },
    read,
    free: () => koffi.free(pointer),
  };
};

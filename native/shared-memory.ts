/** A System V shared memory segment. Linux alone, through libc; man 2 shmget, shmat. */
import koffi from 'koffi';
import { systemError } from './system-error.ts';

export type SharedMemory = {
  /** The segment itself, which others write while we look. Not to be touched once it is closed. */
  readonly memory: ArrayBuffer;
  /** Lets go of it; whoever else has it keeps it. */
  readonly close: () => void;
};

const IPC_CREAT = 0o1000;
const FAILED = 2n ** 64n - 1n;

/**
 * Takes the segment that is there, or makes one with this mode.
 * @throws Error with `errno` where the system refuses: it is another user's, or smaller than `size`.
 */
export const attachSharedMemory = (key: number, size: number, mode: number): SharedMemory => {
  const libc = koffi.load('libc.so.6');
  const shmget = libc.func('int shmget(int key, size_t size, int flags)');
  const shmat = libc.func('void *shmat(int id, void *address, int flags)');
  const shmdt = libc.func('int shmdt(void *address)');
  const id = shmget(key, size, IPC_CREAT | mode);
  if (id < 0) throw systemError('shmget');
  const address = shmat(id, null, 0);
  if (address === FAILED) throw systemError('shmat');
  return { memory: koffi.view(address, size), close: () => void shmdt(address) };
};

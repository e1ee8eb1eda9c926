/** A shared memory segment outlives every process: this one goes at the end of its test. Linux alone; man 2 shmctl. */
import koffi from 'koffi';

const IPC_RMID = 0;

export const removeSegment = (key: number): Disposable => ({
  [Symbol.dispose]: () => {
    const libc = koffi.load('libc.so.6');
    const shmget = libc.func('int shmget(int key, size_t size, int flags)');
    const shmctl = libc.func('int shmctl(int id, int command, void *state)');
    const id: number = shmget(key, 0, 0);
    if (id >= 0) shmctl(id, IPC_RMID, null);
  },
});

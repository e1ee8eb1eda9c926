/**
 * A driver of a reference clock, as a program: four samples a second of a clock that is ahead of this host's.
 *
 *     node clock-driver.ts sock PATH SECONDS_AHEAD
 *     node clock-driver.ts shm UNIT SECONDS_AHEAD
 */

import { CLOCK_REALTIME, openClock } from '#native/clocks.ts';
import { attachSharedMemory } from '#native/shared-memory.ts';
import { sendUnixDatagram } from '#native/unix-datagram.ts';
import { shmSegment, sockSampleAt } from './clock-samples.ts';

const EVERY_MS = 250;
const COUNT = 1;
const VALID = 12;

const [, , kind, where = '', ahead = ''] = process.argv;
const wall = openClock(CLOCK_REALTIME)!;

const writeSegment = (): (() => void) => {
  const { memory } = attachSharedMemory(0x4e545030 + Number(where), 96, 0o600);
  const words = new Int32Array(memory);
  const shift = BigInt(Math.round(Number(ahead) * 1e9));
  return () => {
    const received = wall();
    const count = Atomics.load(words, COUNT);
    const fresh = new Int32Array(shmSegment({ clock: received + shift, received, count: count + 1 }).buffer);
    Atomics.store(words, VALID, 0);
    Atomics.store(words, COUNT, count + 1);
    words.set(fresh.subarray(0, VALID));
    words.set(fresh.subarray(VALID + 1), VALID + 1);
    Atomics.store(words, COUNT, count + 2);
    Atomics.store(words, VALID, 1);
  };
};

setInterval(
  kind === 'shm' ? writeSegment() : () => sendUnixDatagram(where, sockSampleAt(wall(), Number(ahead))),
  EVERY_MS,
);

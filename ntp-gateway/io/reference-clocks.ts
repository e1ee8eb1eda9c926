/** Where the drivers of reference clocks write: a Unix socket of ours, or a segment of memory that both sides know. */
import { lstatSync, rmSync } from 'node:fs';
import { attachSharedMemory } from '#native/shared-memory.ts';
import { bindUnixDatagrams, hasUnixListener } from '#native/unix-datagram.ts';
import type { Ports, ReferenceClockFeed } from '../ports.ts';
import { SHM_COPY_SIZE, SHM_COUNT_AT, SHM_SIZE, SHM_VALID_AT } from '../wire/shm-sample.ts';
import { SOCK_SIZE } from '../wire/sock-sample.ts';
import { attempt, SetupError } from './setup-error.ts';

/** Whoever may write here tells us the time. root may; whom else, the operator has to say by who runs us. */
const OWNER_ALONE = 0o600;
/** Datagrams taken at once; the kernel keeps the rest, and holds up who sends more. */
const MOST_MESSAGES = 16;
/** "NTP0"; each unit has the next. */
const FIRST_KEY = 0x4e545030;

/** @throws SetupError where it cannot be heard. */
export const openReferenceClock: Ports['openReferenceClock'] = (config) => {
  if (process.platform !== 'linux') throw new SetupError(`cannot hear ${config.name}: only on Linux`);
  return config.driver === 'sock' ? openSocket(config.path) : openSegment(config.unit);
};

const openSocket = (path: string): ReferenceClockFeed => {
  const what = `listen on ${path}`;
  const there = attempt(what, () => lstatSync(path, { throwIfNoEntry: false }));
  if (there) {
    if (!there.isSocket()) throw new SetupError(`cannot ${what}: a file is there that is no socket`);
    if (hasUnixListener(path)) throw new SetupError(`cannot ${what}: another program listens there`);
    attempt(what, () => rmSync(path)); // left behind by one that was killed
  }
  const socket = attempt(what, () => bindUnixDatagrams(path, OWNER_ALONE));
  return {
    take: () => {
      const messages: Uint8Array[] = [];
      while (messages.length < MOST_MESSAGES) {
        const message = socket.receive(SOCK_SIZE);
        if (!message) break;
        messages.push(message);
      }
      return messages;
    },
    close: () => {
      socket.close();
      rmSync(path, { force: true });
    },
  };
};

const openSegment = (unit: number): ReferenceClockFeed => {
  const what = `attach the shared memory of unit ${unit}`;
  const { memory, close } = attempt(what, () => attachSharedMemory(FIRST_KEY + unit, SHM_SIZE, OWNER_ALONE));
  const words = new Int32Array(memory);
  const [count, valid] = [SHM_COUNT_AT / 4, SHM_VALID_AT / 4];
  return {
    take: () => {
      if (Atomics.load(words, valid) === 0) return [];
      const copy = new Int32Array(SHM_COPY_SIZE / 4);
      const countBefore = Atomics.load(words, count);
      copy.set(words);
      copy[count] = countBefore;
      copy[SHM_SIZE / 4] = Atomics.load(words, count);
      Atomics.store(words, valid, 0);
      return [new Uint8Array(copy.buffer)];
    },
    close,
  };
};

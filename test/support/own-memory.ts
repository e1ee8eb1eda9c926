/** System V shared memory of its own for one program: its keys are the whole host's otherwise. */
import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { type Child, startChild } from './child.ts';

/** An ordinary user may make one only as the root of a user namespace, where the kernel lets him. */
const [UNSHARE, ENTER] = userInfo().uid === 0 ? [['-i'], ['-i']] : [['-ri'], ['-U', '--preserve-credentials', '-i']];

/** For `describe.skipIf(!hasOwnMemory)`: containers often forbid it. */
export const hasOwnMemory = spawnSync('unshare', [...UNSHARE, 'true']).status === 0;

export const startWithOwnMemory: typeof startChild = (command, args = [], options = {}) =>
  startChild('unshare', [...UNSHARE, command, ...args], options);

/** Starts programs in the memory of one that `startWithOwnMemory` started, and that has said something since. */
export const startSharing =
  (neighbour: Child): typeof startChild =>
  (command, args = [], options = {}) =>
    startChild('nsenter', [...ENTER, '-t', `${neighbour.pid}`, '--', command, ...args], options);

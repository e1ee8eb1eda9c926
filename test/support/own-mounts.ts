/** A disk of its own for one program, which is soon full. */
import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { startChild } from './child.ts';

/** An ordinary user may mount only as the root of a user namespace, where the kernel lets him. */
const UNSHARE = userInfo().uid === 0 ? ['-m'] : ['-rm'];
const MOUNTED = ['sh', '-ec', 'mount -t tmpfs -o size=8k none "$0"; exec "$@"'];

/** For `describe.skipIf(!hasOwnMounts)`: containers often forbid it. */
export const hasOwnMounts = spawnSync('unshare', [...UNSHARE, ...MOUNTED, '/mnt', 'true']).status === 0;

/** @param folder - what of it the program sees holds 8 kB. */
export const startOnSmallDisk =
  (folder: string): typeof startChild =>
  (command, args = [], options = {}) =>
    startChild('unshare', [...UNSHARE, ...MOUNTED, folder, command, ...args], options);

/** A disk of its own for a folder that a program keeps its files in: small, and at a test's mercy. Nobody else sees it. */
import { spawnSync } from 'node:child_process';
import { readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Child, type Ran, runChild, startChild } from './child.ts';
import { makeTempDir } from './temp-dir.ts';
import { waitFor } from './wait-for.ts';

/** An ordinary user may mount only as the root of a user namespace. */
const [UNSHARE, ENTER] = userInfo().uid === 0 ? [['-m'], ['-m']] : [['-rm'], ['-U', '--preserve-credentials', '-m']];
const MOUNT = `
cp -a "$0/." "$1"
mount -t tmpfs -o size=256k,mode=700 disk "$0"
cp -a "$1/." "$0"
`;
const FILL = 'head -c 1000000 /dev/zero > "$0/filling" 2>/dev/null || true';
const LOCK = 'mount -o remount,ro "$0"';

/** How the disk is as the program starts. */
export type Disk = 'well' | 'full' | 'read-only';
const MAKE: Record<Disk, string> = { well: '', full: FILL, 'read-only': LOCK };

/** For `describe.skipIf(!hasDisks)`: containers often forbid them. */
export const hasDisks =
  spawnSync('unshare', [...UNSHARE, 'sh', '-ec', `${MOUNT}\n${LOCK}`, makeTempDir(), makeTempDir()]).status === 0;

/** Starts programs with `folder`, and what is in it, on a disk of their own. */
export const startOnDisk =
  (folder: string, disk: Disk = 'well'): typeof startChild =>
  async (command, args = [], options = {}) => {
    const child = await startChild('unshare', onDisk(folder, disk, [command, ...args]), options);
    await waitFor(
      'a disk of its own',
      () => readlinkSync(`/proc/${child.pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt'),
    );
    return child;
  };

/** Runs a program to its end there. */
export const runOnDisk = (folder: string, disk: Disk, command: readonly string[]): Promise<Ran> =>
  runChild('unshare', onDisk(folder, disk, command));

const onDisk = (folder: string, disk: Disk, command: readonly string[]): string[] => {
  const script = `${MOUNT}\n${MAKE[disk]}\nshift\nexec "$@"`;
  return [...UNSHARE, 'sh', '-ec', script, folder, makeTempDir(), ...command];
};

/** The disk of a program that `startOnDisk` started. */
export const diskOf = ({ pid }: Child, folder: string) => {
  const path = `/proc/${pid}/root${folder}`;
  const filling = join(path, 'filling');
  const remount = async (how: 'ro' | 'rw'): Promise<void> => {
    const { code, stderr } = await runChild('nsenter', [
      ...ENTER,
      '-t',
      `${pid}`,
      'mount',
      '-o',
      `remount,${how}`,
      folder,
    ]);
    if (code !== 0) throw new Error(stderr);
  };
  return {
    /** As others see it. */
    path,
    fill: (): void => {
      try {
        writeFileSync(filling, Buffer.alloc(1_000_000));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    clear: (): void => rmSync(filling),
    lock: () => remount('ro'),
    unlock: () => remount('rw'),
  };
};

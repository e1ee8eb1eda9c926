/** Debian's packages, downloaded and unpacked: needs no root, and installs nothing. */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A mirror that does not answer, or a lock that is never released, must not hold up the tests. */
export const APT = ['-o', 'Acquire::http::Timeout=10', '-o', 'Acquire::Retries=1', '-o', 'DPkg::Lock::Timeout=30'];
const LIMIT_MS = 120_000;

const execute = promisify(execFile);
export const run = (command: string, args: readonly string[], cwd = tmpdir()) =>
  execute(command, args, {
    cwd,
    timeout: LIMIT_MS,
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  });
export const attempt = (command: string, ...args: string[]): Promise<boolean> =>
  run(command, args).then(
    () => true,
    () => false,
  );

/** @returns false where `step` fails, whatever for. */
export const inScratch = async (step: (folder: string) => Promise<void>): Promise<boolean> => {
  const folder = await mkdtemp(join(tmpdir(), 'noonmark-peers-'));
  try {
    await step(folder);
    return true;
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

export const downloadTo = async (
  place: string,
  packages: readonly string[],
  folder: string,
  apt = APT,
): Promise<void> => {
  await run('apt-get', [...apt, 'download', ...packages], folder);
  await mkdir(place, { recursive: true });
  for (const deb of globSync('*.deb', { cwd: folder })) await run('dpkg', ['-x', join(folder, deb), place]);
};

export const unpack = (place: string, ...packages: string[]): Promise<boolean> =>
  inScratch((folder) => downloadTo(place, packages, folder));

/** The libraries that packages name: all that Debian calls lib…, less the C library. */
export const librariesOf = async (packages: readonly string[], apt = APT): Promise<string[]> => {
  const args = [...apt, 'depends', '--no-recommends', '--no-suggests', ...packages];
  const { stdout: depends } = await run('apt-cache', args);
  return [...depends.matchAll(/^ *Depends: (lib(?!c6$)\S+)$/gm)].flatMap(([, name]) => name ?? []);
};

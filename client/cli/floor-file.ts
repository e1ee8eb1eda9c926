/**
 * The newest verified time, kept from one run to the next: what tells an earlier one is refused. A file for each gateway's key;
 * nothing but signed times comes into it, so that nobody can lock this host out by a time of the far future.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { RELEASED } from '#contract/released.ts';
import { attempt } from '../attempt.ts';
import type { World } from '../clock.ts';

const RELEASED_MS = Number(RELEASED / 1_000_000n);

/** Without a key nothing is verified, and nothing kept; a host may let nothing be kept, too. @param key - as `parseKeyId` let it pass. */
export const floorOf = (key: string | undefined, env = process.env): World['floor'] => {
  if (key === undefined) return { load: () => RELEASED_MS, save: () => {} };
  const folder = join(env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'noonmark');
  const path = join(folder, `floor-${key}.json`);
  const load = (): number => Math.max(attempt(() => read(path)) ?? 0, RELEASED_MS);
  const save = (unixMs: number): void => {
    if (unixMs > load()) attempt(() => write(folder, path, unixMs));
  };
  return { load, save };
};

const read = (path: string): number => {
  const { earliestUnixMs } = JSON.parse(readFileSync(path, 'latin1')) as { earliestUnixMs?: unknown };
  return typeof earliestUnixMs === 'number' ? earliestUnixMs : 0;
};

/** Whoever reads finds the old one or the new. */
const write = (folder: string, path: string, earliestUnixMs: number): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify({ earliestUnixMs })}\n`, { mode: 0o600 });
  renameSync(fresh, path);
};

/** Folders that tests write in. They are gone when the test process ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';

/** A new, empty folder of short name (a Unix socket's path has 108 bytes). */
export const makeTempDir = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'noonmark-'));
  atExit(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

/** Is anything left of what a test started? A mark in the environment goes on to every child and cannot be shaken off. */
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

export type Leftover = { readonly pid: number; readonly command: string };
export type Mark = { readonly env: Readonly<Record<string, string>>; readonly leftovers: () => readonly Leftover[] };

/** @returns an environment to start programs with, and all that still runs with it. Linux alone. */
export const makeMark = (): Mark => {
  const [name, value] = ['NOONMARK_TEST_MARK', randomUUID()];
  const leftovers = () =>
    globSync('/proc/[0-9]*')
      .filter((folder) => read(`${folder}/environ`).split('\0').includes(`${name}=${value}`))
      .map((folder) => ({ pid: Number(basename(folder)), command: read(`${folder}/cmdline`).replaceAll('\0', ' ') }))
      .filter(({ command }) => command !== ''); // ended, and waiting for its parent to notice
  return { env: { [name]: value }, leftovers };
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // it has ended meanwhile, or belongs to another user
  }
};

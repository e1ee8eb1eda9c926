/** Other people's programs that tests run against: fetched by test/setup, undefined where this machine has none. */
import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from './root.ts';

/** Ignored by git. Debian packages are unpacked here, never installed. */
export const PEERS = join(ROOT, '.peers');

const unpacked = (pattern: string): string | undefined => {
  const [path] = globSync(pattern, { cwd: PEERS });
  return path && join(PEERS, path);
};

const installed = (name: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(existsSync);

export const findChronyd = (): string | undefined => unpacked('usr/sbin/chronyd');
/** For LD_PRELOAD: this one follows threads too. */
export const findLibfaketime = (): string | undefined => unpacked('usr/lib/*/faketime/libfaketimeMT.so.1');
export const findGpsd = (): string | undefined => unpacked('usr/sbin/gpsd');
/** Unpacked beside it: for LD_LIBRARY_PATH. */
export const gpsdLibraries = (): string =>
  globSync('{usr/,}lib/*-linux-gnu*', { cwd: PEERS })
    .map((folder) => join(PEERS, folder))
    .join(delimiter);
export const findNtpdig = (): string | undefined => installed('ntpdig');

/** A peer that a test cannot do without; call it inside a suite that was skipped where there is none. */
export const required = (path: string | undefined): string => {
  if (path === undefined) throw new Error('a peer is missing: run npm test, which fetches it');
  return path;
};

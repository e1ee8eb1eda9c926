/** Other people's programs that tests run against: fetched by test/setup, undefined where this machine has none. */
import { existsSync, globSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ROOT } from './root.ts';

/** Ignored by git. Debian packages are unpacked here, never installed. */
export const PEERS = join(ROOT, '.peers');

/** Debian's time daemons, of which a machine can have but one installed: files of theirs clash, so each has a folder of its own. */
export const DAEMONS = ['systemd-timesyncd', 'openntpd', 'ntpsec'] as const;
export type Daemon = (typeof DAEMONS)[number];
export const folderOf = (daemon: Daemon): string => join(PEERS, daemon);

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
export const findChronyc = (): string | undefined => unpacked('usr/bin/chronyc');
export const findGpsd = (): string | undefined => unpacked('usr/sbin/gpsd');
/** Static programs, of Debian's package prometheus: a server that scrapes, and what checks rules and metrics. */
export const findPrometheus = (): string | undefined => unpacked('usr/bin/prometheus');
export const findPromtool = (): string | undefined => unpacked('usr/bin/promtool');
export const gpsdLibraries = (): string => librariesIn(PEERS);

const PROGRAMS: Readonly<Record<Daemon, string>> = {
  'systemd-timesyncd': '{usr/,}lib/systemd/systemd-timesyncd',
  openntpd: 'usr/sbin/ntpd',
  ntpsec: 'usr/sbin/ntpd',
};
export const findDaemon = (daemon: Daemon): string | undefined => unpacked(`${daemon}/${PROGRAMS[daemon]}`);
export const daemonLibraries = (daemon: Daemon): string => librariesIn(folderOf(daemon));

/** Unpacked beside a program: for LD_LIBRARY_PATH. */
const librariesIn = (folder: string): string =>
  globSync('{usr/,}lib/*-linux-gnu*{,/systemd}', { cwd: folder })
    .map((path) => join(folder, path))
    .join(delimiter);

/** Of a Debian newer than the machine's: each is run by the C library that was unpacked with it, and knows no other. */
export const NEWER_SUITE = 'trixie';
export const NEWER_FOLDER = join(PEERS, NEWER_SUITE);
/** By their packages. */
const NEWER_PROGRAMS = { chrony: 'usr/sbin/chronyd', 'ntpd-rs': 'usr/bin/ntp-daemon' } as const;
export type Newer = keyof typeof NEWER_PROGRAMS;
export const NEWER = Object.keys(NEWER_PROGRAMS) as readonly Newer[];

/** How it is started: the program, then what goes before its own arguments. */
export type Command = readonly [program: string, ...args: string[]];
export const findNewer = (peer: Newer): Command | undefined => {
  const loader = unpacked(`${NEWER_SUITE}/usr/lib/*-linux-gnu*/ld-linux-*`);
  const program = unpacked(`${NEWER_SUITE}/${NEWER_PROGRAMS[peer]}`);
  return loader && program ? [loader, '--library-path', dirname(loader), program] : undefined;
};

/** A library that the newer chronyd brought along, which the machine's own C library runs as well. */
export const findNewerNettle = (): string | undefined => unpacked(`${NEWER_SUITE}/usr/lib/*-linux-gnu*/libnettle.so.8`);

/** The oldest that package.json says the package runs on, from npm. */
export const OLDEST_NODE = '22.15.0';
export const OLDEST_NODE_FOLDER = join(PEERS, `node-${OLDEST_NODE}`);
export const findOldestNode = (): string | undefined => unpacked(`node-${OLDEST_NODE}/node_modules/node-*/bin/node`);

export const findChromium = (): string | undefined => installed('chromium');
export const findNtpdig = (): string | undefined => installed('ntpdig');

/** systemd's own judge of units: the machine's, or one with its libraries and units, unpacked. */
export const SYSTEMD_FOLDER = join(PEERS, 'systemd');
export const findSystemdAnalyze = (): string | undefined =>
  installed('systemd-analyze') ?? unpacked('systemd/usr/bin/systemd-analyze');
export const systemdEnvironment = (): Readonly<Record<string, string>> => {
  const units = globSync('{usr/,}lib/systemd/system', { cwd: SYSTEMD_FOLDER });
  if (units.length === 0) return {};
  const unitPath = units.map((path) => join(SYSTEMD_FOLDER, path)).join(delimiter);
  return { LD_LIBRARY_PATH: librariesIn(SYSTEMD_FOLDER), SYSTEMD_UNIT_PATH: `${unitPath}${delimiter}` };
};

/** A peer that a test cannot do without; call it inside a suite that was skipped where there is none. */
export const required = <Peer extends string | Command>(peer: Peer | undefined): Peer => {
  if (peer === undefined) throw new Error('a peer is missing: run npm test, which fetches it');
  return peer;
};

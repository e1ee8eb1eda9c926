/**
 * Fetches what the system tests run against, on Debian and its kin.
 *
 * A time daemon is downloaded and unpacked, never installed: installing one removes the machine's own and starts another
 * on its clock. Only libraries and plain programs, ntpsec-ntpdig and chromium, go through `apt-get install`, and nothing is removed.
 */
import { userInfo } from 'node:os';
import {
  DAEMONS,
  type Daemon,
  daemonLibraries,
  findChromium,
  findChronyd,
  findDaemon,
  findGpsd,
  findLibfaketime,
  findNtpdig,
  findOldestNode,
  findPrometheus,
  findPromtool,
  findSystemdAnalyze,
  folderOf,
  gpsdLibraries,
  NEWER,
  NEWER_SUITE,
  OLDEST_NODE,
  OLDEST_NODE_FOLDER,
  PEERS,
  SYSTEMD_FOLDER,
  systemdEnvironment,
} from '../support/peers.ts';
import { APT, attempt, librariesOf, run, unpack } from './apt.ts';
import { isNewerReady, unpackNewer } from './newer.ts';

/** Asks nobody for a password: who has no rights here does without. */
const aptGetAsRoot = (...args: string[]): Promise<boolean> =>
  userInfo().uid === 0 ? attempt('apt-get', ...APT, ...args) : attempt('sudo', '-n', 'apt-get', ...APT, ...args);

let update: Promise<boolean> | undefined;
/** The machine's package lists may be missing or older than its mirror: then they are fetched, once. */
const withFreshLists = async (step: () => Promise<boolean>): Promise<boolean> => {
  if (await step()) return true;
  update ??= aptGetAsRoot('update');
  return (await update) && (await step());
};

/** With its libraries, which no program but this one is told of. */
const unpackGpsd = (): Promise<boolean> =>
  librariesOf(['gpsd']).then(
    (libraries) => unpack(PEERS, 'gpsd', ...libraries),
    () => false, // the package lists are missing
  );

const unpackSystemd = (): Promise<boolean> =>
  librariesOf(['systemd']).then(
    (libraries) => unpack(SYSTEMD_FOLDER, 'systemd', ...libraries),
    () => false,
  );

const install = (...packages: string[]): Promise<boolean> =>
  aptGetAsRoot('install', '-y', '--no-install-recommends', '--no-remove', ...packages);

/** The libraries that the unpacked program asks for and the machine lacks, by the packages that its own package names. */
const missingLibraries = async (program: string, debianPackage: string): Promise<string[]> => {
  const { stdout: linked } = await run('ldd', [program]);
  if (!linked.includes('not found')) return [];
  return librariesOf([debianPackage]);
};

/** With its libraries, then with theirs, as long as it asks for one that neither it nor the machine has. */
const unpackDaemon = async (daemon: Daemon): Promise<boolean> => {
  try {
    let packages = [daemon, ...(await librariesOf([daemon]))];
    for (let depth = 0; depth < 3 && packages.length > 0 && !(await isReady(daemon)); depth++) {
      if (!(await unpack(folderOf(daemon), ...packages))) return false;
      packages = await librariesOf(packages);
    }
    return await isReady(daemon);
  } catch {
    return false; // the package lists are missing
  }
};

const isReady = async (daemon: Daemon): Promise<boolean> => {
  const program = findDaemon(daemon);
  if (program === undefined) return false;
  const { stdout: linked } = await run('env', [`LD_LIBRARY_PATH=${daemonLibraries(daemon)}`, 'ldd', program]);
  return !linked.includes('not found');
};

/** Needs neither Debian nor root. */
const fetchOldestNode = (): Promise<boolean> => {
  const name = `node-${process.platform}-${process.arch}@${OLDEST_NODE}`;
  const quietly = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  return attempt('npm', 'install', '--prefix', OLDEST_NODE_FOLDER, ...quietly, name);
};

/** @returns one line per peer that this machine cannot have, and why; none where all are there. */
export const fetchPeers = async (): Promise<string[]> => {
  const missing: string[] = [];
  const isDebian = (await attempt('apt-get', '--version')) && (await attempt('dpkg', '--version'));
  const why = isDebian ? 'apt-get could not fetch it (no network, or no root)' : 'only fetched on Debian and its kin';

  if (isDebian && !(findChronyd() && findLibfaketime()))
    await withFreshLists(() => unpack(PEERS, 'chrony', 'libfaketime'));
  const chronyd = findChronyd();
  const libraries = chronyd ? await missingLibraries(chronyd, 'chrony') : [];
  if (isDebian && libraries.length > 0) await withFreshLists(() => install(...libraries));
  if (isDebian && !findGpsd()) await withFreshLists(unpackGpsd);
  if (isDebian && !findPromtool()) await withFreshLists(() => unpack(PEERS, 'prometheus'));
  if (isDebian && !findSystemdAnalyze()) await withFreshLists(unpackSystemd);
  if (isDebian && !findChromium()) await withFreshLists(() => install('chromium'));
  if (isDebian && !findNtpdig()) await withFreshLists(() => install('ntpsec-ntpdig'));
  for (const daemon of DAEMONS) {
    if (isDebian && !(await isReady(daemon))) await withFreshLists(() => unpackDaemon(daemon));
    if (!findDaemon(daemon)) missing.push(`${daemon}: ${why}`);
    else if (!(await isReady(daemon))) missing.push(`${daemon}: its libraries are missing and ${why}`);
  }
  const isNewerHere = (await Promise.all(NEWER.map(isNewerReady))).every(Boolean);
  if (isDebian && !isNewerHere) await withFreshLists(unpackNewer);
  for (const peer of NEWER) if (!(await isNewerReady(peer))) missing.push(`${peer} of ${NEWER_SUITE}: ${why}`);

  if (!chronyd) missing.push(`chronyd: ${why}`);
  else if (!(await attempt(chronyd, '--version'))) missing.push(`chronyd: its libraries are missing and ${why}`);
  if (!findLibfaketime()) missing.push(`libfaketime: ${why}`);
  const gpsd = findGpsd();
  if (!gpsd) missing.push(`gpsd: ${why}`);
  else if (!(await attempt('env', `LD_LIBRARY_PATH=${gpsdLibraries()}`, gpsd, '-V'))) {
    missing.push('gpsd: its libraries are missing');
  }
  if (!findPrometheus() || !findPromtool()) missing.push(`prometheus: ${why}`);
  const analyze = findSystemdAnalyze();
  if (!analyze) missing.push(`systemd-analyze: ${why}`);
  else if (
    !(await attempt('env', `LD_LIBRARY_PATH=${systemdEnvironment().LD_LIBRARY_PATH ?? ''}`, analyze, '--version'))
  ) {
    missing.push('systemd-analyze: its libraries are missing');
  }
  if (!findNtpdig()) missing.push(`ntpdig: ${why}`);
  if (!findOldestNode() && !(await fetchOldestNode())) missing.push(`Node ${OLDEST_NODE}: npm could not fetch it`);
  const chromium = findChromium();
  if (!chromium) missing.push(`chromium: ${why}`);
  else if (!(await attempt(chromium, '--version'))) missing.push('chromium: it does not run');
  return missing;
};

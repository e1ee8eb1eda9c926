/** Peers of a Debian newer than the machine's: chronyd with AES-128-GCM-SIV, and ntpd-rs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findNewer, NEWER, NEWER_FOLDER, NEWER_SUITE, type Newer } from '../support/peers.ts';
import { APT, attempt, downloadTo, inScratch, librariesOf, run } from './apt.ts';

/** Debian's package debian-archive-keyring, which is always there. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Of the machine's own Debian mirror, another suite: with package lists of its own, so that the machine's stay as they are,
 * and with a C library of its own, which is the newer one too.
 */
export const unpackNewer = (): Promise<boolean> =>
  inScratch(async (folder) => {
    const debian = ['Label: Debian', 'Component: main'];
    const { stdout: mirrors } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)', ...debian]);
    const [mirror] = mirrors.split('\n');
    if (!mirror) throw new Error('no mirror of Debian');
    const sources = join(folder, 'sources.list');
    const lists = join(folder, 'lists');
    await mkdir(join(lists, 'partial'), { recursive: true });
    const cache = join(folder, 'cache');
    await mkdir(cache);
    await writeFile(sources, `deb [signed-by=${KEYRING}] ${mirror} ${NEWER_SUITE} main\n`);
    const options = [
      `Dir::Etc::SourceList=${sources}`,
      'Dir::Etc::SourceParts=/dev/null',
      `Dir::State::Lists=${lists}`,
      'Dir::State::Status=/dev/null',
      `Dir::Cache=${cache}`,
      'Acquire::Languages=none',
    ];
    const apt = [...APT, ...options.flatMap((option) => ['-o', option])];
    await run('apt-get', [...apt, 'update'], folder);
    const packages = new Set<string>(NEWER);
    for (let size = 0; size < packages.size; ) {
      size = packages.size;
      for (const library of await librariesOf([...packages], apt)) packages.add(library);
    }
    await downloadTo(NEWER_FOLDER, [...packages, 'libc6'], folder, apt);
  });

export const isNewerReady = async (peer: Newer): Promise<boolean> => {
  const command = findNewer(peer);
  return command !== undefined && attempt(...command, '--version');
};

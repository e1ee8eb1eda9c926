/** NTPsec's ntpd as a client of our server. It insists on port 123 for itself too, so in a network across a link. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Child } from './child.ts';
import { startWithoutClock } from './no-clock.ts';
import { ACROSS, hasNamespaces, startAcross } from './no-route.ts';
import { daemonLibraries, findDaemon, required } from './peers.ts';
import { makeTempDir } from './temp-dir.ts';
import { untilSaid } from './until-said.ts';

/** For `describe.skipIf(!hasNtpsec)`: npm test reports such suites by name. */
export const hasNtpsec = findDaemon('ntpsec') !== undefined && hasNamespaces;

/** Seconds; `offset` is positive where the server is ahead. `peer` is the address of the server that it chose. */
export type NtpsecReport = { readonly offset: number; readonly peer: string };

/**
 * The offset by which ntpd would have set the clock once.
 *
 * @param server - listens on port 123 of all addresses, started by `startWithoutRoute`.
 * @param directive - options of ntp.conf's `server`, such as `nts`, which makes it ask at port 4460.
 * @throws where ntpd does not synchronize to it, with what it said.
 */
export const queryWithNtpsec = async (server: Child, directive = ''): Promise<NtpsecReport> => {
  const folder = makeTempDir();
  const file = join(folder, 'ntp.conf');
  await writeFile(file, `server ${ACROSS.neighbour} iburst minpoll 0 maxpoll 3 ${directive}\nlogconfig =allall\n`);
  const flags = ['-n', '-g', '-q', '-c', file, '-p', join(folder, 'pid')];
  await using ntpd = await startWithoutClock(startAcross(server))(required(findDaemon('ntpsec')), flags, {
    env: { LD_LIBRARY_PATH: daemonLibraries('ntpsec') },
  });
  const [, peer] = await untilSaid(ntpd, /PROTO: (\S+) \S+ \S+ sys_peer$/m);
  const [, offset] = await untilSaid(ntpd, /^ntpd: time set ([-+][\d.]+)s$/m);
  return { peer: peer!, offset: Number(offset) };
};

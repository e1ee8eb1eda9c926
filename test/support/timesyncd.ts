/** systemd-timesyncd as a client of our server. It asks port 123 alone, so in a network of its own. */
import { userInfo } from 'node:os';
import type { Child } from './child.ts';
import { startWithoutClock } from './no-clock.ts';
import { hasNamespaces, startBeside } from './no-route.ts';
import { daemonLibraries, findDaemon, required } from './peers.ts';
import { untilSaid } from './until-said.ts';

/** For `describe.skipIf(!hasTimesyncd)`: npm test reports such suites by name. It becomes another user, so it needs root. */
export const hasTimesyncd = findDaemon('systemd-timesyncd') !== undefined && hasNamespaces && userInfo().uid === 0;

/** A /run of its own hides the host's configuration, its bus, and where the host is told that its clock is right. */
const START = `
mount -t tmpfs none /run
mkdir -p /run/systemd/timesyncd.conf.d
printf '[Time]\\nNTP=\\nNTP=%s\\nFallbackNTP=%s\\n' "$0" "$0" > /run/systemd/timesyncd.conf.d/noonmark.conf
exec setpriv --reuid=65534 --clear-groups "$@"`;

const SYNCHRONIZED =
  /^ +leap +: (\d+)$[\s\S]*^ +stratum +: (\d+)$[\s\S]*^ +delay +: ([-+\d.]+) sec$[\s\S]*^ +adjust \(jump\): ([-+\d.]+) sec$[\s\S]*^Initial clock synchronization to /m;

/** Seconds, to the millisecond; `offset` is positive where the server is ahead. One exchange, however long its `delay`. */
export type TimesyncdReport = {
  readonly offset: number;
  readonly delay: number;
  readonly stratum: number;
  readonly leap: number;
};

/**
 * The offset by which timesyncd would have stepped the clock.
 *
 * @param server - listens on port 123, started by `startWithoutRoute`.
 * @throws where timesyncd does not synchronize to it, with what it said.
 */
export const queryWithTimesyncd = async (server: Child, address = '127.0.0.1'): Promise<TimesyncdReport> => {
  await using timesyncd = await startWithoutClock(startBeside(server))(
    'unshare',
    ['-m', 'sh', '-ec', START, address, required(findDaemon('systemd-timesyncd'))],
    {
      env: {
        SYSTEMD_LOG_LEVEL: 'debug',
        SYSTEMD_LOG_TARGET: 'console',
        LD_LIBRARY_PATH: daemonLibraries('systemd-timesyncd'),
      },
    },
  );
  const [leap, stratum, delay, offset] = (await untilSaid(timesyncd, SYNCHRONIZED)).slice(1).map(Number);
  return { offset: offset!, delay: delay!, stratum: stratum!, leap: leap! };
};

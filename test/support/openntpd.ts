/** OpenNTPD as a client of our server. It asks port 123 alone, so in a network of its own. */
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { type Child, runChild } from './child.ts';
import { startWithoutClock } from './no-clock.ts';
import { hasNamespaces, startBeside } from './no-route.ts';
import { findDaemon, required } from './peers.ts';
import { untilSaid } from './until-said.ts';

/** For `describe.skipIf(!hasOpenntpd)`: npm test reports such suites by name. It becomes another user, so it needs root. */
export const hasOpenntpd = findDaemon('openntpd') !== undefined && hasNamespaces && userInfo().uid === 0;

/** What it was built to find: its folder, and a user of its own. It is copied there, since what lies below /var/lib is hidden. */
const HOME = '/var/lib/openntpd';
const START = `
mount -t tmpfs none /var/lib
mkdir -p ${HOME}/db ${HOME}/run
cp ntpd ntpctl ${HOME}
cd ${HOME}
echo "server $0" > ntpd.conf
echo 'ntpd:x:65534:65534::${HOME}:' > passwd
echo 'ntpd:x:65534:' > group
mount --bind passwd /etc/passwd
mount --bind group /etc/group
exec ./ntpd -d -v -f ntpd.conf`;

/** Seconds; `offset` is positive where the server is ahead. Of its exchanges, the one of least `delay`. */
export type OpenntpdReport = {
  readonly offset: number;
  readonly delay: number;
  readonly stratum: number;
  readonly isValid: boolean;
};

/**
 * What openntpd says of a server once it trusts it: after four replies, and 15 to 30 seconds.
 *
 * @param server - listens on port 123, started by `startWithoutRoute`.
 * @throws where openntpd does not trust it, with what it said.
 */
export const queryWithOpenntpd = async (server: Child, address = '127.0.0.1'): Promise<OpenntpdReport> => {
  const cwd = dirname(required(findDaemon('openntpd')));
  const start = startWithoutClock(startBeside(server));
  await using openntpd = await start('unshare', ['-m', 'sh', '-ec', START, address], { cwd });
  await untilSaid(openntpd, / now valid$/m, 40_000);
  const inside = ['-t', `${openntpd.pid}`, '-m', '-n', '--'];
  const { stdout } = await runChild('nsenter', [...inside, `${HOME}/ntpctl`, '-s', 'all']);
  // Below its address: weight, trust and stratum.
  const [, stratum] = /^ [* ] +\d+ +\d+ +(\d+) /m.exec(stdout) ?? [];
  if (stratum === undefined) throw new Error(`ntpctl says something else:\n${stdout}`);
  const replies = openntpd.said.stderr.matchAll(/ offset (-?[\d.]+) delay ([\d.]+),/g);
  const exchanges = [...replies].map(([, offset, delay]) => ({ offset: Number(offset), delay: Number(delay) }));
  const best = exchanges.reduce((one, other) => (other.delay < one.delay ? other : one));
  return { ...best, stratum: Number(stratum), isValid: stdout.startsWith('1/1 peers valid') };
};

/**
 * A network of its own for a whole benchmark: nothing else is on it, port 123 is free, and every address of an IPv6 prefix
 * is this host's, so that many clients can ask from there.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { UNSHARE } from '../support/no-route.ts';
import { NODE } from '../support/root.ts';

export const CLIENTS_V6 = 'fd00:77::/32';
const READY = `ip link set lo up && ip -6 route add local ${CLIENTS_V6} dev lo && exec "$@"`;

const isInside = (): boolean => readFileSync('/proc/net/ipv6_route', 'latin1').includes(`fd000077${'0'.repeat(24)} 20`);

/** Runs this program once more where it should be, and ends with it; returns at once where it is there already. */
export const enterOwnNetwork = (): void => {
  if (isInside()) return;
  process.on('SIGINT', () => {}); // the one inside has heard it too, and ends what it started
  const args = [...UNSHARE, 'sh', '-c', READY, 'sh', NODE, ...process.argv.slice(1)];
  const { status } = spawnSync('unshare', args, { stdio: 'inherit' });
  process.exit(status ?? 1);
};

/** A network of its own for one program: loopback and nothing else, so that every port is free and no packet gets out. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { type Child, type ChildOptions, type Ran, runChild, startChild } from './child.ts';
import { waitFor } from './wait-for.ts';

/** An ordinary user may make a network only as the root of a user namespace, where the kernel lets him. */
export const [UNSHARE, ENTER] =
  userInfo().uid === 0 ? [['-n'], ['-n']] : [['-rn'], ['-U', '--preserve-credentials', '-n']];
const WITH_LOOPBACK = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

/** For `describe.skipIf(!hasNamespaces)`: containers often forbid them. */
export const hasNamespaces = spawnSync('unshare', [...UNSHARE, ...WITH_LOOPBACK, 'true']).status === 0;

/** Resolves once the program is where it should be: before, its network would still be ours. */
export const startWithoutRoute = async (
  command: string,
  args: readonly string[] = [],
  options: ChildOptions = {},
): Promise<Child> => {
  const child = await startChild('unshare', [...UNSHARE, ...WITH_LOOPBACK, command, ...args], options);
  await waitFor('a network of its own', () => isOnItsOwn(child.pid));
  return child;
};

const isOnItsOwn = (pid: number): boolean =>
  readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net') &&
  readFileSync(`/proc/${pid}/net/fib_trie`, 'latin1').includes('127.0.0.1');

const besides = (neighbour: Child, command: string, args: readonly string[]): string[] => [
  ...[...ENTER, '-t', String(neighbour.pid), '--', command],
  ...args,
];

/** For programs that go on: starts them in the network of one that `startWithoutRoute` started. */
export const startBeside =
  (neighbour: Child): typeof startChild =>
  (command, args = [], options = {}) =>
    startChild('nsenter', besides(neighbour, command, args), options);

/** Runs a program in the network of one that `startWithoutRoute` started. */
export const runBeside = (
  neighbour: Child,
  command: string,
  args: readonly string[] = [],
  options: ChildOptions & { input?: string; withinMs?: number } = {},
): Promise<Ran> => runChild('nsenter', besides(neighbour, command, args), options);

/** Ends of the link that `startAcross` makes, from 192.0.2.0/24, which nobody owns (RFC 5737). */
export const ACROSS = { neighbour: '192.0.2.1', newcomer: '192.0.2.2' } as const;

// The network of an ended newcomer takes its end of the link along some time later only, so that end is taken away first.
const LINKED = `
ip link set lo up
nsenter -n -t "$0" ip link del neighbour 2>/dev/null || true
ip link add newcomer type veth peer name neighbour netns "$0"
nsenter -n -t "$0" sh -ec 'ip addr add ${ACROSS.neighbour}/24 dev neighbour; ip link set neighbour up'
ip addr add ${ACROSS.newcomer}/24 dev newcomer
ip link set newcomer up
exec "$@"`;

/** Starts a program in another network of its own, linked to that of one that `startWithoutRoute` started: for one link at a time. */
export const startAcross =
  (neighbour: Child): typeof startChild =>
  (command, args = [], options = {}) =>
    startBeside(neighbour)('unshare', ['-n', 'sh', '-ec', LINKED, `${neighbour.pid}`, command, ...args], options);

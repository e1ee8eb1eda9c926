/** A real chronyd: as a server that is wrong by as much as a test wants, and as a client that judges our server. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askNtp } from './ask-ntp.ts';
import { type Child, runChild, startChild } from './child.ts';
import { isShiftedBy } from './exact-shift.ts';
import { freeUdpPort } from './free-port.ts';
import { type Command, findChronyd, findLibfaketime, findNewer, required } from './peers.ts';
import { makeTempDir } from './temp-dir.ts';
import { waitFor } from './wait-for.ts';

/** For `describe.skipIf(!hasChronyd)`: npm test reports such suites by name. */
export const hasChronyd = findChronyd() !== undefined && findLibfaketime() !== undefined;

/** The one with AES-128-GCM-SIV; for `describe.skipIf` likewise. */
export const hasNewerChronyd = hasChronyd && findNewer('chrony') !== undefined;

export type Chronyd = {
  readonly port: number;
  readonly child: Child;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type ChronydOptions = {
  readonly port?: number;
  /** How far its clock is ahead (behind, if negative): 0, or more than 1 s. */
  readonly shiftSeconds?: number;
  /** How fast its clock runs: 1.0001 gains 100 µs each second. Its shift must not be 0 then. */
  readonly rate?: number;
  readonly stratum?: number;
  /** Whom it follows, as chrony.conf's `server` has it; without any, its own clock is what it serves. */
  readonly servers?: readonly string[];
  /** More lines of chrony.conf. */
  readonly config?: readonly string[];
  readonly newer?: boolean;
  /** Another way to start it, `startWithoutRoute` say: then it is for the caller to wait until it answers. */
  readonly start?: typeof startChild;
};

/**
 * `-x`: never touches the clock. `-U`: needs no root. `-d`: stays in the foreground, says all on stderr. `-u root`: stays
 * who it is, which in a network of his own is root for an ordinary user too.
 */
const FLAGS = ['-x', '-U', '-d', '-u', 'root'];

const commandOf = (newer: boolean): Command => (newer ? required(findNewer('chrony')) : [required(findChronyd())]);

export const startChronyd = async (options: ChronydOptions = {}): Promise<Chronyd> => {
  const {
    port = await freeUdpPort(),
    shiftSeconds = 0,
    rate = 1,
    stratum = 3,
    servers = [],
    config = [],
    newer = false,
    start,
  } = options;
  const isFaked = shiftSeconds !== 0 || rate !== 1;
  // The kernel stamps what chronyd receives by the true clock, and chronyd believes it while the two are within a second.
  if (isFaked && Math.abs(shiftSeconds) <= 1) throw new RangeError('a faked clock must be off by more than one second');

  const folder = makeTempDir();
  const file = join(folder, 'chrony.conf');
  const lines = [
    `port ${port}`,
    'bindaddress 127.0.0.1',
    'allow',
    'cmdport 0',
    'bindcmdaddress /',
    ...(servers.length === 0 ? [`local stratum ${stratum}`] : servers.map((server) => `server ${server}`)),
    `pidfile ${join(folder, 'pid')}`,
    ...config,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);

  const sign = shiftSeconds < 0 ? '-' : '+';
  const clock = { LD_PRELOAD: required(findLibfaketime()), FAKETIME: `${sign}${Math.abs(shiftSeconds)}s x${rate}` };
  const begin = start ?? startChild;
  const [program, ...first] = commandOf(newer);
  for (let tries = MOST_TRIES; ; tries--) {
    const child = await begin(program, [...first, ...FLAGS, '-f', file], isFaked ? { env: clock } : {});
    const chronyd = { port, child, stop: child.stop, [Symbol.asyncDispose]: child.stop };
    if (start) return chronyd;
    await waitFor(`chronyd on port ${port}`, () => askNtp(port)).catch(async (error: Error) => {
      await child.stop();
      throw new Error(`${error.message}\n${child.said.stderr}`);
    });
    if (!isFaked || rate !== 1 || tries === 1 || (await isShiftedBy(port, shiftSeconds))) return chronyd;
    await child.stop();
  }
};

/** On a busy machine one in thirty is 0.1 ms behind under libfaketime for as long as it runs, and claims to be right to the ns. */
const MOST_TRIES = 5;

/**
 * What chronyd measures, asking a server a few times. It gives up early where its first reply was held up, as on a busy machine.
 *
 * @returns the server's offset in seconds, positive where the server is ahead.
 * @throws where chronyd does not take the server's time, with what it said.
 */
export const queryWithChronyd = async (port: number, options: QueryOptions = {}): Promise<number> => {
  const { address = '127.0.0.1', directive = '', config = [], newer = false, tries = 3, run = runChild } = options;
  const pidFile = join(makeTempDir(), 'pid');
  const [program, ...first] = commandOf(newer);
  const { stdout, stderr } = await run(program, [
    ...first,
    ...FLAGS,
    ...['-Q', '-t', '10'],
    `server ${address} port ${port} iburst minpoll -3 maxpoll -3 maxsamples 4 ${directive}`,
    ...['cmdport 0', 'bindcmdaddress /', `pidfile ${pidFile}`, ...config],
  ]);
  const [, offset] = /System clock wrong by (-?[\d.]+) seconds/.exec(stdout + stderr) ?? [];
  if (offset !== undefined) return Number(offset);
  if (tries > 1) return queryWithChronyd(port, { ...options, tries: tries - 1 });
  throw new Error(`chronyd did not take the time:\n${stdout}${stderr}`);
};

export type QueryOptions = {
  readonly address?: string;
  /** Options of chrony.conf's `server`, such as `xleave` or `nts ntsport 4460`. */
  readonly directive?: string;
  /** More lines of chrony.conf. */
  readonly config?: readonly string[];
  readonly newer?: boolean;
  /** One where it is to be refused. */
  readonly tries?: number;
  /** Where it runs: `runBeside` a server, say. */
  readonly run?: typeof runChild;
};

/**
 * How good the timestamps are. Our gateway and a chronyd both serve this host's own clock, and a chronyd asks each of them
 * whose clock is this host's too: every offset that it sees is an error of stamps, and of the way, which is the same.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChronyd } from '../../support/chronyd.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { moveChildrenToAnswering } from '../cores.ts';
import type { Figure } from '../figures.ts';
import { quantile } from '../live/judge.ts';
import { startOurs, startTheirs } from './contestants.ts';

/** The first ones find caches and code cold. */
const WARM_UP = 20;
/** chrony.conf(5), log measurements: what stands in a line behind date, time and address. */
const OFFSET = 11;

export const benchStamps = async (seconds: number): Promise<readonly Figure[]> => {
  await using ours = await startOurs();
  await using theirs = await startTheirs();
  await moveChildrenToAnswering();
  await using ourClient = await startClient(ours.port);
  await using theirClient = await startClient(theirs.port);
  await sleep(1_000 * seconds);
  const [us, them] = [offsetsIn(ourClient.log), offsetsIn(theirClient.log)];
  console.error(`stamps: ${us.length} offsets from us, ${them.length} from chronyd`);
  const figure = (name: string, read: (offsets: readonly number[]) => number, aim?: string): Figure => ({
    name: `stamps, ${name}`,
    unit: 'µs',
    ours: 1e6 * read(us),
    peer: { name: 'chronyd', value: 1e6 * read(them) },
    ...(aim && { aim }),
  });
  return [
    figure('median offset', (offsets) => quantile(sorted(offsets), 0.5)),
    figure('median size of an offset', (offsets) => quantile(sorted(offsets.map(Math.abs)), 0.5), '≤ 1.2'),
    figure('quartile to quartile', spreadOf, '≤ 1.2'),
  ];
};

const startClient = async (port: number) => {
  const folder = makeTempDir();
  const { stop } = await startChronyd({
    servers: [`127.0.0.1 port ${port} minpoll -2 maxpoll -2`],
    config: [`logdir ${folder}`, 'log measurements'],
  });
  return { log: join(folder, 'measurements.log'), [Symbol.asyncDispose]: stop };
};

/** @returns s, positive where the client is ahead. */
const offsetsIn = (log: string): readonly number[] =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => Number(line.trim().split(/\s+/)[OFFSET]))
    .slice(WARM_UP);

const sorted = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b);

const spreadOf = (offsets: readonly number[]): number =>
  quantile(sorted(offsets), 0.75) - quantile(sorted(offsets), 0.25);

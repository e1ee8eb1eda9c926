/** How many keys are exchanged a second, at what cost, and what that leaves in memory. */
import { join } from 'node:path';
import { residentMiB } from '../../support/resident.ts';
import { moveChildrenToAnswering, runAsking } from '../cores.ts';
import { alternate, type Figure } from '../figures.ts';
import type { KeyExchangeLoad } from '../load/key-exchange.ts';
import { compare, type Length, withCost } from '../server/measure.ts';
import { type NtsContestant, startOursWithNts, startTheirsWithNts } from './contestants.ts';

const LOAD = join(import.meta.dirname, '../load/key-exchange.ts');

const exchange = ({ ntsPort }: NtsContestant, { seconds = 0, count = 0 }): Promise<KeyExchangeLoad> =>
  runAsking<KeyExchangeLoad>(LOAD, `${ntsPort}`, `${seconds}`, `${count}`);

export const benchKeyExchanges = async ({ seconds, rounds }: Length): Promise<readonly Figure[]> => {
  await using ours = await startOursWithNts();
  await using theirs = await startTheirsWithNts();
  await moveChildrenToAnswering();
  const asked = (server: NtsContestant) => () => withCost(server.pid, () => exchange(server, { seconds }));
  const row = compare(await alternate(rounds, { ours: asked(ours), theirs: asked(theirs) }), 'chronyd');
  return [
    row('key exchanges', 'exchanges/s', ({ perSecond }) => perSecond, '≥ 0.8'),
    row('key exchanges, processor time', 'µs/exchange', ({ cpuMicros }) => cpuMicros, '≤ 1.25'),
    row("key exchanges, the load's core", '% busy', ({ busy }) => 100 * busy),
  ];
};

/** Until what is compiled and pooled is there, and then twice as many as would show what is kept of each. */
const COUNTS = [1_000, 10_000, 10_000];

export const benchKeyExchangeMemory = async (): Promise<readonly Figure[]> => {
  await using ours = await startOursWithNts();
  await moveChildrenToAnswering();
  const figures: Figure[] = [];
  let done = 0;
  for (const count of COUNTS) {
    await exchange(ours, { count });
    done += count;
    const name = `resident after ${done.toLocaleString('en').replace(',', ' ')} key exchanges`;
    figures.push({ name, unit: 'MiB', ours: residentMiB(ours.pid) });
  }
  return figures;
};

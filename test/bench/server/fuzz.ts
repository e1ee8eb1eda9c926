/** Millions of hostile datagrams at our server: what came back that should not, and what it left behind. */
import { join } from 'node:path';
import { residentMiB } from '../../support/resident.ts';
import { moveChildrenToAnswering, runAsking } from '../cores.ts';
import type { Figure } from '../figures.ts';
import type { FuzzReport } from '../load/fuzz.ts';
import { type Contestant, startOurs } from './contestants.ts';

const FUZZ = join(import.meta.dirname, '../load/fuzz.ts');
const WARM_UP = 200_000;

/** @param args - of a server: more for fuzz.ts. */
export const fuzzServer = async <Server extends Contestant>(
  count: number,
  start: () => Promise<Server>,
  args: (server: Server) => Promise<readonly string[]>,
): Promise<readonly Figure[]> => {
  await using ours = await start();
  await moveChildrenToAnswering();
  const more = await args(ours);
  const fuzz = (seed: number, many: number) =>
    runAsking<FuzzReport>(FUZZ, `${ours.port}`, `${many}`, `${seed}`, ...more);
  await fuzz(0, Math.min(count, WARM_UP));
  const before = residentMiB(ours.pid);
  const { sent, requests, answered, unanswered, wrong, faults } = await fuzz(1, count);
  for (const fault of faults) console.error(`fuzz: ${fault}`);
  return [
    { name: 'fuzz, sent', unit: 'datagrams', ours: sent },
    { name: 'fuzz, well-formed among them', unit: 'requests', ours: requests },
    { name: 'fuzz, answered', unit: 'requests', ours: answered },
    { name: 'fuzz, not answered', unit: 'requests', ours: unanswered, aim: '0' },
    { name: 'fuzz, wrongly answered', unit: 'datagrams', ours: wrong, aim: '0' },
    { name: 'fuzz, growth of memory', unit: 'MiB', ours: residentMiB(ours.pid) - before },
  ];
};

export const benchFuzz = (count: number): Promise<readonly Figure[]> => fuzzServer(count, startOurs, async () => []);

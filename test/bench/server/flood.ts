/** Whether who asks as he should is answered while a million addresses do not, and what that leaves in memory. */
import { residentMiB } from '../../support/resident.ts';
import { askUnderFlood } from '../../support/under-flood.ts';
import type { Figure } from '../figures.ts';
import { startOurs } from './contestants.ts';

export const benchFlood = async (seconds: number): Promise<readonly Figure[]> => {
  await using ours = await startOurs({ threads: 2 });
  await askUnderFlood(ours.port, seconds); // tables fill
  const before = residentMiB(ours.pid);
  const { asked, answered, perSecond } = await askUnderFlood(ours.port, seconds);
  return [
    { name: 'flood from a million addresses', unit: 'requests/s', ours: perSecond },
    { name: 'flood, answered beside it', unit: '%', ours: (100 * answered) / asked, aim: '≥ 95' },
    { name: 'flood, growth of memory', unit: 'MiB', ours: residentMiB(ours.pid) - before },
  ];
};

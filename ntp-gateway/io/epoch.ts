/** The count of epochs, in a file of the state directory. */
import { join } from 'node:path';
import { readKept, writeAtomically } from './files.ts';
import { attempt } from './setup-error.ts';

const MOST_BYTES = 16;

/** An epoch that no earlier run has signed in. It is on disk before it is returned. */
export const nextEpoch = (stateDir: string): number =>
  attempt(`keep the epoch in ${stateDir}`, () => {
    const epoch = storedEpoch(stateDir) + 1;
    writeEpoch(stateDir, epoch);
    return epoch;
  });

/** The next start goes on above `epoch`, which is on disk before this returns. Never lowers the one that is kept. */
export const keepEpoch = (stateDir: string, epoch: number): void =>
  attempt(`keep the epoch in ${stateDir}`, () => {
    if (epoch > storedEpoch(stateDir)) writeEpoch(stateDir, epoch);
  });

const epochPath = (stateDir: string): string => join(stateDir, 'epoch');
const writeEpoch = (stateDir: string, epoch: number): void => writeAtomically(epochPath(stateDir), `${epoch}\n`, 0o600);

/**
 * The last epoch used; 0 before the first.
 *
 * Where the file is damaged the count goes on from the Unix seconds: epochs go up by one for each start or step, which
 * happens less than once a second, so no count has come that far. Where this host's clock is wrong as well, or an edge
 * had asked for more, the edge answers 409 with the epoch that it keeps, and the gateway goes on above that.
 */
const storedEpoch = (stateDir: string): number => {
  const found = readKept(epochPath(stateDir), MOST_BYTES, parseEpoch, 'counting on from the Unix time');
  if (found === 'damaged') return Math.floor(Date.now() / 1_000);
  return found === 'absent' ? 0 : found;
};

const parseEpoch = (text: string): number | undefined => (/^\d{1,15}\n$/.test(text) ? Number(text) : undefined);

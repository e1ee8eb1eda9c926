/** The count of epochs, in a file of the state directory. */
import { join } from 'node:path';
import { readKept, writeAtomically } from './files.ts';
import { type Keeping, keeping } from './keeping.ts';
import { attempt } from './setup-error.ts';

const MOST_BYTES = 16;

/**
 * An epoch that no earlier run has signed in. It is on disk before it is returned, if that is possible: where it is not, the next
 * run could not tell that it was used, so that the Unix seconds stand in for the count, as where it is damaged.
 */
export const nextEpoch = (stateDir: string, { keep }: Pick<Keeping, 'keep'> = keeping): number => {
  const epoch = storedEpoch(stateDir) + 1;
  if (keep(epochPath(stateDir), () => keepEpoch(stateDir, epoch))) return epoch;
  const unkept = Math.max(epoch, unixSeconds());
  keep(epochPath(stateDir), () => keepEpoch(stateDir, unkept));
  return unkept;
};

/** The next start goes on above `epoch`, which is on disk before this returns. Never lowers the one that is kept. */
export const keepEpoch = (stateDir: string, epoch: number): void =>
  attempt(`write ${epochPath(stateDir)}`, () => {
    const found = readEpoch(stateDir);
    const kept = found === 'damaged' ? unixSeconds() : found === 'absent' ? -1 : found;
    if (epoch > kept || found === 'damaged') writeEpoch(stateDir, Math.max(epoch, kept));
  });

export const epochPath = (stateDir: string): string => join(stateDir, 'epoch');
const writeEpoch = (stateDir: string, epoch: number): void => writeAtomically(epochPath(stateDir), `${epoch}\n`, 0o600);

/**
 * The last epoch used; 0 before the first.
 *
 * Where the file is damaged the count goes on from the Unix seconds: epochs go up by one for each start or step, which
 * happens less than once a second, so no count has come that far. Where this host's clock is wrong as well, or an edge
 * had asked for more, the edge answers 409 with the epoch that it keeps, and the gateway goes on above that.
 */
const storedEpoch = (stateDir: string): number => {
  const found = readEpoch(stateDir);
  if (found === 'damaged') return unixSeconds();
  return found === 'absent' ? 0 : found;
};

const unixSeconds = (): number => Math.floor(Date.now() / 1_000);

const readEpoch = (stateDir: string): number | 'absent' | 'damaged' =>
  readKept(epochPath(stateDir), MOST_BYTES, parseEpoch, 'counting on from the Unix time');

const parseEpoch = (text: string): number | undefined => (/^\d{1,15}\n$/.test(text) ? Number(text) : undefined);

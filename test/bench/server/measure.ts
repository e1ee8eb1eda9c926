/** How a server is asked, what that costs it, and how two of them compare. */
import { join } from 'node:path';
import { cpuSeconds, runAsking } from '../cores.ts';
import { type Figure, median } from '../figures.ts';
import type { NtpLoad } from '../load/ntp.ts';
import type { PacedLoad } from '../load/paced.ts';

const LOADS = join(import.meta.dirname, '../load');
const [CLOSED, PACED] = [join(LOADS, 'ntp.ts'), join(LOADS, 'paced.ts')];

/** How long each contestant is asked in a round, and how often. */
export type Length = { readonly seconds: number; readonly rounds: number };

export type Asked = { readonly port: number; readonly pid: number };

export type Cost = { readonly cpuMicros: number };

/** Of all that a process used meanwhile, what one answer cost. */
export const withCost = async <Load extends { readonly answered: number }>(
  pid: number,
  load: () => Promise<Load>,
): Promise<Load & Cost> => {
  const before = cpuSeconds(pid);
  const found = await load();
  return { ...found, cpuMicros: ((cpuSeconds(pid) - before) / found.answered) * 1e6 };
};

export const closedLoop =
  ({ port, pid }: Asked, seconds: number, args: readonly string[]) =>
  (): Promise<NtpLoad & Cost> =>
    withCost(pid, () => runAsking<NtpLoad>(CLOSED, '--port', `${port}`, '--seconds', `${seconds}`, ...args));

export const paced =
  ({ port, pid }: Asked, seconds: number, args: readonly string[]) =>
  (): Promise<PacedLoad & Cost> =>
    withCost(pid, () => runAsking<PacedLoad>(PACED, '--port', `${port}`, '--seconds', `${seconds}`, ...args));

export type Both<Found> = { readonly ours: readonly Found[]; readonly theirs: readonly Found[] };

export const compare =
  <Found>({ ours, theirs }: Both<Found>, peer: string) =>
  (name: string, unit: string, read: (found: Found) => number, aim?: string): Figure => ({
    name,
    unit,
    ours: median(ours.map(read)),
    peer: { name: peer, value: median(theirs.map(read)) },
    ...(aim && { aim }),
  });

/** @param aims - of requests/s and of processor time, as ratios. */
export const ratesOf = (
  name: string,
  found: Both<NtpLoad & Cost>,
  peer: string,
  aims: readonly [string?, string?] = [],
): readonly Figure[] => {
  const row = compare(found, peer);
  const figures = [
    row(name, 'requests/s', ({ perSecond }) => perSecond, aims[0]),
    row(`${name}, processor time`, 'µs/request', ({ cpuMicros }) => cpuMicros, aims[1]),
    row(`${name}, the load's core`, '% busy', ({ busy }) => 100 * busy),
  ];
  const lost = [...found.ours, ...found.theirs].reduce((sum, round) => sum + round.lost, 0);
  return lost > 0 ? [...figures, row(`${name}, lost`, 'requests', (round) => round.lost)] : figures;
};

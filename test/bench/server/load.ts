/** How fast and at what cost requests are answered: closed loop, and at a fixed rate. */
import { join } from 'node:path';
import { askNtp } from '../../support/ask-ntp.ts';
import { startChild } from '../../support/child.ts';
import { freeUdpPort } from '../../support/free-port.ts';
import { residentMiB } from '../../support/resident.ts';
import { NODE } from '../../support/root.ts';
import { waitFor } from '../../support/wait-for.ts';
import { moveChildrenToAnswering } from '../cores.ts';
import { alternate, type Figure, median } from '../figures.ts';
import { type Contestant, startOurs, startTheirs } from './contestants.ts';
import { closedLoop, compare, type Length, paced, ratesOf } from './measure.ts';

const ECHO = join(import.meta.dirname, '../load/echo.ts');

/** @param aims - of requests/s and of processor time, as ratios. */
const throughput =
  (name: string, args: readonly string[], aims: readonly [string, string?]) =>
  async ({ seconds, rounds }: Length): Promise<readonly Figure[]> => {
    await using ours = await startOurs();
    await using theirs = await startTheirs();
    await moveChildrenToAnswering();
    const found = await alternate(rounds, {
      ours: closedLoop(ours, seconds, args),
      theirs: closedLoop(theirs, seconds, args),
    });
    const figures = ratesOf(name, found, 'chronyd', aims);
    const row = compare(found, 'chronyd');
    return args.includes('interleaved')
      ? [
          ...figures,
          row(`${name}, replies in that mode`, '%', ({ interleaved, answered }) => (100 * interleaved) / answered),
        ]
      : figures;
  };

/** Each client asks twice in one go: one by one, the load's core would be full before the servers' is. */
const QUICKLY = ['--in-one', '2'];
export const benchIPv4 = throughput('IPv4', QUICKLY, ['≥ 1.3', '≤ 0.8']);
export const benchIPv6 = throughput('IPv6', ['--ipv6', ...QUICKLY], ['≥ 1.3', '≤ 0.8']);
export const benchInterleaved = throughput('interleaved', ['--what', 'interleaved'], ['≥ 1']);

/** What the load could do at the most: the same, asking what can hardly be quicker. */
export const benchHeadroom = async ({ seconds, rounds }: Length): Promise<readonly Figure[]> => {
  const port = await freeUdpPort();
  await using echo = await startChild(NODE, [ECHO, `${port}`]);
  await waitFor('an echo', () => askNtp(port));
  await moveChildrenToAnswering();
  const { loads } = await alternate(rounds, { loads: closedLoop({ ...echo, port }, seconds, QUICKLY) });
  return [
    { name: 'a bare echo', unit: 'requests/s', ours: median(loads.map(({ perSecond }) => perSecond)) },
    { name: 'a bare echo, processor time', unit: 'µs/request', ours: median(loads.map(({ cpuMicros }) => cpuMicros)) },
    { name: "a bare echo, the load's core", unit: '% busy', ours: 100 * median(loads.map(({ busy }) => busy)) },
  ];
};

export const benchLatency = async ({ seconds, rounds }: Length): Promise<readonly Figure[]> => {
  await using ours = await startOurs();
  await using theirs = await startTheirs();
  await moveChildrenToAnswering();
  const rate = ['--rate', '20000'];
  const found = await alternate(rounds, { ours: paced(ours, seconds, rate), theirs: paced(theirs, seconds, rate) });
  const row = compare(found, 'chronyd');
  return [
    row('20 000 requests/s, p50', 'µs', ({ p50 }) => p50, '≤ 1'),
    row('20 000 requests/s, p99', 'µs', ({ p99 }) => p99, '≤ 1'),
    row('20 000 requests/s, p99.9', 'µs', ({ p999 }) => p999),
    row('20 000 requests/s, without a reply', '%', ({ lost }) => 100 * lost),
    row('20 000 requests/s, processor time', 'µs/request', ({ cpuMicros }) => cpuMicros),
  ];
};

const RATES = [20_000, 60_000, 150_000];

/** On both cores, beside the load: with one thread, and with two. */
export const benchThreads = async ({ seconds, rounds }: Length): Promise<readonly Figure[]> => {
  await using one = await startOurs({ threads: 1 });
  await using two = await startOurs({ threads: 2 });
  const figures: Figure[] = [];
  for (const rate of RATES) {
    const args = ['--rate', `${rate}`];
    const found = await alternate(rounds, { ours: paced(two, seconds, args), theirs: paced(one, seconds, args) });
    const name = `two threads at ${rate.toLocaleString('en').replace(',', ' ')} requests/s`;
    figures.push(compare(found, 'with one')(name, 'µs/request', ({ cpuMicros }) => cpuMicros, '≤ 1.1'));
  }
  return figures;
};

/** Resident after the first minute of load, and after the last. */
export const benchMemory = async (minutes: number): Promise<readonly Figure[]> => {
  await using ours = await startOurs();
  await using theirs = await startTheirs();
  await moveChildrenToAnswering();
  const after = async (server: Contestant): Promise<number[]> => {
    const found: number[] = [];
    while (found.length < minutes) {
      await closedLoop(server, 60, QUICKLY)();
      found.push(residentMiB(server.pid));
    }
    return found;
  };
  const [us, them] = [await after(ours), await after(theirs)];
  return [...new Set([0, minutes - 1])].map((i) => ({
    name: `resident after ${i + 1} min of load`,
    unit: 'MiB',
    ours: us[i]!,
    peer: { name: 'chronyd', value: them[i]! },
  }));
};

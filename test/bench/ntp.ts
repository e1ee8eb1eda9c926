/** Our NTP server (one thread on node:dgram) beside chronyd: the same questions, on the same core, in turn. */
import { join } from 'node:path';
import { startChronyd } from '../support/chronyd.ts';
import { startGateway, untilSynchronized } from '../support/gateway.ts';
import { cpuSeconds, moveChildrenToAnswering, runAsking } from './cores.ts';
import { alternate, type Figure, median } from './figures.ts';
import type { NtpLoad } from './load/ntp.ts';

const LOAD = join(import.meta.dirname, 'load/ntp.ts');
const ROUNDS = 7;
const ROUND_S = 1.5;

type Round = { readonly perSecond: number; readonly cpuMicros: number };

const roundOn = (port: number, pid: number) => async (): Promise<Round> => {
  const before = cpuSeconds(pid);
  const { perSecond, answered } = await runAsking<NtpLoad>(LOAD, `${port}`, `${ROUND_S}`);
  return { perSecond, cpuMicros: ((cpuSeconds(pid) - before) / answered) * 1e6 };
};

export const benchNtp = async (): Promise<readonly Figure[]> => {
  await using chronyd = await startChronyd();
  await using gateway = await startGateway({ sources: [{ port: chronyd.port, minPoll: 6 }] });
  await untilSynchronized(gateway, 15_000);
  await moveChildrenToAnswering();

  const { ours, theirs } = await alternate(ROUNDS, {
    ours: roundOn(gateway.ntpPort, gateway.child.pid),
    theirs: roundOn(chronyd.port, chronyd.child.pid),
  });
  const of = (rounds: readonly Round[], what: keyof Round) => median(rounds.map((round) => round[what]));
  const compare = (what: keyof Round) => ({
    ours: of(ours, what),
    peer: { name: 'chronyd', value: of(theirs, what) },
  });
  return [
    { name: 'NTP', unit: 'requests/s', ...compare('perSecond') },
    { name: 'NTP, processor time', unit: 'µs/request', ...compare('cpuMicros') },
  ];
};

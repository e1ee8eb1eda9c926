/** How long a person waits: from `npm start` to the first good `/time`, with nothing kept from an earlier run but what was compiled. */
import type { TimeAnswer } from '#contract/time-answer.ts';
import { atExit } from '../support/at-exit.ts';
import { startChild } from '../support/child.ts';
import { startChronyd } from '../support/chronyd.ts';
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts';
import { writeConfig } from '../support/gateway-config.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Figure, median } from './figures.ts';

const RUNS = 3;
const LONGEST_MS = 30_000;

/** Process groups, by their leader. */
const running = new Set<number>();
atExit(() => {
  for (const leader of running) process.kill(-leader, 'SIGKILL');
});

export const benchStart = async (): Promise<readonly Figure[]> => {
  await using chronyd = await startChronyd();
  const times: number[] = [];
  while (times.length < RUNS) times.push(await startOnce(chronyd.port));
  return [{ name: 'npm start to first good /time', unit: 's', ours: median(times), aim: '≤ 15' }];
};

/** @param upstream - the port of an NTP server. */
const startOnce = async (upstream: number): Promise<number> => {
  const stateDir = makeTempDir();
  const [edge, ntp, status] = [await freeTcpPort(), await freeUdpPort(), await freeTcpPort()];
  const config = writeConfig({ sources: [{ port: upstream, minPoll: 6, maxPoll: 10 }] }, stateDir, ntp);
  const files = ['--config', config, '--state-dir', stateDir];
  const ports = ['--edge-port', `${edge}`, '--ntp-port', `${ntp}`, '--status-port', `${status}`];
  const begin = performance.now();
  // In a process group of its own, as a shell starts it, so that it can be stopped as a whole.
  const npm = await startChild('setsid', ['npm', 'start', '--', ...files, ...ports]);
  running.add(npm.pid);
  try {
    await waitFor('a good /time', () => isGood(`http://127.0.0.1:${edge}/time`), LONGEST_MS);
    return (performance.now() - begin) / 1_000;
  } finally {
    process.kill(-npm.pid, 'SIGINT');
    await npm.ended;
    running.delete(npm.pid);
  }
};

const isGood = async (url: string): Promise<boolean> => {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) {
    await response?.body?.cancel();
    return false;
  }
  return ((await response.json()) as TimeAnswer).synchronized;
};

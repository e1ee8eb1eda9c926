/** How long a gateway takes until it serves, and until it knows the time well; and what it keeps in memory. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askControl } from '../../ntp-gateway/io/control.ts';
import type { Status } from '../../ntp-gateway/status/status.ts';
import { askNtp } from '../support/ask-ntp.ts';
import { startChild } from '../support/child.ts';
import { startChronyd } from '../support/chronyd.ts';
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts';
import { writeConfig } from '../support/gateway-config.ts';
import { residentMiB } from '../support/resident.ts';
import { NODE, ROOT } from '../support/root.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';
import { cpuSeconds } from './cores.ts';
import { alternate, type Figure, median } from './figures.ts';

const ROUNDS = 3;
const SOURCES = 4;
const THREADS = 2;
const GOOD_MS = 10;
/** From the start: by then it has asked everybody some times. */
const SETTLED_MS = 10_000;

export const benchGatewayStart = async (): Promise<readonly Figure[]> => {
  execFileSync(NODE, [join(ROOT, 'pack.ts')], { stdio: 'inherit' });
  await using stack = new AsyncDisposableStack();
  const sources = await Promise.all(Array.from({ length: SOURCES }, () => startChronyd()));
  for (const source of sources) stack.use(source);
  const cache = join(makeTempDir(), 'compiled');

  const start = (program: string, env = {}) => startOnce(join(ROOT, program), sources, env);
  const found = await alternate(ROUNDS, {
    package: () => start('dist/noonmark-gateway.js'),
    checkout: () => start('ntp-gateway/main.ts'),
    'checkout, compiled before': () => start('ntp-gateway/main.ts', { NODE_COMPILE_CACHE: cache }),
  });
  rmSync(cache, { recursive: true, force: true });
  return Object.entries(found).flatMap(([name, runs]) => {
    const middle = (of: keyof Started): number => median(runs.map((run) => run[of]));
    return [
      { name: `${name}: to the first reply over NTP`, unit: 's', ours: middle('served'), aim: '< 1' },
      { name: `${name}: processor time until then`, unit: 's', ours: middle('worked') },
      { name: `${name}: to a bound below ${GOOD_MS} ms`, unit: 's', ours: middle('good'), aim: '< 5' },
      { name: `${name}: resident`, unit: 'MiB', ours: middle('resident'), aim: '< 114.4' },
    ];
  });
};

type Started = { readonly served: number; readonly worked: number; readonly good: number; readonly resident: number };

/** With an empty state directory. Times are in seconds since the process was started. */
const startOnce = async (
  program: string,
  sources: readonly { readonly port: number }[],
  env: Readonly<Record<string, string>>,
): Promise<Started> => {
  const [stateDir, ntpPort, statusPort] = [makeTempDir(), await freeUdpPort(), await freeTcpPort()];
  const asked = sources.map(({ port }) => ({ port, minPoll: 6, maxPoll: 10 }));
  const config = writeConfig({ sources: asked, server: { threads: THREADS } }, stateDir, ntpPort);
  const begin = performance.now();
  const since = (): number => (performance.now() - begin) / 1e3;
  await using gateway = await startChild(NODE, [program, 'run', '--config', config, '--status-port', `${statusPort}`], {
    env,
  });
  await waitFor('a reply', () => askNtp(ntpPort, { withinMs: 50 }));
  const [served, worked] = [since(), cpuSeconds(gateway.pid)];
  const good = await waitFor('a good bound', async () => {
    const status = (await askControl(stateDir, '/status')) as Status | undefined;
    return status?.synchronized && status.clock!.uncertaintyMs < GOOD_MS && since();
  });
  await sleep(SETTLED_MS - 1e3 * since());
  return { served, worked, good, resident: residentMiB(gateway.pid) };
};

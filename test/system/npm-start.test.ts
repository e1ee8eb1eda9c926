/** `npm start`, as a person runs it: without a network, then with an upstream; and what stops it leaves nothing behind. */
import { describe, expect, it } from 'vitest';
import type { TimeAnswer } from '#contract/time-answer.ts';
import { type Child, startChild } from '../support/child.ts';
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { askTimeQuickly, expectTruth, hostMs, untilTime } from '../support/edge.ts';
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts';
import { writeConfig } from '../support/gateway-config.ts';
import { type Mark, makeMark } from '../support/leftovers.ts';
import { hasNamespaces, runBeside, startWithoutRoute } from '../support/no-route.ts';
import { UNSYNCHRONIZED } from '../support/ntp-header.ts';
import { NODE } from '../support/root.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';

const SHIFT = 5;

/** In a process group of its own, as a shell starts it. */
const startNpm = async (args: readonly (string | number)[], start = startChild): Promise<Child & Mark> => {
  const mark = makeMark();
  const child = await start('setsid', ['npm', 'start', '--', ...args.map(String)], { env: mark.env });
  const stop = async (): Promise<void> => {
    for (const { pid } of mark.leftovers()) process.kill(pid, 'SIGKILL');
    await child.ended;
  };
  return { ...child, ...mark, stop, [Symbol.asyncDispose]: stop };
};

/** Ends it by a signal: to the whole group, as the terminal does at Ctrl-C, and systemd; or to one that it has started. */
const end = async (npm: Child & Mark, name: NodeJS.Signals, pid = -npm.pid): Promise<number | null> => {
  const { ended, leftovers } = npm;
  process.kill(pid, name);
  const code = await ended;
  await waitFor('nothing left', () => leftovers().length === 0);
  return code;
};

/** What Node says to a script in the network of another program. */
const askBeside = async (neighbour: Child, script: string): Promise<unknown> =>
  JSON.parse((await runBeside(neighbour, NODE, ['--input-type=module', '-e', script])).stdout);
const ASK_TIME = `
  const response = await fetch('http://127.0.0.1:8787/time').catch(() => undefined);
  console.log(JSON.stringify(response?.ok ? await response.json() : false));`;
const ASK_NTP = `
  import { askNtp } from './test/support/ask-ntp.ts';
  import { readHeader } from './test/support/ntp-header.ts';
  const { leap, stratum } = readHeader(await askNtp(11123));
  console.log(JSON.stringify({ leap, stratum }));`;
/** The host's clock is within a second by what is configured; what exchanges add to that is little, but where all starts at once. */
const untilTimeBeside = (neighbour: Child): Promise<TimeAnswer> =>
  waitFor('time within ± 1050 ms', async () => {
    const answer = (await askBeside(neighbour, ASK_TIME)) as TimeAnswer | false;
    return answer && answer.uncertaintyMs <= 1_050 && answer;
  });

describe.skipIf(!hasNamespaces)('npm start where no packet gets out', () => {
  const args = ['--state-dir', makeTempDir()];

  it('tells the host’s own time, marked as such, and stops at Ctrl-C', async () => {
    const before = hostMs();
    await using npm = await startNpm(args, startWithoutRoute);
    const answer = await untilTimeBeside(npm);
    const after = hostMs();
    expect(answer).toMatchObject({ synchronized: false, stratum: 11, uncertaintyMs: expect.closeTo(1_000, -2) });
    expectTruth({ answer, before, after }, 0);
    expect(await askBeside(npm, ASK_NTP)).toEqual({ leap: UNSYNCHRONIZED, stratum: 0 });
    await waitFor('a word to the person', () => npm.said.stdout.includes('ready, on this host’s own clock'));
    expect(npm.said.stderr).toMatch(/^\[20\S+Z\] INFO: local runs, key /m); // not JSON
    expect(npm.leftovers().filter(({ command }) => /main\.ts run|workerd serve/.test(command))).toHaveLength(2);
    await end(npm, 'SIGINT');
  });

  it('starts again on what it has kept, and stops when it is told to', async () => {
    await using npm = await startNpm(args, startWithoutRoute);
    expect(await untilTimeBeside(npm)).toMatchObject({ synchronized: false, gateway: 'local' });
    await end(npm, 'SIGTERM');
  });
});

describe.skipIf(!hasChronyd)('npm start with a configuration', () => {
  it('tells the time of its source, and fails when its gateway is killed', async () => {
    await using upstream = await startChronyd({ shiftSeconds: SHIFT });
    const stateDir = makeTempDir();
    const [edge, ntp, status] = [await freeTcpPort(), await freeUdpPort(), await freeTcpPort()];
    const files = ['--config', writeConfig({ sources: [upstream] }, stateDir, ntp), '--state-dir', stateDir];
    const ports = ['--edge-port', edge, '--ntp-port', ntp, '--status-port', status];
    await using npm = await startNpm([...files, ...ports]);
    await waitFor('a word to the person', () => npm.said.stdout.includes('ready. Try'));
    const url = `http://127.0.0.1:${edge}`;
    expect((await untilTime(url)).answer).toMatchObject({ synchronized: true, stratum: 5 });
    expectTruth(await askTimeQuickly(url), 1_000 * SHIFT);
    expect((await fetch(`http://127.0.0.1:${status}/status`)).status).toBe(200);
    const [gateway] = npm.leftovers().filter(({ command }) => command.includes('main.ts run'));
    expect(await end(npm, 'SIGKILL', gateway!.pid)).toBe(1);
  });
});

/** What befalls a gateway's process while it serves: a thread dies, no descriptor is free, its key is spoilt. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { askNtp } from '../../support/ask-ntp.ts';
import { runChild, startChild } from '../../support/child.ts';
import { type Chronyd, hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { startTestEdge } from '../../support/edge.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import {
  type GatewayOptions,
  makeGatewayState,
  startGateway,
  untilMeasured,
  untilPublished,
  untilSynchronized,
} from '../../support/gateway.ts';
import { logLines } from '../../support/log-lines.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

/** RFC 5905 §7.3: 3 is a clock that is not synchronized. */
const leapsOf = async (ntpPort: number, requests: number): Promise<readonly (number | undefined)[]> => {
  const replies = Array.from({ length: requests }, () => askNtp(ntpPort, { withinMs: 20_000 }));
  return (await Promise.all(replies)).map((reply) => reply && reply[0]! >> 6);
};

/** In each thread: whichever takes `file` away has failed. */
const breaking = (file: string): string => {
  const preload = join(makeTempDir(), 'breaking.mjs');
  const text = `
import { unlinkSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
const { load } = Atomics;
const isToFail = () => {
  try {
    unlinkSync(${JSON.stringify(file)});
    return true;
  } catch {
    return false;
  }
};
if (!isMainThread) {
  Atomics.load = (...where) => {
    if (isToFail()) throw new Error('broken by its test');
    return load(...where);
  };
}
`;
  writeFileSync(preload, text);
  return preload;
};

describe.skipIf(!hasChronyd || process.platform !== 'linux')('a gateway', () => {
  const keep = stopAfterAll();
  let upstream: Chronyd;
  beforeAll(async () => {
    upstream = await keep(startChronyd());
  });

  const start = async (options: GatewayOptions = {}) => {
    const port = await freeTcpPort();
    const gateway = await startGateway({ sources: [upstream], status: `127.0.0.1:${port}`, ...options });
    await untilSynchronized(gateway);
    return {
      ...gateway,
      said: (event: string) => logLines(gateway.child.said.stderr).filter((line) => line.event === event),
      /** @param name - with its labels. */
      metric: async (name: string): Promise<number> => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        return Number(
          text
            .split('\n')
            .find((line) => line.startsWith(`${name} `))
            ?.split(' ')[1],
        );
      },
    };
  };

  it('of which a thread dies answers all that is asked, shows it, says it once, and starts it again', async () => {
    const file = join(makeTempDir(), 'fail');
    const env = { NODE_OPTIONS: `--import=${breaking(file)}` };
    await using gateway = await start({
      server: { threads: 2 },
      start: (node, args) => startChild(node, args, { env }),
    });
    writeFileSync(file, '');
    const threads = await waitFor('a failure', async () => {
      const { threads } = await gateway.status();
      return threads!.failing > 0 && threads;
    });
    expect(threads).toEqual({ failures: { server: 1 }, failing: 1 });
    expect(await gateway.metric('noonmark_thread_failures_total{thread="server"}')).toBe(1);
    expect(await gateway.metric('noonmark_threads_failing')).toBe(1);
    // Of so many sockets each thread has some; who asks the dead one waits for the next.
    expect(new Set(await leapsOf(gateway.ntpPort, 32))).toEqual(new Set([0]));
    expect(gateway.said('thread-failed')).toMatchObject([
      { level: 'warn', thread: 'server', msg: expect.stringContaining('broken by its test') },
    ]);
    expect((await gateway.status()).threads!.failures).toEqual({ server: 1 });
  });

  it('that has no descriptor free serves on, ends as it should, and else is well again once it has', async () => {
    await using gateway = await start();
    const { pid } = gateway.child;
    const leave = async (descriptors: number): Promise<void> => {
      const { code, stderr } = await runChild('prlimit', ['--pid', `${pid}`, `--nofile=${descriptors}:`]);
      expect([code, stderr]).toEqual([0, '']);
    };
    expect(await leapsOf(gateway.ntpPort, 32)).not.toContain(undefined); // each thread has loaded all that it needs
    await leave(3);
    process.kill(pid, 'SIGHUP');
    await waitFor('a refusal', () => gateway.said('reload').length > 0);
    expect(await leapsOf(gateway.ntpPort, 4)).toEqual([0, 0, 0, 0]);
    await leave(1_024);
    await waitFor('what was refused to be taken up', () => gateway.said('reload').at(-1)?.level === 'info');
    await untilMeasured(gateway);
    expect(await gateway.metric('noonmark_configuration_fault')).toBe(0);
    const [refused] = gateway.said('reload');
    expect(refused).toMatchObject({ level: 'warn', msg: expect.stringMatching(/(too many open files|EMFILE)/) });
    // Once by itself and once as it was asked to, whichever came first.
    expect(gateway.said('reload').length).toBeLessThanOrEqual(3);
    await leave(3);
    process.kill(pid, 'SIGTERM');
    expect(await gateway.child.ended).toBe(0);
  });

  it('whose key is spoilt signs on by the one in memory, shows it, says it once, and that it is over', async () => {
    const { stateDir, x } = await makeGatewayState();
    await using edge = await startTestEdge(x);
    await using gateway = await start({ stateDir, publish: [edge.url] });
    const { publish } = await untilPublished(gateway);
    const path = join(stateDir, 'gateway.key');
    const kept = readFileSync(path);
    const untilFaults = (many: number) =>
      waitFor(`${many} faults`, async () => {
        const { fileFaults = {} } = await gateway.status();
        return Object.keys(fileFaults).length === many && { fileFaults };
      });
    writeFileSync(path, 'half a k');
    const { fileFaults } = await untilFaults(1);
    expect(fileFaults[path]).toMatch(/^no other key is taken up: the key .* is damaged/);
    expect(await gateway.metric('noonmark_file_faults')).toBe(1);
    await untilPublished(gateway, publish[0]!.samples + 4); // some two looks later
    writeFileSync(path, kept);
    await untilFaults(0);
    expect(await gateway.metric('noonmark_file_faults')).toBe(0);
    expect(gateway.said('key')).toMatchObject([{ level: 'warn' }, { level: 'info', msg: /is good again$/ }]);
  });

  it('that is told to reload without end serves on', async () => {
    await using gateway = await start();
    const { pid } = gateway.child;
    for (let time = 0; time < 500; time++) process.kill(pid, 'SIGHUP');
    expect(new Set(await leapsOf(gateway.ntpPort, 8))).toEqual(new Set([0]));
    const { configuration, synchronized } = await gateway.status();
    expect([configuration!.fault, synchronized]).toEqual([null, true]);
  });
});

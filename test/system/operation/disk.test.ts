/** A disk that is full or read-only, at the start and while the gateway runs: time is served, and all is written once it can be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { openSuccession } from '#contract/key-succession.ts';
import { askControl } from '../../../ntp-gateway/io/control.ts';
import { keepEpoch } from '../../../ntp-gateway/io/epoch.ts';
import type { Status } from '../../../ntp-gateway/status/status.ts';
import { askNtp } from '../../support/ask-ntp.ts';
import { type Chronyd, hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { startEdgeServer } from '../../support/edge-server.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import { makeGatewayState, startGateway, untilSynchronized } from '../../support/gateway.ts';
import { GATEWAY_ID, writeConfig } from '../../support/gateway-config.ts';
import { NODE, ROOT } from '../../support/root.ts';
import { type Disk, diskOf, hasDisks, runOnDisk, startOnDisk } from '../../support/small-disk.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const REASON = { full: 'no space left on device', 'read-only': 'read-only file system' } as const;
type Bad = keyof typeof REASON;

/** RFC 5905 §7.3: 3 is a clock that is not synchronized. */
const leapOf = async (ntpPort: number): Promise<number> => (await askNtp(ntpPort))![0]! >> 6;

/** An edge that keeps a later epoch than ours, once it is told to: the gateway goes on above, and has an epoch to keep. */
const startForgetfulEdge = async () => {
  let epoch: number | undefined;
  const server = await startEdgeServer((_request, response) => {
    response.writeHead(epoch === undefined ? 503 : 409);
    response.end(JSON.stringify({ type: 'urn:noonmark:problem:replayed', epoch }));
  });
  const claim = (kept: number | undefined): void => {
    epoch = kept;
  };
  return { ...server, claim };
};

describe.skipIf(!hasChronyd || !hasDisks)('a gateway whose disk fails', () => {
  const keep = stopAfterAll();
  let upstream: Chronyd;
  beforeAll(async () => {
    upstream = await keep(startChronyd());
  });

  const start = async (disk: Disk, publish: readonly string[] = []) => {
    const { stateDir } = await makeGatewayState();
    keepEpoch(stateDir, 7);
    const port = await freeTcpPort();
    const gateway = await startGateway({
      stateDir,
      sources: [upstream],
      publish,
      status: `127.0.0.1:${port}`,
      start: startOnDisk(stateDir, disk),
    });
    const own = diskOf(gateway.child, stateDir);
    const page = async (name: string) => fetch(`http://127.0.0.1:${port}/${name}`);
    const status = async () => (await (await page('status')).json()) as Status;
    const isWritable = async (): Promise<number> =>
      Number(/^noonmark_state_writable (\d)$/m.exec(await (await page('metrics')).text())?.[1]);
    await untilSynchronized({ ...gateway, status });
    return {
      ...gateway,
      stateDir,
      own,
      status,
      isWritable,
      epochKept: () => Number(readFileSync(join(own.path, 'epoch'), 'utf8')),
    };
  };
  const untilWritable = (status: () => Promise<Status>, writable: boolean) =>
    waitFor(`state that is ${writable ? '' : 'not '}writable`, async () => {
      const { state } = await status();
      return state?.writable === writable && state;
    });
  const timesSaid = (said: string, what: RegExp): number => said.match(new RegExp(what, 'g'))?.length ?? 0;

  it.concurrent.each<Bad>(['full', 'read-only'])('that becomes %s while it runs', async (bad) => {
    await using edge = await startForgetfulEdge();
    await using gateway = await start('well', [edge.origin]);
    const { own, status, epochKept, child } = gateway;
    expect(epochKept()).toBe(8);
    await (bad === 'full' ? own.fill() : own.lock());
    edge.claim(1_000);
    const path = join(gateway.stateDir, 'epoch');
    const { faults } = await untilWritable(status, false);
    expect(faults).toEqual({ [path]: `cannot write ${path}: ${REASON[bad]}` });
    expect(await gateway.isWritable()).toBe(0);
    expect((await status()).synchronized).toBe(true);
    expect(await leapOf(gateway.ntpPort)).toBe(0);
    edge.claim(undefined);
    const { epoch } = await status();
    expect(epochKept()).toBe(8); // whole, and as it was

    await (bad === 'full' ? own.clear() : own.unlock());
    expect((await untilWritable(status, true)).failures).toBeGreaterThan(0);
    expect(await gateway.isWritable()).toBe(1);
    expect(epoch).toBeGreaterThan(1_000);
    expect(epochKept()).toBeGreaterThanOrEqual(epoch);
    const { stderr } = child.said;
    expect([/tried again every 10 s/, /is written now/].map((what) => timesSaid(stderr, what))).toEqual([1, 1]);
  });

  it.concurrent.each<Bad>(['full', 'read-only'])('that is %s as it starts', async (bad) => {
    await using gateway = await start(bad);
    const { own, status, stateDir, epochKept, child } = gateway;
    const before = await status();
    expect(before.epoch).toBeGreaterThan(1e9); // nobody could tell the next start of an 8
    expect(before.state).toMatchObject({ writable: false });
    expect(Object.values(before.state!.faults).join()).toContain(REASON[bad]);
    expect(await leapOf(gateway.ntpPort)).toBe(0);
    expect(epochKept()).toBe(7);

    await (bad === 'full' ? own.clear() : own.unlock());
    await untilWritable(status, true);
    expect(epochKept()).toBe(before.epoch);
    expect(await askControl(own.path, '/status')).toMatchObject({ gateway: before.gateway });
    expect(timesSaid(child.said.stderr, /tried again every 10 s/)).toBe(1);
    expect(stateDir).not.toBe(own.path);
  });

  it.concurrent('has a key that leaked revoked at each edge all the same, and says what is left to do', async () => {
    const { stateDir, x } = await makeGatewayState();
    const heard: string[] = [];
    await using edge = await startEdgeServer(async (request, response) => {
      heard.push(await text(request));
      response.end(JSON.stringify({ gateway: GATEWAY_ID, keys: [] }));
    });
    const publish = [edge.origin, 'http://127.0.0.1:1'];
    const config = writeConfig({ sources: [upstream], publish }, stateDir, 123);
    const command = [NODE, join(ROOT, 'ntp-gateway/main.ts'), 'revoke-key', '--yes', '--config', config];
    const { code, stdout, stderr } = await runOnDisk(stateDir, 'full', command);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(await Promise.all(heard.map(openSuccession)), stderr).toMatchObject([
      { ok: true, value: { key: x, next: null } },
    ]);
    expect(stderr).toContain(`${edge.origin}: knows it\n`);
    expect(stderr).toContain(`curl -d ${heard[0]} http://127.0.0.1:1/keys\n`);
    expect(stderr).toMatch(
      /The old key is still in its place: .*\nnoonmark-gateway: cannot write .*: no space left on device\n$/,
    );
  });

  it.concurrent('that is read-only at the very first start has no key, and says so', async () => {
    const stateDir = makeTempDir();
    const options = { stateDir, sources: [upstream], start: startOnDisk(stateDir, 'read-only') };
    await expect(startGateway(options)).rejects.toThrow(
      `cannot create the key ${join(stateDir, 'gateway.key')}: read-only file system`,
    );
  });
});

/** What a real gateway logs: a line that programs can read for each change of state, none for a packet, and measurements in files. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askNtp } from '../../support/ask-ntp.ts';
import { runChild } from '../../support/child.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { startGateway, untilMeasured, untilSynchronized } from '../../support/gateway.ts';
import { logLines } from '../../support/log-lines.ts';
import { NODE } from '../../support/root.ts';
import { hasDisks, startOnDisk } from '../../support/small-disk.ts';
import { tableRows } from '../../support/table-rows.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const GARBAGE = 2_000;
/** Sends so many datagrams that are no requests to a port. */
const FLOOD = `
const socket = require('node:dgram').createSocket('udp4');
const [port, count] = process.argv.slice(1).map(Number);
const send = (left) => (left === 0 ? socket.close() : socket.send(Buffer.alloc(left % 100, left), port, '127.0.0.1', () => send(left - 1)));
send(count);`;

describe.skipIf(!hasChronyd)('a gateway’s log', () => {
  it('has one line for each change of state, in JSON, and none for a packet', async () => {
    const upstream = await startChronyd();
    await using gateway = await startGateway({ sources: [upstream] });
    const said = () => logLines(gateway.child.said.stderr);
    const reached = () => said().filter(({ event }) => event === 'source-reach');
    await untilSynchronized(gateway);

    await upstream.stop();
    const dropped = async () => Object.values((await gateway.status()).server!.dropped).reduce((sum, n) => sum + n, 0);
    await runChild(NODE, ['-e', FLOOD, `${gateway.ntpPort}`, `${GARBAGE}`]);
    await waitFor('the garbage to be counted', async () => (await dropped()) > GARBAGE / 2);
    await waitFor('a source that is silent', () => reached().length === 1, 60_000); // eight questions, of three seconds each
    await using _again = await startChronyd({ port: upstream.port });
    await waitFor('a source that answers again', () => reached().length === 2);
    await untilMeasured(gateway);
    await gateway.stop();

    const source = `127.0.0.1:${upstream.port}`;
    expect(said()).toMatchObject([
      { level: 'info', event: 'started' },
      { level: 'info', event: 'synchronization', state: 'synchronized', msg: 'synchronized' },
      { level: 'warn', event: 'source-reach', source, reachable: false },
      { level: 'info', event: 'source-reach', source, reachable: true, msg: `source ${source}: answers again` },
      { level: 'info', event: 'stopped', signal: 'SIGTERM' },
    ]);
    for (const { time } of said()) expect(time).toBe(new Date(time).toISOString());
  }, 100_000);
});

describe.skipIf(!hasChronyd)('a gateway’s measurements', () => {
  const logIn = (folder: string, rest: object = {}) => ({
    measurements: join(folder, 'measurements.log'),
    tracking: join(folder, 'tracking.log'),
    ...rest,
  });

  it('are in files that are put aside by size, and that programs can read', async () => {
    await using upstream = await startChronyd({ stratum: 3 });
    const folder = makeTempDir();
    const log = logIn(folder, { max_size: '2kB', keep: 1 });
    await using gateway = await startGateway({ sources: [{ ...upstream, minPoll: -4 }], log });
    await waitFor('both to be put aside', () => existsSync(`${log.tracking}.1`) && existsSync(`${log.measurements}.1`));
    await gateway.stop();

    const rowsOf = (path: string) => tableRows(readFileSync(path, 'utf8'));
    const measured = rowsOf(`${log.measurements}.1`);
    expect(measured.length).toBeGreaterThan(5);
    for (const row of measured) {
      expect(row).toMatchObject({ source: `127.0.0.1:${upstream.port}`, L: 'N', St: '3', verdict: expect.any(String) });
      expect(Math.abs(Number(row.delay_s))).toBeLessThan(5);
    }
    for (const row of rowsOf(`${log.tracking}.1`)) expect(row).toMatchObject({ L: 'N', St: '4', Co: '1' });
    for (const path of [log.measurements, log.tracking]) {
      expect(statSync(`${path}.1`).size).toBeLessThan(2_500);
      expect(existsSync(`${path}.2`)).toBe(false);
    }
  });

  it.skipIf(!hasDisks)('that find no room are lost, which is said once, and time goes on', async () => {
    await using upstream = await startChronyd();
    const folder = makeTempDir();
    const start = startOnDisk(folder, 'full');
    const log = logIn(folder);
    await using gateway = await startGateway({ sources: [{ ...upstream, minPoll: -4 }], log, start });
    const full = () => logLines(gateway.child.said.stderr).filter(({ event }) => event === 'measurement-log');
    await waitFor('a full disk', () => full().length > 0);
    await untilMeasured(gateway, 20);
    expect((await untilSynchronized(gateway)).clock!.uncertaintyMs).toBeLessThan(1_000);
    expect(await askNtp(gateway.ntpPort)).toBeDefined();
    const files = full().map(({ file }) => file);
    expect(files).toEqual([...new Set(files)]);
    expect(full()[0]).toMatchObject({ level: 'warn', reason: expect.stringContaining('ENOSPC') });
  });
});

/** What a gateway with a real server recorded runs again and comes out the same; a line that was altered is named. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Replayed } from '../../ntp-gateway/status/replayed.ts';
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { freeUdpPort } from '../support/free-port.ts';
import { type GatewayProcess, runGateway, startGateway, untilSynchronized } from '../support/gateway.ts';
import { writeConfig } from '../support/gateway-config.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';

describe.skipIf(!hasChronyd)('a recorded run', () => {
  const folder = makeTempDir();
  const file = join(folder, 'run.jsonl');
  let last: Awaited<ReturnType<GatewayProcess['status']>>;
  beforeAll(async () => {
    await using upstream = await startChronyd({ shiftSeconds: 5 });
    await using gateway = await startGateway({ sources: [upstream], record: file });
    await untilSynchronized(gateway);
    await waitFor('two seconds of events', async () => (await gateway.status()).uptimeSeconds >= 2);
    last = await gateway.status();
    await gateway.stop();
    expect(await gateway.child.ended).toBe(0);
  });
  const lines = (): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const written = (name: string, content: readonly string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, content.map((line) => `${line}\n`).join(''));
    return path;
  };

  it('ends with its digest, and replays to it', async () => {
    const { sha256 } = JSON.parse(lines().at(-1)!) as { sha256: string };
    const { code, stdout } = await runGateway('replay', file, '--json');
    expect(code).toBe(0);
    const page = JSON.parse(stdout) as Replayed;
    expect(page).toMatchObject({ ended: true, sha256, status: { synchronized: true, epoch: 1 } });
    expect(page.status.clock?.stratum).toBe(last.clock?.stratum);
    expect(Object.values(page.measurements)).toEqual([expect.any(Number)]);
    expect(Math.abs(Date.parse(page.status.clock?.time ?? '') - Date.parse(last.clock?.time ?? ''))).toBeLessThan(
      3_000,
    );
  });

  it('shows what status and sources would, also of a compressed file', async () => {
    const compressed = join(folder, 'run.jsonl.gz');
    writeFileSync(compressed, gzipSync(readFileSync(file)));
    const { code, stdout } = await runGateway('replay', compressed);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^events {9}\d+, to the end$/m);
    expect(stdout).toMatch(/^measurements {3}\d+ of 127\.0\.0\.1:\d+$/m);
    expect(stdout).toMatch(/^synchronized {3}yes$/m);
    expect(stdout).toContain('agrees with the majority');
  });

  it('that was altered is refused at the next digest, with the line’s number', async () => {
    const content = lines();
    const tick = content.findIndex((line) => line.startsWith('{"kind":"tick"'));
    const path = written(
      'altered',
      content.with(
        tick,
        content[tick]!.replace(/(\d)"\}/, (_, d) => `${9 - d}"}`),
      ),
    );
    const { code, stdout, stderr } = await runGateway('replay', path);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const digest = content.findIndex((line, i) => i > tick && /^\{"kind":"(digest|end)"/.test(line)) + 1;
    expect(stderr).toMatch(new RegExp(`^noonmark-gateway: .*/altered:${digest}: differs from what was recorded .+\n$`));
  });

  it('with a line that is none is refused at it', async () => {
    const path = written('torn', lines().with(6, lines()[6]!.slice(1)));
    const stderr = `noonmark-gateway: ${path}:7: not a line of a recording\n`;
    expect(await runGateway('replay', path)).toEqual({ code: 1, stdout: '', stderr });
  });

  it('that was cut off says so', async () => {
    const { code, stdout } = await runGateway('replay', written('cut', lines().slice(0, 9)));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^events {9}8, then the recording was cut off$/m);
  });
});

describe('noonmark-gateway', () => {
  it('replays nothing where there is nothing', async () => {
    const empty = join(makeTempDir(), 'empty');
    writeFileSync(empty, '');
    const says = (line: string) => ({ code: 2, stdout: '', stderr: `noonmark-gateway: ${line}\n` });
    expect(await runGateway('replay', empty)).toEqual(says(`${empty} holds no recording`));
    const absent = `${empty}.absent`;
    expect(await runGateway('replay', absent)).toEqual(says(`cannot read ${absent}: no such file or directory`));
  });

  it('does not record over a file that exists', async () => {
    const file = join(makeTempDir(), 'mine');
    writeFileSync(file, 'mine');
    const config = writeConfig({ sources: [{ port: await freeUdpPort() }] }, makeTempDir(), await freeUdpPort());
    const stderr = `noonmark-gateway: cannot record to ${file}: file already exists\n`;
    expect(await runGateway('run', '--config', config, '--record', file)).toEqual({ code: 2, stdout: '', stderr });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});

/** `waitsync`, as it stands in front of what must not start before the time is known. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { freeUdpPort } from '../../support/free-port.ts';
import { type GatewayProcess, runGateway, startGateway } from '../../support/gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const waitsync = (stateDir: string, ...args: string[]) => runGateway('waitsync', '--state-dir', stateDir, ...args);

describe.skipIf(!hasChronyd)('waitsync', () => {
  const keep = stopAfterAll();

  it('waits for a gateway that is started later, until its bound is tight; then says at once that it is', async () => {
    const upstream = await keep(startChronyd());
    const stateDir = makeTempDir();
    const waiting = waitsync(stateDir, '--within', '5ms', '--timeout', '30s');
    await keep(startGateway({ stateDir, sources: [upstream] }));
    const good = /^synchronized to ± [\d.]+ [mµ]s, after [\d.]+ m?s\n$/;
    expect(await waiting).toEqual({ code: 0, stdout: expect.stringMatching(good), stderr: '' });

    const { code, stdout } = await waitsync(stateDir, '--json');
    expect({ code, ...JSON.parse(stdout) }).toEqual({
      code: 0,
      outcome: 'good',
      uncertaintyMs: expect.any(Number),
      waitedSeconds: expect.any(Number),
    });
    expect(JSON.parse(stdout).uncertaintyMs).toBeLessThan(1_000);
  });

  it('says no where the bound does not become so tight', async () => {
    const upstream = await keep(startChronyd());
    const { stateDir } = await keep(startGateway({ sources: [upstream] }));
    await waitsync(stateDir, '--timeout', '30s');
    expect(await waitsync(stateDir, '--within', '1ns', '--timeout', '300ms')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^noonmark-gateway: not in time: after [\d.]+ m?s synchronized to ± [\d.]+ [mµ]s\n$/,
      ),
    });
  });
});

describe('waitsync, of a gateway that nobody tells the time', () => {
  const keep = stopAfterAll();
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await keep(startGateway({ sources: [{ port: await freeUdpPort() }], local: {} }));
  });

  it('says no, also while the host’s clock stands in', async () => {
    expect(await waitsync(gateway.stateDir, '--timeout', '300ms')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^noonmark-gateway: not in time: after [\d.]+ m?s not synchronized\n$/),
    });
  });

  it('finds none where none runs', async () => {
    const nowhere = join(gateway.stateDir, 'nowhere');
    const { code, stderr } = await waitsync(nowhere, '--timeout', '300ms');
    expect(code).toBe(3);
    expect(stderr).toMatch(/^noonmark-gateway: after [\d.]+ m?s: no gateway answers in .*; is it running\? See/);
    const json = await waitsync(nowhere, '--timeout', '0s', '--json');
    expect({ code: json.code, ...JSON.parse(json.stdout) }).toMatchObject({
      code: 3,
      outcome: 'no-daemon',
      uncertaintyMs: null,
    });
  });

  it.each([['--within', '5'], ['--timeout', 'soon'], ['--watch']])('is not asked so: %s %s', async (...args) => {
    const { code, stdout, stderr } = await waitsync(gateway.stateDir, ...args.filter((arg) => arg !== undefined));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .+\n/);
  });
});

/** `init`, and what it says comes next. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runChild } from '../../support/child.ts';
import { freeTcpPort, freeUdpPort } from '../../support/free-port.ts';
import { runGateway } from '../../support/gateway.ts';
import { hasNamespaces, startWithoutRoute } from '../../support/no-route.ts';
import { NODE, ROOT } from '../../support/root.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const MAIN = join(ROOT, 'ntp-gateway/main.ts');

const newPlace = () => {
  const folder = makeTempDir();
  const [config, stateDir] = [join(folder, 'noonmark.toml'), join(folder, 'state')];
  return { config, stateDir, args: ['init', '--config', config, '--state-dir', stateDir] };
};

describe('init', () => {
  it('writes a configuration and a key, and says what to do with them', async () => {
    const { config, stateDir, args } = newPlace();
    const edge = ['--id', 'gw-9', '--publish', 'https://time.example.org'];
    const { code, stdout, stderr } = await runGateway(...args, ...edge);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(stateDir, 'gateway.key')).mode & 0o777).toBe(0o600);

    const said = stdout.split('\n').map((line) => line.trim());
    expect(said).toContain(`noonmark-gateway check --config ${config}`);
    expect(await runGateway('check', '--config', config)).toMatchObject({ code: 0, stdout: `${config}: good\n` });
    const { gateway, id, x, edges } = JSON.parse((await runGateway('keys', '--json', '--config', config)).stdout);
    expect({ gateway, origins: edges.map(({ origin }: { origin: string }) => origin) }).toEqual({
      gateway: 'gw-9',
      origins: ['https://time.example.org'],
    });
    expect(said).toContain(`"gw-9" = "${x}"`);
    expect(stdout).toContain(`--gateway-key ${id}\n`);
  });

  it('writes over nothing, and keeps a key that is there', async () => {
    const { config, stateDir, args } = newPlace();
    await runGateway(...args);
    const key = readFileSync(join(stateDir, 'gateway.key'), 'utf8');
    writeFileSync(config, 'mine\n');
    const stderr = `noonmark-gateway: ${config} is there already, and is left as it is; --config names another\n`;
    expect(await runGateway(...args)).toEqual({ code: 2, stdout: '', stderr });
    expect(readFileSync(config, 'utf8')).toBe('mine\n');

    expect((await runGateway(...args, '--config', `${config}.2`)).code).toBe(0);
    expect(readFileSync(join(stateDir, 'gateway.key'), 'utf8')).toBe(key);
  });

  it('says what is wrong with what it is given, and writes nothing', async () => {
    const { config, args } = newPlace();
    const { code, stdout, stderr } = await runGateway(...args, '--id', 'no such name');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^noonmark-gateway: .*: gateway\.id: must be 1 to 64 letters, .*\n$/);
    expect((await runChild('ls', ['-A', join(config, '..')])).stdout).toBe('');
  });

  it('says that there is no folder, and makes no key', async () => {
    const { config, stateDir } = newPlace();
    const place = `${config}.d`;
    const asked = await runGateway('init', '--config', join(place, 'noonmark.toml'), '--state-dir', stateDir);
    const stderr = `noonmark-gateway: there is no folder ${place} for ${place}/noonmark.toml: mkdir -p ${place}\n`;
    expect(asked).toEqual({ code: 2, stdout: '', stderr });
    expect(existsSync(stateDir)).toBe(false);
  });
});

describe.skipIf(!hasNamespaces)('a gateway that init has configured', () => {
  const keep = stopAfterAll();

  it('runs', async () => {
    const { config, stateDir, args } = newPlace();
    await runGateway(...args);
    const ports = ['--ntp-port', `${await freeUdpPort()}`, '--status-port', `${await freeTcpPort()}`];
    const gateway = await keep(startWithoutRoute(NODE, [MAIN, 'run', '--config', config, ...ports]));
    await waitFor('a gateway', () => gateway.said.stderr.includes(' runs, key '));
    const sources = JSON.parse((await runGateway('sources', '--json', '--state-dir', stateDir)).stdout);
    expect(sources.map(({ id }: { id: string }) => id)).toEqual(['time.cloudflare.com:123', 'pool.ntp.org:123']);
  });
});

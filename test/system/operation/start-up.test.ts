/** What keeps the gateway from starting is said in one clear line, with exit code 2, and nothing is left running. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadOrCreateKey } from '../../../ntp-gateway/io/keys.ts';
import { runChild } from '../../support/child.ts';
import { freeTcpPort, freeUdpPort } from '../../support/free-port.ts';
import { type GatewayProcess, runGateway, startGateway } from '../../support/gateway.ts';
import { makeMark } from '../../support/leftovers.ts';
import { NODE } from '../../support/root.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

/** A configuration beside a state directory of its own. */
const writeConfig = (more = '', stateDir = join(makeTempDir(), 'state')): { file: string; stateDir: string } => {
  const file = join(makeTempDir(), 'noonmark.toml');
  const source = '[[source]]\naddress = "127.0.0.1"\n';
  writeFileSync(file, `[gateway]\nid = "gw-test"\nstate_dir = ${JSON.stringify(stateDir)}\n${source}${more}`);
  return { file, stateDir };
};
const keyIn = (): { file: string; key: string } => {
  const { file, stateDir } = writeConfig('', makeTempDir());
  return { file, key: join(stateDir, 'gateway.key') };
};
const run = (file: string) => runGateway('run', '--config', file);
const says = (...lines: readonly string[]) => ({
  code: 2,
  stdout: '',
  stderr: lines.map((line) => `noonmark-gateway: ${line}\n`).join(''),
});

describe('noonmark-gateway run', () => {
  it('says that the NTP port is in use', async () => {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    const where = `127.0.0.1:${other.address().port}`;
    const { file } = writeConfig(`[server]\nlisten = ["127.0.0.1:${await freeUdpPort()}", "${where}"]\n`);
    expect(await run(file)).toEqual(
      says(`cannot listen on ${where} for NTP: the port is in use by another program (ss -tulpn names it)`),
    );
    other.close();
  });

  it('says that the status port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const where = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { file } = writeConfig(`[status]\nlisten = "${where}"\n`);
    expect(await run(file)).toEqual(
      says(`cannot listen on ${where} for [status]: the port is in use by another program (ss -tulpn names it)`),
    );
    other.close();
  });

  it('says that the key cannot be read', async () => {
    const { file, key } = keyIn();
    mkdirSync(key, { mode: 0o700 });
    expect(await run(file)).toEqual(says(`the key ${key} is no file; restore it, or move away what is there`));
  });

  it('says that the key is damaged', async () => {
    const { file, key } = keyIn();
    writeFileSync(key, 'no key\n', { mode: 0o600 });
    const line = `the key ${key} is damaged: not a private key in PEM; restore it or move it away`;
    expect(await run(file)).toEqual(says(line));
  });

  it('says that others can read the key', async () => {
    const { file, stateDir } = writeConfig('', makeTempDir());
    await loadOrCreateKey(stateDir);
    const key = join(stateDir, 'gateway.key');
    chmodSync(key, 0o644);
    expect(await run(file)).toEqual(says(`the key ${key} is open to others than its owner: chmod 600 ${key}`));
  });

  it('says that the authorities of a source are missing', async () => {
    const source = '[[source]]\naddress = "::1"\nnts = true\nnts_ca = "none.pem"\n';
    const { file } = writeConfig(source, makeTempDir());
    expect(await run(file)).toEqual(says('cannot read none.pem: no such file or directory'));
  });

  it.each(['run', 'check'])('names each file that is missing: %s', async (command) => {
    const missing = `nts = true
nts_ca = "none.pem"
[keys]
7 = { algorithm = "sha256", secret_file = "none.secret" }
[server]
listen = ["127.0.0.1:123"]
[server.nts]
listen = ["127.0.0.1:4460"]
certificate = "none.cert"
key = "none.key"
`;
    const { file } = writeConfig(missing, makeTempDir());
    expect(await runGateway(command, '--config', file)).toEqual(
      says(
        'cannot read none.pem: no such file or directory',
        'cannot read the certificate none.cert: no such file or directory',
        'cannot read the secret none.secret: no such file or directory',
      ),
    );
  });

  it('says that the state directory is a file', async () => {
    const stateDir = join(makeTempDir(), 'state');
    writeFileSync(stateDir, '');
    const { file } = writeConfig('', stateDir);
    expect(await run(file)).toEqual(says(`cannot use the state directory ${stateDir}: file already exists`));
  });

  it('says that there is no configuration', async () => {
    const file = join(makeTempDir(), 'none.toml');
    expect(await run(file)).toEqual(says(`cannot read ${file}: no such file or directory`));
  });

  it.each(['run', 'check'])('names every fault of a configuration at once: %s', async (command) => {
    const { file } = writeConfig('prt = 123\n[server]\nlisten = ["127.0.0.1"]\n[status]\nlisten = 9123\n');
    const endpoint = 'must be an IP address and a port, such as "127.0.0.1:123" or "[::1]:123"';
    expect(await runGateway(command, '--config', file)).toEqual(
      says(
        `${file}:6: source[0].prt: unknown key; did you mean "port"?`,
        `${file}:8: server.listen[0]: ${endpoint}`,
        `${file}:10: status.listen: ${endpoint}`,
      ),
    );
  });

  it.each([
    ['run'],
    ['run', '--config', 'a', '--ntp-port', '65536'],
    ['run', '--config', 'a', '--publish', 'ftp://127.0.0.1'],
    ['sing'],
  ])('says what is wrong with the command line: %s %s %s %s', async (...args) => {
    const { code, stdout, stderr } = await runGateway(...args.filter((arg) => arg !== undefined));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .+\n$/);
  });
});

describe('npm start', () => {
  const start = async (ports: { readonly edge?: number; readonly ntp?: number }) => {
    const { env, leftovers } = makeMark();
    const { file, stateDir } = writeConfig('[server]\nlisten = ["127.0.0.1:123"]\n');
    const { edge = await freeTcpPort(), ntp = await freeUdpPort() } = ports;
    const free = ['--edge-port', edge, '--ntp-port', ntp, '--status-port', await freeTcpPort()].map(String);
    const { code, stderr } = await runChild(NODE, ['start.ts', '--config', file, '--state-dir', stateDir, ...free], {
      env,
    });
    return { code, stderr, leftovers: leftovers() };
  };

  it('says that the edge’s port is in use, and leaves nothing running', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port: edge } = other.address() as AddressInfo;
    const stderr = `noonmark: cannot listen on 127.0.0.1:${edge}: the port is in use by another program\n`;
    expect(await start({ edge })).toEqual({ code: 2, stderr, leftovers: [] });
    other.close();
  });

  it('says what is wrong with the command line', async () => {
    const { code, stdout, stderr } = await runChild(NODE, ['start.ts', '--edge-port', 'http']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .+\n/);
  });

  it('says that the NTP port is in use, and leaves nothing running', async () => {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    const { port: ntp } = other.address();
    const { stderr } = says(
      `cannot listen on 127.0.0.1:${ntp} for NTP: the port is in use by another program (ss -tulpn names it)`,
    );
    expect(await start({ ntp })).toEqual({ code: 2, stderr, leftovers: [] });
    other.close();
  });
});

describe('a gateway that runs', () => {
  const keep = stopAfterAll();
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await keep(startGateway({ sources: [{ port: await freeUdpPort() }] }));
  });

  it('lets no other run in its state directory', async () => {
    const { file } = writeConfig('', gateway.stateDir);
    const line = `another gateway already runs with the state directory ${gateway.stateDir}`;
    expect(await run(file)).toEqual(says(line));
    expect((await gateway.status()).gateway).toBe('gw-test');
  });

  it('is no synchronized one: status and sources say no, exit 1', async () => {
    const status = await runGateway('status', '--state-dir', gateway.stateDir);
    expect(status).toMatchObject({ code: 1, stdout: expect.stringMatching(/^synchronized {3}no: /m), stderr: '' });
    const sources = await runGateway('sources', '--json', '--state-dir', gateway.stateDir);
    expect(sources.code).toBe(1);
    expect(JSON.parse(sources.stdout)).toMatchObject([{ reach: '000', measurements: 0 }]);
  });
});

describe('no gateway', () => {
  it.each(['status', 'sources'])('is what %s says, exit 3', async (command) => {
    const stateDir = makeTempDir();
    const line = `no gateway answers in ${stateDir}; is it running? See --state-dir`;
    expect(await runGateway(command, '--state-dir', stateDir)).toEqual({ ...says(line), code: 3 });
  });
});

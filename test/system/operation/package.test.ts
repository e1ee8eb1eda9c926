/** What `npm pack` makes, installed into an empty folder: its commands and its module, as people there run them. */
import { cpSync, existsSync, globSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { askNtp } from '../../support/ask-ntp.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { type ChildOptions, runChild, startChild } from '../../support/child.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { hostMs, startTestEdge, untilTime } from '../../support/edge.ts';
import { type FakeEdge, startFakeEdge } from '../../support/fake-edge.ts';
import { freePort, freeTcpPort } from '../../support/free-port.ts';
import { type GatewayProcess, makeGatewayState, startGateway, untilPublished } from '../../support/gateway.ts';
import { GATEWAY_ID } from '../../support/gateway-config.ts';
import { readHeader } from '../../support/ntp-header.ts';
import { ntsTable } from '../../support/nts-gateway.ts';
import { findOldestNode, OLDEST_NODE } from '../../support/peers.ts';
import { NODE, ROOT } from '../../support/root.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const HOUR_MS = 3_600_000;
const [tarballs, folder] = [makeTempDir(), makeTempDir()];
const keep = stopAfterAll();
let tarball: string;

const succeed = async (command: string, args: readonly string[], options?: ChildOptions): Promise<string> => {
  const { code, stdout, stderr } = await runChild(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
  return stdout;
};
/** One of its commands, as a shell finds it, where `node` is this one. */
const inFolder = (node: string, env: Readonly<Record<string, string>> = {}, cwd = folder): ChildOptions => ({
  cwd,
  env: { PATH: `${join(cwd, 'node_modules/.bin')}:${dirname(node)}:${process.env.PATH}`, ...env },
});

type Needs = { readonly [What in 'dependencies' | 'optionalDependencies']?: Readonly<Record<string, string>> };

beforeAll(async () => {
  await succeed('npm', ['pack', '--pack-destination', tarballs], { cwd: ROOT });
  tarball = join(tarballs, readdirSync(tarballs)[0]!);
  await succeed('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: folder });
});

describe('the package', () => {
  it('holds JavaScript and declarations, and no path of the machine that made it', async () => {
    const files = (await succeed('tar', ['-tzf', tarball])).trim().split('\n');
    const unit = ['noonmark-gateway.service', 'noonmark-gateway.service.d/system-clock.conf', 'noonmark.conf'];
    const isProse = (file: string): boolean => /^package\/(docs|examples)\/|\.md$/.test(file);
    expect(files.filter((file) => !/^package\/dist\/.*\.(js|d\.ts)$/.test(file) && !isProse(file)).sort()).toEqual(
      ['LICENSE', 'package.json', ...unit.map((name) => `systemd/${name}`)].map((name) => `package/${name}`),
    );
    const text = await succeed('tar', ['-xzOf', tarball]);
    expect(text.includes(ROOT)).toBe(false);
  });

  it('has the pages that its commands and README.md lead to, with all that these do', async () => {
    const home = join(folder, 'node_modules/noonmark');
    const pages = globSync('{*,docs/*,contract/*}.md', { cwd: home });
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/operation.md', 'docs/gateway.md']));
    const missing = pages.flatMap((page) =>
      [...readFileSync(join(home, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, link = '']) => join(dirname(page), link))
        .filter((file) => !existsSync(join(home, file))),
    );
    expect(missing).toEqual([]);
    const help = await succeed('noonmark-gateway', ['--help'], inFolder(process.execPath));
    const [, named = ''] = /^(\/.*\.md) goes from nothing to a service/m.exec(help) ?? [];
    expect(realpathSync(named)).toBe(realpathSync(join(home, 'docs/operation.md')));
  });

  it('brings along what it imports with all that this needs, and no Node', () => {
    const needs = (name: string): readonly string[] => {
      const file = join(folder, 'node_modules', name, 'package.json');
      if (!existsSync(file)) return []; // optional, for another system
      const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as Needs;
      return Object.keys({ ...dependencies, ...optionalDependencies });
    };
    expect(needs('noonmark')).toEqual([
      '@noble/ciphers',
      'commander',
      'ipaddr.js',
      'koffi',
      'pino',
      'pino-pretty',
      'prom-client',
      'rotating-file-stream',
      'smol-toml',
      'valibot',
    ]);
    const needed = new Set(['noonmark']); // and whom those added to it need
    for (const name of needed) for (const other of needs(name)) needed.add(other);
    const scopes = new Set([...needed].map((name) => name.split('/')[0]));
    const installed = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(installed.filter((name) => !scopes.has(name) || /^node\b/.test(name))).toEqual([]);
  });

  it('has types, which stand by themselves', async () => {
    const program = `
      import { type Clock, connect, NoTime, type Options, type Reading } from 'noonmark';
      const options: Options = { gatewayKey: 'key' };
      const clock: Clock = await connect('https://time.example.org', options);
      const { earliest, time, latest }: Reading = clock.now();
      const gateway: string | undefined = clock.verified?.gateway;
      clock.onChange((change) => change.kind === 'exchanged' && change.exchanged.told.isSynchronized);
      const { reason } = new NoTime('contradiction');
      // @ts-expect-error: no such word
      reason satisfies 'fine';
      export const all = [earliest, time, latest, gateway, clock.isSynchronized] as const;`;
    writeFileSync(join(folder, 'program.mts'), program);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom', '--skipLibCheck', 'false'];
    for (const resolution of [['nodenext'], ['esnext', '--moduleResolution', 'bundler']])
      await succeed(NODE, [tsc, ...flags, '--module', ...resolution, 'program.mts'], { cwd: folder });
  });

  it('is bundled for a browser without anything else', async () => {
    const { metafile } = await build({
      stdin: { contents: `export { connect } from 'noonmark';`, resolveDir: folder },
      bundle: true,
      platform: 'browser',
      format: 'esm',
      write: false,
      metafile: true,
    });
    const inputs = Object.keys(metafile.inputs).filter((name) => name !== '<stdin>');
    expect(inputs.every((name) => name.includes('/node_modules/noonmark/dist/client/'))).toBe(true);
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
  });

  it.each(['noonmark', 'noonmark-gateway'])('says so where Node is too old: %s', async (command) => {
    const older = `Object.defineProperty(process.versions, 'node', { value: '22.14.0' })`;
    const options = inFolder(NODE, { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}` });
    expect(await runChild(command, ['--version'], options)).toEqual({
      code: 2,
      stdout: '',
      stderr: `${command}: this is Node 22.14.0, and it takes Node 22.15 or later\n`,
    });
  });
});

const NODES = [
  ['26', NODE],
  [OLDEST_NODE, findOldestNode()],
] as const;

const configOf = ({ stateDir }: GatewayProcess) => ['--config', join(stateDir, 'noonmark.toml')];

for (const [version, node] of NODES) {
  describe.skipIf(!hasChronyd || node === undefined)(`the package, with Node ${version}`, { concurrent: true }, () => {
    const options = inFolder(node ?? '');
    let [gateway, url, page, key] = [{} as GatewayProcess, '', '', ''];

    beforeAll(async () => {
      const { stateDir, x } = await makeGatewayState();
      const edge = await keep(startTestEdge(x));
      const upstream = await keep(startChronyd({ shiftSeconds: HOUR_MS / 1e3 }));
      const [nts, pull, roughtime] = [await freeTcpPort(), await freeTcpPort(), await freePort()];
      const status = `127.0.0.1:${await freeTcpPort()}`;
      page = `http://${status}`;
      const server = {
        nts: ntsTable(`127.0.0.1:${nts}`, makeCertificate({ names: ['127.0.0.1'] })),
        pull: { listen: [`127.0.0.1:${pull}`] },
        roughtime: { listen: [`127.0.0.1:${roughtime}`] },
      };
      gateway = await keep(
        startGateway({
          stateDir,
          sources: [{ ...upstream, minPoll: -4 }],
          publish: [edge.url],
          pullUrl: `http://127.0.0.1:${pull}`,
          status,
          server,
          start: (_node, [_main, ...args] = []) => startChild('noonmark-gateway', args, options),
        }),
      );
      url = edge.url;
      await untilPublished(gateway);
      await untilTime(url);
      key = JSON.parse(await succeed('noonmark-gateway', ['keys', '--json', ...configOf(gateway)], options)).id;
    });

    /** What is told lies between this host's clock before and after, an hour on. */
    const expectTruth = (told: { readonly earliest: number; readonly latest: number }, before: number): void => {
      expect(told.earliest).toBeLessThanOrEqual(hostMs() + HOUR_MS);
      expect(told.latest).toBeGreaterThanOrEqual(before + HOUR_MS);
    };

    it('runs a gateway: every thread of it listens, and NTP is answered', async () => {
      const before = hostMs();
      const { leap, stratum, transmitTimestamp } = readHeader((await askNtp(gateway.ntpPort))!);
      expect({ leap, stratum }).toEqual({ leap: 0, stratum: 4 });
      const told = Number((transmitTimestamp >> 32n) - 2_208_988_800n) * 1e3;
      expectTruth({ earliest: told, latest: told + 1_000 }, before);
      expect(gateway.child.said.stderr).not.toMatch(/\bthread\b/); // that failed, and is started again
    });

    it('answers questions about it', async () => {
      expect(await succeed('noonmark-gateway', ['check', ...configOf(gateway)], options)).toMatch(/: good\n$/);
      const status = await succeed('noonmark-gateway', ['status', '--state-dir', gateway.stateDir], options);
      expect(status).toMatch(/^synchronized {3}yes/m);
    });

    it('has the page with it, ready made', async () => {
      expect(await (await fetch(page)).text()).toContain('<script type="module" src="/page.js">');
      for (const path of ['/page.js', '/page.css'])
        expect((await (await fetch(page + path)).text()).length, path).toBeGreaterThan(5_000);
      expect(await (await fetch(`${page}/history`)).json()).toMatchObject({ everySeconds: 2 });
    });

    it('has its metrics', async () => {
      expect(await (await fetch(`${page}/metrics`)).text()).toMatch(/^noonmark_synchronized 1$/m);
    });

    it('tells the time at the command line, verified', async () => {
      const before = hostMs();
      const told = JSON.parse(await succeed('noonmark', ['time', url, '--gateway-key', key, '--json'], options));
      expect(told.verified).toMatchObject({ key });
      expectTruth({ earliest: told.earliestUnixMs, latest: told.latestUnixMs }, before);
    });

    it('looks past the date of a certificate where a key is pinned; without koffi it does not, and tells the time', async () => {
      const expired = makeCertificate({ from: '2020-01-01T00:00:00Z', to: '2021-01-01T00:00:00Z' });
      const certificates = [expired, makeCertificate()];
      const [late, good] = await Promise.all(certificates.map((one) => keep(startFakeEdge({}, one))));
      const time = ({ origin, gatewayKey }: FakeEdge, from: ChildOptions) =>
        runChild('noonmark', ['time', origin, '--gateway-key', gatewayKey, '--ca', expired.ca, '--json'], from);
      expect(JSON.parse((await time(late!, options)).stdout)).toMatchObject({ security: 'out-of-date' });

      const lacking = makeTempDir();
      const filter = (file: string): boolean => !/\/(koffi|@koromix)$/.test(file);
      cpSync(join(folder, 'node_modules'), join(lacking, 'node_modules'), {
        recursive: true,
        filter,
        verbatimSymlinks: true,
      });
      const there = inFolder(node ?? '', {}, lacking);
      expect(JSON.parse((await time(good!, there)).stdout)).toMatchObject({ security: 'tls' });
      const refused = await time(late!, there);
      expect(refused.stderr).toContain('CERT_HAS_EXPIRED by the clock of this host, and no koffi here to look past it');
      expect(refused.code).toBe(1);
    });

    it('is a module by its name, over HTTP where it verifies and over a WebSocket where it does not', async () => {
      const program = `
        import { connect } from 'noonmark';
        const [url, gatewayKey] = process.argv.slice(1);
        for (const options of [{ gatewayKey }, { transport: 'websocket' }]) {
          const clock = await connect(url, options);
          console.log(JSON.stringify({ ...clock.now(), gateway: clock.verified?.gateway }));
          clock.close();
        }`;
      const before = hostMs();
      const lines = await succeed('node', ['--input-type=module', '-e', program, url, key], options);
      const told = lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(told.map(({ gateway }) => gateway)).toEqual([GATEWAY_ID, undefined]);
      for (const one of told) expectTruth(one, before);
    });

    it('knows at once that nobody is there, as it has to ask over HTTP where no WebSocket gets through', async () => {
      const program = `
        import { connect } from 'noonmark';
        const [url] = process.argv.slice(1);
        for (const transport of ['websocket', undefined])
          await connect(url, { transport, timeout: 30_000 }).catch(({ reason }) => console.log(reason));`;
      const nobody = `http://127.0.0.1:${await freeTcpPort()}`;
      const said = await succeed('node', ['--input-type=module', '-e', program, nobody], options);
      expect(said).toBe('unreachable\nunreachable\n');
    });

    it.each(['noonmark', 'noonmark-gateway'])('says which version it is: %s', async (command) => {
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
      expect(await succeed(command, ['--version'], options)).toBe(`${version}\n`);
    });
  });
}

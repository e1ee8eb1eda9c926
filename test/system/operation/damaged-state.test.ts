/** Whatever lies in the state directory in the place of a file: the gateway starts, or says what to do. A key is never replaced. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../support/certificate.ts';
import { type Chronyd, hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import { type GatewayOptions, runGateway, startGateway, untilSynchronized } from '../../support/gateway.ts';
import { writeConfig } from '../../support/gateway-config.ts';
import { logLines } from '../../support/log-lines.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const GIGABYTE = 2 ** 30;
const halve = (path: string): void => {
  const text = readFileSync(path);
  writeFileSync(path, text.subarray(0, text.length / 2));
};
const instead =
  (put: (path: string) => void) =>
  (path: string): void => {
    rmSync(path, { recursive: true, force: true });
    put(path);
  };

/** What became of a file. */
const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'nothing in it': instead((path) => writeFileSync(path, '', { mode: 0o600 })),
  'half of it': halve,
  garbage: instead((path) =>
    writeFileSync(
      path,
      Uint8Array.from({ length: 999 }, (_, i) => i * 77),
      { mode: 0o600 },
    ),
  ),
  'a hole of a gigabyte': instead((path) => {
    writeFileSync(path, '', { mode: 0o600 });
    truncateSync(path, GIGABYTE);
  }),
  'a folder': instead((path) => mkdirSync(join(path, 'with', 'more'), { recursive: true, mode: 0o700 })),
  'a pipe that nobody writes into': instead((path) => void spawnSync('mkfifo', ['-m', '600', path])),
  'a link to itself': instead((path) => symlinkSync(path, path)),
  'a link that leads nowhere': instead((path) => symlinkSync(`${path}.absent`, path)),
  'a mode that lets nobody read it': (path) => chmodSync(path, 0),
};

/** All but the keys, as an earlier run may have left them. */
const FILES: Readonly<Record<string, string>> = {
  epoch: '7\n',
  'oscillator.json': '{"version":1,"bootId":null,"savedAt":{"monoNs":"1","wallUnixNs":"1"},"frequency":0}\n',
  'nts-keys': '{"version":1}\n',
  'nts-sessions': '{"version":1,"sessions":[]}\n',
  edges: '{"https://a.example k":"1"}\n',
  'control.sock': '',
  violations: '',
  'epoch.new': 'half',
  'epoch.damaged': 'of yesterday',
};

/** As if there were none; or, to root, nothing at all. */
const UNSEEN = ['a link to itself', 'a link that leads nowhere', 'a mode that lets nobody read it'];

describe.skipIf(!hasChronyd)('a gateway whose state directory is damaged', () => {
  const keep = stopAfterAll();
  let upstream: Chronyd;
  let sound: string;
  let options: GatewayOptions;
  beforeAll(async () => {
    upstream = await keep(startChronyd());
    const { certificate, key } = makeCertificate();
    const [nts, roughtime] = [await freeTcpPort(), await freeTcpPort()];
    options = {
      sources: [upstream],
      server: {
        nts: { listen: [`127.0.0.1:${nts}`], certificate, key },
        roughtime: { listen: [`127.0.0.1:${roughtime}`] },
      },
    };
    await using gateway = await startGateway(options);
    await untilSynchronized(gateway);
    sound = gateway.stateDir;
  });

  /** With the keys of a gateway that has run, and what else it would have. */
  const makeState = (): string => {
    const stateDir = makeTempDir();
    for (const name of ['gateway.key', 'roughtime.key', 'nts-keys'])
      writeFileSync(join(stateDir, name), readFileSync(join(sound, name)), { mode: 0o600 });
    for (const [name, text] of Object.entries(FILES))
      if (!existsSync(join(stateDir, name))) writeFileSync(join(stateDir, name), text, { mode: 0o600 });
    return stateDir;
  };

  it.each(Object.keys(DAMAGES))('starts with %s in the place of each file but the keys', async (damage) => {
    const stateDir = makeState();
    for (const name of Object.keys(FILES)) DAMAGES[damage]!(join(stateDir, name));
    await using gateway = await startGateway({ ...options, stateDir });
    const { state, epoch } = await untilSynchronized(gateway);
    expect(state).toMatchObject({ writable: true, failures: 0 });
    const said = logLines(gateway.child.said.stderr).filter(({ event }) => event === 'file-damaged');
    expect(Object.entries(state!.damaged)).toEqual(said.map(({ file, msg }) => [file, msg])); // each once, and shown
    if (!UNSEEN.includes(damage)) expect(state!.damaged).toHaveProperty([join(stateDir, 'epoch')]);
    expect(Number(readFileSync(join(stateDir, 'epoch'), 'utf8'))).toBe(epoch);
    expect(lstatSync(join(stateDir, 'control.sock')).isSocket()).toBe(true);
    await gateway.stop();
    for (const name of ['epoch', 'nts-keys', 'nts-sessions'])
      expect([name, lstatSync(join(stateDir, name)).isFile()]).toEqual([name, true]);
    expect(readdirSync(stateDir)).not.toContain('epoch.new');
  });

  it.each(Object.keys(DAMAGES))(
    'with %s in the place of its key says what to do, and makes no other',
    async (damage) => {
      const stateDir = makeState();
      const path = join(stateDir, 'gateway.key');
      if (damage === 'a mode that lets nobody read it') chmodSync(path, 0o644);
      else DAMAGES[damage]!(path);
      const before = lstatSync(path);
      const config = writeConfig({ ...options, stateDir } as GatewayOptions, stateDir, await freeTcpPort());
      const { code, stderr } = await runGateway('run', '--config', config);
      expect(stderr).toMatch(/^noonmark-gateway: [^\n]*gateway\.key [^\n]*(restore it|chmod 600)[^\n]*\n$/);
      expect(code).toBe(2);
      expect(lstatSync(path)).toMatchObject({ ino: before.ino, size: before.size });
    },
  );
});

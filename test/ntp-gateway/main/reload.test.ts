/** The file while the gateway runs, as editors, configuration managers and Kubernetes write it. */
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { monoNanos } from '#contract/time.ts';
import type { Config } from '../../../ntp-gateway/config.ts';
import type { CoreConfig } from '../../../ntp-gateway/core/state.ts';
import { readSecret } from '../../../ntp-gateway/io/secret-files.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { configIn } from '../../../ntp-gateway/main/configuration.ts';
import { followConfig, type Reloading } from '../../../ntp-gateway/main/reload.ts';
import { watchLog } from '../../support/log-lines.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const LOOK_MS = 20;
const opened: Reloading[] = [];
afterEach(() => {
  for (const { close } of opened.splice(0)) close();
});

const textFor = (server: string, more = ''): string =>
  `[gateway]\nid = "gw-1"\n${more}[[source]]\naddress = "${server}"\n`;
const A = textFor('192.0.2.1');
const B = textFor('192.0.2.2');

const start = ({ folder = makeTempDir(), follow = async (_config: CoreConfig): Promise<void> => {} } = {}) => {
  const file = join(folder, 'noonmark.toml');
  const options = { config: file, publish: [] };
  writeFileSync(file, A);
  const taken: string[] = [];
  let seconds = 100n;
  const reloading = followConfig({
    gateway: {
      follow: async (config) => {
        await follow(config);
        taken.push(config.sources[0]!.host);
      },
    },
    options,
    text: A,
    running: configIn(A, options),
    coreConfigOf: (config: Config) => ({ ...config, precision: -22, ownReferenceIds: [] }),
    mono: () => monoNanos(seconds * 1_000_000_000n),
    lookMs: LOOK_MS,
  });
  opened.push(reloading);
  const untilTaken = (many: number) => waitFor(`${many} reloads`, () => taken.length === many);
  const untilFault = (pattern: RegExp) =>
    waitFor(`${pattern}`, () => pattern.test(reloading.configuration().fault ?? ''));
  return {
    ...reloading,
    file,
    taken,
    untilTaken,
    untilFault,
    pass: (many: number): void => {
      seconds += BigInt(many);
    },
  };
};
const looks = (many: number) => new Promise((resolve) => setTimeout(resolve, LOOK_MS * many));

describe('the file of a gateway that runs', () => {
  it('is taken up when it has changed, however that was done, and not when it has not', async () => {
    const { file, taken, untilTaken, configuration, pass } = start();
    await looks(4);
    utimesSync(file, 1, 1);
    await looks(4);
    expect(taken).toEqual([]);
    pass(30);
    expect(configuration()).toEqual({ loadedSecondsAgo: 30, fault: null, needsRestart: [] });
    writeFileSync(file, B);
    await untilTaken(1);
    expect(configuration().loadedSecondsAgo).toBe(0);
    writeFileSync(`${file}.new`, A); // as an editor does it
    renameSync(`${file}.new`, file);
    await untilTaken(2);
    expect(taken).toEqual(['192.0.2.2', '192.0.2.1']);
  });

  it('is taken up where Kubernetes exchanges the folder behind it', async () => {
    const folder = makeTempDir();
    const versions = [A, B].map((text, i) => {
      const version = join(folder, `..${i}`);
      mkdirSync(version);
      writeFileSync(join(version, 'noonmark.toml'), text);
      return version;
    });
    const { file, taken, untilTaken } = start({ folder });
    rmSync(file);
    symlinkSync(versions[0]!, join(folder, '..data'));
    symlinkSync(join('..data', 'noonmark.toml'), file);
    await looks(4);
    expect(taken).toEqual([]); // the same text
    symlinkSync(versions[1]!, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    await untilTaken(1);
    expect(taken).toEqual(['192.0.2.2']);
  });

  it('that is bad changes nothing and says why, with the line and the key that was meant, until it is good again', async () => {
    const { file, taken, untilTaken, untilFault, configuration } = start();
    writeFileSync(file, textFor('192.0.2.2', 'max_drfit = "1ppm"\n'));
    await untilFault(/noonmark\.toml:3: gateway\.max_drfit: unknown key; did you mean "max_drift"\?$/);
    expect(taken).toEqual([]);
    writeFileSync(file, A); // as it still runs
    await untilTaken(1);
    expect(configuration().fault).toBeNull();
  });

  it('that is gone changes nothing until it is back', async () => {
    const { file, taken, untilTaken, untilFault } = start();
    rmSync(file);
    await untilFault(/^cannot read .*: no such file or directory$/);
    writeFileSync(file, B);
    await untilTaken(1);
    expect(taken).toEqual(['192.0.2.2']);
  });

  it.each([
    new SetupError('cannot read the secret x: no such file or directory'),
    new TypeError('nobody has foreseen it'),
  ])('that cannot be used changes nothing, and is tried again when somebody asks: %s', async (error) => {
    let isUsable = false;
    const follow = async (): Promise<void> => {
      if (!isUsable) throw error;
    };
    const { reload, taken, untilTaken, untilFault, configuration } = start({ follow });
    reload();
    await untilFault(new RegExp(`^${error.message}$`));
    isUsable = true;
    reload();
    await untilTaken(1);
    expect(taken).toEqual(['192.0.2.1']);
    expect(configuration().fault).toBeNull();
  });

  it('with a fault in each line is told as far as somebody reads it', async () => {
    const { file, reload, configuration } = start();
    writeFileSync(file, `${A}${Array.from({ length: 500 }, (_, i) => `wrong${i} = 1\n`).join('')}`);
    await reload();
    const lines = configuration().fault!.split('\n');
    expect(lines).toHaveLength(10);
    expect(lines[0]).toContain('wrong0');
    expect(lines[9]).toMatch(/wrong9.*; and 490 more: noonmark-gateway check names them all$/);
  });

  it('says what has to wait for a restart, and takes up the rest', async () => {
    const { file, taken, untilTaken, configuration } = start();
    writeFileSync(file, B.replace('gw-1', 'gw-2').concat('[status]\n'));
    await untilTaken(1);
    expect(configuration().needsRestart).toEqual(['gateway.id', 'status.listen']);
    expect(taken).toEqual(['192.0.2.2']);
    writeFileSync(file, A);
    await untilTaken(2);
    expect(configuration().needsRestart).toEqual([]);
  });

  it('is read once at a time: all who ask meanwhile are heard after it, by one more', async () => {
    let [under, most] = [0, 0];
    const begun: string[] = [];
    const follow = async ({ sources }: CoreConfig): Promise<void> => {
      begun.push(sources[0]!.host);
      most = Math.max(most, ++under);
      await looks(2);
      under--;
    };
    const { file, reload, taken } = start({ follow });
    const first = reload();
    await waitFor('a reload', () => begun.length === 1);
    writeFileSync(file, B);
    await Promise.all(Array.from({ length: 1_000 }, () => reload())); // SIGHUP, and again, and again
    await first;
    expect({ most, begun, taken }).toEqual({ most: 1, begun: ['192.0.2.1', '192.0.2.2'], taken: begun });
  });

  it('that names what is not there yet is taken up when it is, though nobody asks and the file stays as it is', async () => {
    const said = watchLog();
    const secret = join(makeTempDir(), 'secret');
    let tries = 0;
    const follow = async (): Promise<void> => {
      tries++;
      readSecret('the secret', secret, 99);
    };
    const { file, untilTaken, untilFault, configuration } = start({ follow });
    writeFileSync(file, B);
    await untilFault(/^cannot read the secret .*: no such file or directory$/);
    await waitFor('more tries', () => tries > 3);
    writeFileSync(secret, '00'.repeat(16), { mode: 0o600 });
    await untilTaken(1);
    expect(configuration()).toEqual({ loadedSecondsAgo: 0, fault: null, needsRestart: [] });
    expect(said()).toEqual([
      `warn: not reloaded: cannot read the secret ${secret}: no such file or directory`,
      `info: reloaded ${file}`,
    ]);
  });

  it('is read no more once it is let go', async () => {
    const { file, taken, close } = start();
    close();
    writeFileSync(file, B);
    await looks(5);
    expect(taken).toEqual([]);
  });
});

/** docs/status.md has each member that a real gateway tells, and none that it does not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Replayed } from '../../../ntp-gateway/status/replayed.ts';
import { askNtp } from '../../support/ask-ntp.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { freePort, freeTcpPort } from '../../support/free-port.ts';
import { type GatewayProcess, runGateway, startGateway, untilSynchronized } from '../../support/gateway.ts';
import { ntsTable } from '../../support/nts-gateway.ts';
import { ROOT } from '../../support/root.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const PAGE = readFileSync(join(ROOT, 'docs/status.md'), 'utf8');

type Row = { readonly paths: readonly string[]; readonly isOptional: boolean };
const rowsOf = (section: string): readonly Row[] => {
  const [, text = ''] = new RegExp(`^## ${section}\n(.*?)(?=^## |$(?![^]))`, 'ms').exec(PAGE) ?? [];
  return [...text.matchAll(/^\| (`.*?`) \| (.*) \|$/gm)].map(([, names = '', means = '']) => ({
    paths: [...names.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path),
    isOptional: means.includes('absent'),
  }));
};

/** Each value of a page by where it is; of lists and of maps all elements have one place. */
const pathsIn = (value: unknown, path = ''): readonly string[] => {
  if (Array.isArray(value)) return [path, ...value.flatMap((one) => pathsIn(one, `${path}[]`))];
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, one]) => pathsIn(one, path ? `${path}.${key}` : key));
  return [path, ...inner];
};

/** `jumps.<reason>` is what `jumps.slept` is of; a table or a list of what is said is said as well. */
const isSaid = (path: string, said: readonly string[]): boolean =>
  said.some((one) => {
    const [map, rest] = one.split('<');
    if (rest !== undefined && path.startsWith(map!)) return true;
    return one === path || one.startsWith(`${path}.`) || one.startsWith(`${path}[]`);
  });

/** Each member that is told has a row, and is told where its row does not say when it is absent. */
const expectSaid = (section: string, page: unknown): void => {
  const rows = rowsOf(section);
  const told = [...new Set(pathsIn(page))].filter((path) => path !== '' && path !== '[]');
  const said = rows.flatMap(({ paths }) => paths);
  expect(told.filter((path) => !isSaid(path, said))).toEqual([]);

  const always = rows.filter(({ isOptional }) => !isOptional).flatMap(({ paths }) => paths);
  expect(always.length).toBeGreaterThan(2);
  const isTold = (path: string): boolean => told.includes(path.replace(/\.<\w+>$/, '').replace(/\[\]$/, ''));
  expect(always.filter((path) => !isTold(path))).toEqual([]);
};

describe.skipIf(!hasChronyd)('docs/status.md', () => {
  const keep = stopAfterAll();
  let gateway: GatewayProcess;
  const recording = join(makeTempDir(), 'run.jsonl');
  beforeAll(async () => {
    const [nts, pull] = [await freeTcpPort(), await freeTcpPort()];
    gateway = await keep(
      startGateway({
        sources: [await keep(startChronyd())],
        referenceClocks: [{ sock: join(makeTempDir(), 'clock'), uncertainty: '1ms', noselect: true }],
        publish: [`http://127.0.0.1:${await freeTcpPort()}`],
        pullUrl: `http://127.0.0.1:${pull}`,
        server: {
          nts: ntsTable(`127.0.0.1:${nts}`, makeCertificate({ names: ['127.0.0.1'] })),
          pull: { listen: [`127.0.0.1:${pull}`] },
          roughtime: { listen: [`127.0.0.1:${await freePort()}`] },
        },
        leapFile: '/usr/share/zoneinfo/none',
        record: recording,
      }),
    );
    await untilSynchronized(gateway);
    await askNtp(gateway.ntpPort);
  });

  it.each(['status', 'sources', 'clients'] as const)('is what is told: %s', async (section) => {
    expectSaid(section, await gateway[section]());
  });

  it.each<[section: string, code: number, args: (config: string) => readonly string[]]>([
    ['waitsync', 0, () => ['waitsync', '--state-dir', gateway.stateDir]],
    ['keys', 0, (config) => ['keys', '--config', config]],
    ['rotate-key', 1, (config) => ['rotate-key', '--config', config]], // nobody is at home at its edge
    ['rotate-key', 1, (config) => ['revoke-key', '--yes', '--config', config]],
  ])('is what is told: %s', async (section, code, args) => {
    const ran = await runGateway(...args(join(gateway.stateDir, 'noonmark.toml')), '--json');
    expect(ran.code).toBe(code);
    expectSaid(section, JSON.parse(ran.stdout));
  });

  it('is what is told: replay', async () => {
    await gateway.stop();
    const ran = await runGateway('replay', recording, '--json');
    expect(ran.code).toBe(0);
    const { status: _, sources: __, ...others } = JSON.parse(ran.stdout) as Replayed;
    expectSaid('replay', { ...others, status: 0, sources: 0 });
  });
});

/** The unit in systemd/: what systemd itself says of it, and whether the gateway needs no system call that it forbids. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askNtp } from '../../support/ask-ntp.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { type Ran, runChild, startChild } from '../../support/child.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { freePort, freeTcpPort } from '../../support/free-port.ts';
import { startGateway } from '../../support/gateway.ts';
import { ntsTable } from '../../support/nts-gateway.ts';
import { findSystemdAnalyze, required, systemdEnvironment } from '../../support/peers.ts';
import { NODE, ROOT } from '../../support/root.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const UNIT = 'noonmark-gateway.service';
const DROP_IN = `${UNIT}.d`;
const hasSystemd = findSystemdAnalyze() !== undefined;
/** Containers often forbid it. */
const hasStrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

const analyze = (...args: readonly string[]): Promise<Ran> =>
  runChild(required(findSystemdAnalyze()), args, { env: systemdEnvironment() });

/** As it is installed, but for its program, which is not there. */
const unitIn = (folder: string, more = ''): string => {
  const path = join(folder, UNIT);
  const text = readFileSync(join(ROOT, 'systemd', UNIT), 'utf8');
  expect(text).toContain('\nExecStart=noonmark-gateway run ');
  writeFileSync(path, text.replace('ExecStart=noonmark-gateway', `ExecStart=${NODE}`) + more);
  return path;
};
const withDropIn = (folder: string): string => {
  cpSync(join(ROOT, 'systemd', DROP_IN), join(folder, DROP_IN), { recursive: true });
  return unitIn(folder);
};

describe.skipIf(!hasSystemd)('the unit', () => {
  it.each([
    ['alone', unitIn],
    ['with the right to set the clock', withDropIn],
  ])('is one without a fault, and gives little away: %s', async (_, make) => {
    const unit = make(makeTempDir());
    expect(await analyze('verify', unit)).toEqual({ code: 0, stdout: '', stderr: '' });
    const { code, stdout } = await analyze('security', '--offline=yes', '--threshold=29', unit); // tenths
    expect(stdout).toContain('Overall exposure level for noonmark-gateway.service: ');
    expect(code).toBe(0);
  });

  it('would be found fault with', async () => {
    const { stderr } = await analyze('verify', unitIn(makeTempDir(), 'Foo=bar\n'));
    expect(stderr).toContain("Unknown key 'Foo'");
  });
});

const setOf = async (name: string): Promise<Set<string>> => {
  const { stdout } = await analyze('syscall-filter', name);
  const members = stdout.split('\n').map((line) => line.trim());
  const calls = members.filter((word) => /^[a-z_]\w*$/.test(word));
  const inner = members.filter((word) => word.startsWith('@') && word !== name);
  return new Set([...calls, ...(await Promise.all(inner.map(setOf))).flatMap((one) => [...one])]);
};

/** What its lines of SystemCallFilter come to, one after the other: systemd.exec(5). */
const allowedBy = async (unit: string): Promise<Set<string>> => {
  let allowed = new Set<string>();
  for (const [, without, names = ''] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const name of names.split(' ')) {
      const named = await setOf(name);
      allowed = new Set(without ? [...allowed].filter((call) => !named.has(call)) : [...allowed, ...named]);
    }
  }
  return allowed;
};

describe.skipIf(!hasSystemd || !hasStrace || !hasChronyd)('what the unit allows', () => {
  const keep = stopAfterAll();

  it('is all that a gateway asks of the system, with every thread of it', async () => {
    const allowed = await allowedBy(readFileSync(join(ROOT, 'systemd', UNIT), 'utf8'));
    expect(allowed).toContain('recvmmsg');
    expect(allowed).not.toContain('clock_settime');
    expect(allowed).not.toContain('mount');

    const calls = join(makeTempDir(), 'calls');
    const others = [...allowed].map((name) => `?${name}`).join(','); // ?: not every machine has each
    const traced = ['-D', '-f', '-qq', '-o', calls, '--seccomp-bpf', '-e', `trace=!${others}`];
    const server = {
      nts: ntsTable(`127.0.0.1:${await freeTcpPort()}`, makeCertificate({ names: ['127.0.0.1'] })),
      roughtime: { listen: [`127.0.0.1:${await freePort()}`] },
    };
    const gateway = await keep(
      startGateway({
        sources: [await keep(startChronyd())],
        publish: [`http://127.0.0.1:${await freeTcpPort()}`],
        server,
        start: (node, args = []) => startChild('strace', [...traced, node, ...args]),
      }),
    );
    await waitFor('a reply', () => askNtp(gateway.ntpPort));
    await waitFor('a post', async () => (await gateway.status()).publish[0]?.outcome === 'unreachable');
    const forbidden = readFileSync(calls, 'utf8').split('\n').filter(Boolean);
    expect(forbidden.filter((line) => !/^\d+ +(---|\+\+\+)/.test(line))).toEqual([]);
  });
});

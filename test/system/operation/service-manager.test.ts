/** What systemd hears of a gateway, from start to end; and that a gateway which stands still is no longer heard of. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bindUnixDatagrams, type UnixDatagrams } from '#native/unix-datagram.ts';
import { startChild } from '../../support/child.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { startGateway } from '../../support/gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

/** All that has been heard so far. */
const hearing = (socket: UnixDatagrams) => {
  const heard: string[] = [];
  return (): readonly string[] => {
    for (let one = socket.receive(1_000); one; one = socket.receive(1_000)) heard.push(Buffer.from(one).toString());
    return heard;
  };
};

describe.skipIf(!hasChronyd)('the service manager', () => {
  const keep = stopAfterAll();

  it('hears that the gateway serves, how it stands, that it ticks, reloads and stops', async () => {
    const path = join(makeTempDir(), 'notify');
    const heard = hearing(bindUnixDatagrams(path, 0o600));
    const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '30000000' };
    const upstream = await keep(startChronyd());
    const gateway = await keep(
      startGateway({ sources: [upstream], start: (node, args) => startChild(node, args, { env }) }),
    );
    expect(heard()[0]).toMatch(/^READY=1\nSTATUS=(not )?synchronized$/);
    await waitFor('its state', () => heard().some((one) => /STATUS=synchronized$/.test(one)));
    await waitFor('its ticks', () => heard().filter((one) => one === 'WATCHDOG=1').length > 2);

    const ofReload = () =>
      heard()
        .slice(1)
        .filter((one) => /RELOADING|READY/.test(one));
    process.kill(gateway.child.pid, 'SIGHUP');
    await waitFor('a reload', () => ofReload().length === 2);
    appendFileSync(join(gateway.stateDir, 'noonmark.toml'), 'no toml');
    process.kill(gateway.child.pid, 'SIGHUP');
    await waitFor('one that is refused', () => ofReload().length === 4);
    const asked = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/;
    const reload = [expect.stringMatching(asked), 'READY=1'];
    expect(ofReload()).toEqual([...reload, ...reload]);
    const [at = 0, next = 0] = [0, 2].map((index) => Number(asked.exec(ofReload()[index]!)![1]));
    expect(at).toBeLessThan(next);
    expect(next).toBeLessThan(Number(process.hrtime.bigint() / 1_000n));

    process.kill(gateway.child.pid, 'SIGSTOP');
    const isStopped = () => /^State:\s+T/m.test(readFileSync(`/proc/${gateway.child.pid}/status`, 'latin1'));
    await waitFor('it to stand still', isStopped);
    const before = heard().length;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(heard()).toHaveLength(before);
    process.kill(gateway.child.pid, 'SIGCONT');
    await waitFor('a tick', () => heard().length > before);

    await gateway.stop();
    expect(heard().at(-1)).toBe('STOPPING=1');
  });
});

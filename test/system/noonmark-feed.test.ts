/** `noonmark feed` from end to end: NTP, gateway, edge, HTTP, SOCK, and a real chronyd that is told the shift. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyId } from '#contract/jws.ts';
import { askChronyd } from '../support/chronyc.ts';
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { startTestEdge } from '../support/edge.ts';
import { makeGatewayState, startGateway } from '../support/gateway.ts';
import { runNoonmark, startNoonmark, startToldEdge } from '../support/noonmark.ts';
import { hasNtpdRs, startNtpdRsWithSock } from '../support/ntpd-rs.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { untilSaid } from '../support/until-said.ts';
import { waitFor } from '../support/wait-for.ts';

const SHIFT_S = 2.5;
/** Three samples, of which a busy chronyd may miss some; the seventh to come is there after 31 s. */
const UNTIL_TRACKING_MS = 60_000;
const keep = stopAfterAll();

describe.skipIf(!hasChronyd || process.platform !== 'linux')('noonmark feed', () => {
  it(
    'has chronyd follow true time, also after chronyd was started anew',
    async () => {
      const { stateDir, x } = await makeGatewayState();
      const upstream = await keep(startChronyd({ shiftSeconds: SHIFT_S }));
      const edge = await keep(startTestEdge(x, { vars: { MAX_UNCERTAINTY_MS: '5000' } }));
      await keep(startGateway({ stateDir, sources: [upstream], publish: [edge.url] }));
      await waitFor('a signed answer', async () => (await fetch(`${edge.url}/time?format=jws`)).ok);

      const folder = makeTempDir();
      const [sock, control] = [join(folder, 'noonmark.sock'), join(folder, 'control.sock')];
      const feeder = await keep(
        startNoonmark(['feed', '--sock', sock, '--url', edge.url, '--gateway-key', await keyId(x)]),
      );
      await untilSaid(feeder, /ENOENT: no time daemon has made it yet/);
      const [, line = ''] = await untilSaid(feeder, /^for chrony\.conf, by what is known now: (refclock .*)$/m);
      expect(line).toContain(`refclock SOCK ${sock} `);

      const started = () =>
        startChronyd({
          config: [line.replace('poll 4', 'poll 0'), `bindcmdaddress ${control}`],
        });
      /** In s, and by how much chronyd itself says that it may be off. */
      const untilTracking = () =>
        waitFor(
          'chronyd to follow',
          async () => {
            const text = await askChronyd(control, 'tracking').catch(() => '');
            const [, seconds, side] = /^System time +: ([\d.]+) seconds (slow|fast) of NTP time$/m.exec(text) ?? [];
            const read = (name: string) => Number(new RegExp(`^${name} +: ([\\d.]+) seconds$`, 'm').exec(text)?.[1]);
            if (!text.includes('(NOON)') || !seconds) return undefined;
            const bound = read('Root delay') / 2 + read('Root dispersion');
            return { offset: Number(seconds) * (side === 'slow' ? 1 : -1), bound };
          },
          UNTIL_TRACKING_MS,
        );

      {
        await using _ = await started();
        const { offset, bound } = await untilTracking();
        expect(Math.abs(offset - SHIFT_S)).toBeLessThan(bound);
      }
      await using _ = await started();
      const { offset, bound } = await untilTracking();
      expect(Math.abs(offset - SHIFT_S)).toBeLessThan(bound);
    },
    3 * UNTIL_TRACKING_MS,
  );

  it.skipIf(!hasNtpdRs)('is heard by ntpd-rs', async () => {
    await using edge = await startToldEdge(SHIFT_S * 1e3);
    const sock = join(makeTempDir(), 'noonmark.sock');
    await using ntpd = await startNtpdRsWithSock(sock);
    await using feeder = await startNoonmark(['feed', '--sock', sock, '--url', edge.url, '--json']);
    const [, offset] = await untilSaid(ntpd, /received SockSample \{ offset: ([\d.]+), pulse: 0, leap: 0/);
    const [first = ''] = await untilSaid(feeder, /^.*"fault":null\}$/m);
    const { offsetMs, uncertaintyMs } = JSON.parse(first) as Record<string, number>;
    expect(Math.abs(Number(offset) * 1e3 - offsetMs!)).toBeLessThan(0.001);
    expect(Math.abs(offsetMs! - SHIFT_S * 1e3)).toBeLessThan(uncertaintyMs!);
  });

  it.each([
    ['no socket', []],
    ['a path that is too long', ['--sock', `/${'x'.repeat(107)}`]],
  ])('ends with 2 for %s', async (_what, args) => {
    const { code } = await runNoonmark(['feed', '--url', 'http://127.0.0.1:9', ...args]);
    expect(code).toBe(2);
  });
});

/** `--watch`, on a terminal and without one. */
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { freeUdpPort } from '../../support/free-port.ts';
import { type GatewayProcess, runGateway, startGateway } from '../../support/gateway.ts';
import { NODE, ROOT } from '../../support/root.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { hasTerminal, startOnTerminal } from '../../support/terminal.ts';
import { waitFor } from '../../support/wait-for.ts';

const MAIN = join(ROOT, 'ntp-gateway/main.ts');
const keep = stopAfterAll();
let gateway: GatewayProcess;
const start = async (): Promise<GatewayProcess> => {
  const { stateDir } = gateway ?? {};
  return keep(startGateway({ sources: [{ port: await freeUdpPort() }], ...(stateDir && { stateDir }) }));
};
beforeAll(async () => {
  gateway = await start();
});

describe.skipIf(!hasTerminal)('--watch', () => {
  it.each(['\x03', 'q'])('draws in place, outlasts the daemon, and leaves the terminal as it was: %j', async (key) => {
    const watch = await startOnTerminal(NODE, MAIN, 'sources', '--watch', '--state-dir', gateway.stateDir);
    await keep(Promise.resolve(watch));
    const frames = () => watch.said.stdout.split('\x1b[H').slice(1);
    const shows = (text: RegExp) => waitFor(`${text}`, () => text.test(frames().at(-1) ?? ''));
    await shows(/^noonmark-gateway sources, each second/);
    await gateway.stop();
    await shows(/^NO ANSWER: no gateway answers in\b.*source +state.*127\.0\.0\.1:\d+ +(waiting|unreachable)/s);
    gateway = await start();
    await shows(/^noonmark-gateway sources.*127\.0\.0\.1:\d+ +(waiting|unreachable)/s);
    for (const frame of frames()) {
      const lines = frame.split('\n').map((line) => stripVTControlCharacters(line).trim());
      expect(lines.length).toBeLessThanOrEqual(8);
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(60);
    }

    watch.stdin.write(key);
    expect(await watch.ended).toBe(0);
    const [, drawn = '', after = ''] = watch.said.stdout.split(/(?<=1049[hl])/);
    expect(drawn.startsWith('\x1b[?25l\x1b[H')).toBe(true);
    expect(drawn.endsWith('\x1b[?25h\x1b[?1049l')).toBe(true);
    expect(after).toMatch(/ icanon .* echo /s); // as `stty -a` says it
  });
});

describe('--watch', () => {
  it('is for a terminal', async () => {
    const stderr = 'noonmark-gateway: --watch is for a terminal; elsewhere ask again, with --json\n';
    const asked = await runGateway('status', '--watch', '--state-dir', gateway.stateDir);
    expect(asked).toEqual({ code: 2, stdout: '', stderr });
  });

  it('is not for programs', async () => {
    const { code, stderr } = await runGateway('status', '--watch', '--json', '--state-dir', gateway.stateDir);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: option '--watch' cannot be used with option '--json'\n/);
  });
});

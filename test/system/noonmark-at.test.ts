/** `noonmark at` against an edge in workerd that is an hour ahead of this host. */
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { EDGE_JWK } from '../contract/example.ts';
import { type Child, type Ran, runChild } from '../support/child.ts';
import { hostMs, startTestEdge } from '../support/edge.ts';
import { freeTcpPort } from '../support/free-port.ts';
import { NOONMARK, runNoonmark, startNoonmark, startToldEdge } from '../support/noonmark.ts';
import { NODE } from '../support/root.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { untilSaid } from '../support/until-said.ts';

const HOUR_MS = 3_600_000;
const keep = stopAfterAll();
const trueMs = () => hostMs() + HOUR_MS;
const dateOf = (unixMs: number) => new Date(unixMs).toISOString();
const eventsOf = (stderr: string) =>
  stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

let url: string;
beforeAll(async () => {
  url = (await keep(startToldEdge(HOUR_MS))).url;
});

const at = (...args: readonly string[]) => runNoonmark(['at', '--url', url, ...args]);
/** Prints this host's time. */
const DATE = ['date', '+%s.%N'];

describe('noonmark at', () => {
  it('runs a command when true time has certainly come, and says how late that is', async () => {
    const run = async (leadMs: number): Promise<Ran & { readonly moment: number }> => {
      const moment = Math.ceil(trueMs()) + leadMs;
      const ran = await at('--json', dateOf(moment), '--', ...DATE);
      return ran.stderr.includes('"late"') ? run(2 * leadMs) : { ...ran, moment }; // a busy machine
    };
    const { code, stdout, stderr, moment } = await run(8_000);
    expect(code, stderr).toBe(0);
    const [waits, started] = eventsOf(stderr);
    expect(waits).toMatchObject({ event: 'waits', at: dateOf(moment) });
    expect(started).toMatchObject({ event: 'started' });
    const ranAt = Number(stdout) * 1e3 + HOUR_MS;
    expect(ranAt).toBeGreaterThan(moment);
    expect(ranAt).toBeGreaterThan(moment + Number(started?.earliestMs));
  });

  it('says so in words, hands input and output on, and ends as the command does', async () => {
    const { code, stdout, stderr } = await runNoonmark(
      ['at', '+1.5s', '--', 'sh', '-c', 'read line; echo "$line, $1"; exit 7', 'sh', '--json'],
      { env: { NOONMARK_URL: url }, input: 'hello\n' },
    );
    expect(code).toBe(7);
    expect(stdout).toBe('hello, --json\n');
    expect(stderr).toMatch(
      /^noonmark: starts at 20\S+Z, in [\d.]+ s, or within [\d.]+ m?s after that\nnoonmark: started [\d.]+ ms to [\d.]+ m?s after it\n$/,
    );
  });

  const pidOf = async (child: Child) => Number((await untilSaid(child, /^up (\d+)$/m))[1]);

  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on, and ends when the command does', async (signal) => {
    const trap = 'trap "exit 9" TERM INT; echo up $$; while :; do sleep 0.05; done';
    await using child = await startNoonmark(['at', '--url', url, '+1s', '--', 'sh', '-c', trap]);
    await pidOf(child);
    process.kill(child.pid, signal);
    expect(await child.ended).toBe(9);
  });

  it('says as a shell does which signal ended the command', async () => {
    await using child = await startNoonmark(['at', '--url', url, '+1s', '--', 'sh', '-c', 'echo up $$; exec sleep 60']);
    process.kill(await pidOf(child), 'SIGKILL');
    expect(await child.ended).toBe(128 + 9);
  });

  it('runs nothing if a signal comes before the moment does', async () => {
    await using child = await startNoonmark(['at', '--url', url, '+60s', '--', 'echo', 'ran']);
    await untilSaid(child, /starts at/);
    process.kill(child.pid, 'SIGTERM');
    expect(await child.ended).toBeNull();
    expect(child.said.stdout).toBe('');
  });

  it.each([
    ['no such program', 127, ['no-such-program-at-all']],
    ['what may not be run', 126, ['./README.md']],
  ])('ends as a shell would for %s', async (_what, exit, command) => {
    const { code, stderr } = await at('+1s', '--', ...command);
    expect(code).toBe(exit);
    expect(stderr).toContain('there is no such program, or it may not be run\n');
  });

  it.each([
    ['no-such-program-at-all', 127],
    ['./README.md', 126],
  ])('says at once that %s cannot be run, and asks nobody', async (program, exit) => {
    const { code, stderr } = await runNoonmark(['at', '--url', 'http://127.0.0.1:1', '+60m', '--', program]);
    expect(stderr).toBe(`noonmark: ${program}: there is no such program, or it may not be run\n`);
    expect(code).toBe(exit);
  });

  it.skipIf(!existsSync('/dev/full'))('ends as the command does also where nothing can be said', async () => {
    const shell = '"$0" "$1" at --url "$2" +0s -- sh -c "echo ran; exit 7" 2> /dev/full';
    const { code, stdout } = await runChild('sh', ['-c', shell, NODE, NOONMARK, url]);
    expect({ code, stdout }).toEqual({ code: 7, stdout: 'ran\n' });
  });

  it('refuses a moment that is over by true time, whatever this host’s clock says', async () => {
    const { code, stdout, stderr } = await at(dateOf(trueMs() - 60_000), '--', 'echo', 'ran');
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^noonmark: that moment came 6\d(\.\d)? s ago\n$/);
  });

  it.each([
    ['a moment that is none', ['noon', '--', 'echo']],
    ['no command', ['+1s', '--']],
    ['a command that is not set apart', ['+1s', 'sh', '-c', 'echo ran']],
    ['no edge', ['--url', '', '+1s', '--', 'echo']],
  ])('ends with 2 for %s', async (_what, args) => {
    const { code, stdout } = await at(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
  });

  it('ends with 3 where there is no edge, or one without time', async () => {
    await using untold = await startTestEdge(EDGE_JWK.x);
    const nowhere = `http://127.0.0.1:${await freeTcpPort()}`;
    for (const [edge, refusal] of [
      [untold.url, { reason: 'no-time' }],
      [nowhere, { reason: 'unreachable', detail: 'ECONNREFUSED' }],
    ] as const) {
      const { code, stderr } = await runNoonmark(['at', '--url', edge, '--json', '+1s', '--', 'echo']);
      expect(eventsOf(stderr)).toEqual([{ event: 'refused', ...refusal }]);
      expect(code).toBe(3);
    }
  });
});

/** `noonmark stamp` against two edges in workerd that are as far ahead of this host. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runChild } from '../support/child.ts';
import { hostMs } from '../support/edge.ts';
import { freeTcpPort } from '../support/free-port.ts';
import { NOONMARK, runNoonmark, startNoonmark, startToldEdge } from '../support/noonmark.ts';
import { NODE, ROOT } from '../support/root.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { untilSaid } from '../support/until-said.ts';
import { waitFor } from '../support/wait-for.ts';

const HOUR_MS = 3_600_000;
const keep = stopAfterAll();
const trueMs = () => hostMs() + HOUR_MS;

let url: string;
beforeAll(async () => {
  url = (await keep(startToldEdge(HOUR_MS))).url;
});

const startStamp = (...args: readonly string[]) => startNoonmark(['stamp', '--url', url, ...args]);
/** Of the command line that a person would have, in bash. */
const runShell = (text: string, cwd: string) => runChild('bash', ['-c', text, NODE, NOONMARK, url], { cwd });
const STAMPED = /^(\S{27}) (\S{27}) (.*)$/m;

describe('noonmark stamp', () => {
  it('writes each line at once, within true time', async () => {
    await using child = await startStamp();
    for (const line of ['one', 'two', 'three']) {
      const before = trueMs();
      child.stdin.write(`${line}\n`);
      const [, earliest = '', latest = ''] = await untilSaid(child, new RegExp(`^(\\S{27}) (\\S{27}) ${line}$`, 'm'));
      const after = trueMs();
      expect(Date.parse(earliest)).toBeLessThanOrEqual(after);
      expect(Date.parse(latest) + 1).toBeGreaterThanOrEqual(before); // Date.parse leaves the µs out
    }
    child.stdin.end();
    expect(await child.ended).toBe(0);
    expect(child.said.stderr).toBe('');
  });

  it('passes octets through as they are', async () => {
    const folder = makeTempDir();
    const octets = Buffer.concat([randomBytes(300_000), Buffer.from('\nthe end')]);
    writeFileSync(join(folder, 'in'), octets);
    const shell = '"$0" "$1" stamp --url "$2" < in > out && cut -b 57- out | head -c -1 > back && cmp in back';
    const ran = await runShell(shell, folder);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
  });

  it('ends quietly when nobody reads any more', async () => {
    const shell = 'yes | { "$0" "$1" stamp --url "$2"; echo "exit $?" >&2; } | head -n 2';
    const { stdout, stderr } = await runShell(shell, ROOT);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => STAMPED.exec(line)?.[3])).toEqual(['y', 'y']);
    expect(stderr).toBe('exit 0\n');
  });

  it('writes JSON on demand', async () => {
    const { stdout } = await runNoonmark(['stamp', '--url', url, '--json'], { input: 'a\nb' });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ line }) => line)).toEqual(['a', 'b']);
    expect(Object.keys(lines[0] ?? {})).toEqual(['earliest', 'latest', 'line']);
  });

  it.each([
    ['no edge', 3, async () => ['--url', `http://127.0.0.1:${await freeTcpPort()}`]],
    ['wrong use', 2, async () => ['--url', url, 'a.log']],
    ['no log to merge', 2, async () => ['--merge']],
    ['a file that is not there', 2, async () => ['--merge', 'no-such.log']],
    ['a file that was not stamped', 1, async () => ['--merge', 'README.md']],
  ])('says what is wrong of %s, and takes no input', async (_what, exit, args) => {
    const { code, stdout, stderr } = await runNoonmark(['stamp', ...(await args())], { input: 'a\n' });
    expect(code).toBe(exit);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^(noonmark|error): \P{Cc}+\n$/u);
  });
});

describe('noonmark stamp --merge', () => {
  it('puts what two hosts stamped into one order, and says where it is certain', async () => {
    await using a = await startStamp();
    await using b = await startStamp();
    const write = async (child: typeof a, line: string) => {
      child.stdin.write(`${line}\n`);
      const [, earliest = '', latest = ''] = await untilSaid(child, new RegExp(`^(\\S+) (\\S+) ${line}$`, 'm'));
      return { latest: Date.parse(latest), width: Date.parse(latest) - Date.parse(earliest) };
    };
    /** Later than a line by more than is unknown: three times as much, since the other host may know it less well. */
    const untilAfter = ({ latest, width }: Awaited<ReturnType<typeof write>>) =>
      waitFor('true time to go on', () => trueMs() > latest + 3 * width + 1);
    await write(a, 'a1');
    await untilAfter(await write(b, 'b1'));
    await write(a, 'a2');
    await untilAfter(await write(a, 'a3'));
    await write(b, 'b2');
    const folder = makeTempDir();
    writeFileSync(join(folder, 'a.log'), a.said.stdout);
    writeFileSync(join(folder, 'b.log'), b.said.stdout);

    const { code, stdout } = await runNoonmark(['stamp', '--merge', 'a.log', 'b.log'], { cwd: folder });
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/ \S{27} \S{27} /, ' '));
    expect(lines.slice(-3)).toEqual(['< a.log a2', '< a.log a3', '< b.log b2']);
    expect(lines[0]).toMatch(/^< /);
    expect(
      lines
        .slice(0, 2)
        .map((line) => line.slice(-2))
        .sort(),
    ).toEqual(['a1', 'b1']);

    const inJson = await runNoonmark(['stamp', '--merge', '--json', 'a.log', 'b.log'], { cwd: folder });
    const last = JSON.parse(inJson.stdout.trimEnd().split('\n').at(-1) ?? '') as object;
    expect(last).toMatchObject({ certain: true, log: 'b.log', line: 'b2' });
  });
});

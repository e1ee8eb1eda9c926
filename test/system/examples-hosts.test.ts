/** examples/log-order.sh and examples/job-on-hosts.sh, with a host whose clock is 2 s slow. */
import { createWriteStream, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDuration } from '#contract/units.ts';
import { CLOCK_BOOTTIME, CLOCK_REALTIME, openClock } from '#native/clocks.ts';
import { type Ran, runChild, startChild } from '../support/child.ts';
import { hostMs } from '../support/edge.ts';
import { startToldEdge } from '../support/noonmark.ts';
import { findLibfaketime } from '../support/peers.ts';
import { pretendHosts } from '../support/pretended-hosts.ts';
import { readmeBlock, shapeOf } from '../support/readme-block.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';

const keep = stopAfterAll();
const CLOCKS = { 'api-1': '', 'api-2': '-2s', 'api-3': '' };
type Host = keyof typeof CLOCKS;
/** In whichever order, and certain of it or not. */
const shapes = (lines: readonly string[]) => lines.map((line) => shapeOf(line.replace(/^[<~] /, ''))).sort();
const onPage = (block: string) => shapes(readmeBlock('docs/openstack.md', block).split('\n'));

describe.skipIf(!findLibfaketime())('on hosts of which one is 2 s slow', () => {
  let url: string;
  beforeAll(async () => {
    url = (await keep(startToldEdge(0))).url;
  });

  it('examples/log-order.sh puts into one order what depends on each other', async () => {
    const [pipes, logs] = [makeTempDir(), makeTempDir()];
    const hosts = ['api-1', 'api-2'] as const;
    await runChild('mkfifo', [...hosts], { cwd: pipes });
    const journalctl = `exec cat '${pipes}'/$HOST`;
    await using script = await startChild('sh', ['examples/log-order.sh', '50', 'nova-api', ...hosts], {
      env: { NOONMARK_URL: url, TMPDIR: logs, ...pretendHosts(CLOCKS, { journalctl }) },
    });
    const pipeOf = {
      'api-1': createWriteStream(join(pipes, 'api-1')),
      'api-2': createWriteStream(join(pipes, 'api-2')),
    };

    /** Each line begins with the time by its host's own clock. @returns until when it may have come, at most. */
    const log = async (host: (typeof hosts)[number], text: string) => {
      const clock = new Date(hostMs() - (host === 'api-2' ? 2_000 : 0)).toISOString().slice(11, 23);
      pipeOf[host].write(`${clock} ${text}\n`);
      const [earliest = '', latest = ''] = await waitFor(`"${text}" with a stamp`, async () => {
        const stamped = globSync(`*/${host}`, { cwd: logs }).map((file) => readFileSync(join(logs, file), 'utf8'));
        return stamped[0]
          ?.split('\n')
          .find((line) => line.endsWith(text))
          ?.split(' ');
      });
      return { latest: Date.parse(latest), width: Date.parse(latest) - Date.parse(earliest) };
    };
    const untilAfter = ({ latest, width }: Awaited<ReturnType<typeof log>>) =>
      waitFor('true time to go on', () => hostMs() > latest + 3 * width + 1);
    await Promise.all(hosts.map((host) => log(host, 'up'))); // until then lines wait, and are stamped late
    await untilAfter(await log('api-1', 'request 1 sent'));
    await untilAfter(await log('api-2', 'request 1 received'));
    await untilAfter(await log('api-2', 'answer 1 sent'));
    await untilAfter(await log('api-1', 'answer 1 received'));
    await Promise.all([log('api-1', 'tick'), log('api-2', 'tick')]);
    for (const pipe of Object.values(pipeOf)) pipe.end();

    expect(await script.ended, script.said.stderr).toBe(0);
    const lines = script.said.stdout.trimEnd().split('\n');
    const withoutTimes = lines.map((line) => line.replace(/\d\S+Z \S+Z \S+ /, ''));
    expect(withoutTimes.slice(2, 6)).toEqual([
      expect.stringMatching(/^[<~] api-1 request 1 sent$/), // it may be as early as what came before
      '< api-2 request 1 received',
      '< api-2 answer 1 sent',
      '< api-1 answer 1 received',
    ]);
    const together = (from: number, to?: number) =>
      withoutTimes
        .slice(from, to)
        .map((line) => line.slice(2))
        .sort();
    expect(together(0, 2)).toEqual(['api-1 up', 'api-2 up']);
    expect(together(6)).toEqual(['api-1 tick', 'api-2 tick']);
    expect(shapes(lines.slice(2))).toEqual(onPage('log-order'));
  });

  it('examples/job-on-hosts.sh starts a job on all within the sum of their bounds, and nowhere early', async () => {
    /** Prints when the kernel made its process, in hundredths of a second since it booted. */
    const env = { NOONMARK_URL: url, ...pretendHosts(CLOCKS, { job: "cut -d ' ' -f 22 /proc/$$/stat" }) };
    const run = async (leadMs: number): Promise<Ran & { readonly moment: number }> => {
      const moment = Math.ceil(hostMs() + leadMs);
      const args = ['examples/job-on-hosts.sh', new Date(moment).toISOString(), 'job', ...Object.keys(CLOCKS)];
      const ran = await runChild('sh', args, { env, withinMs: leadMs + 30_000 });
      return ran.stdout.includes('that moment came') ? run(leadMs * 2) : { ...ran, moment }; // a busy machine
    };
    const { code, stdout, stderr, moment } = await run(8_000);
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    expect(shapes(stdout.trimEnd().split('\n'))).toEqual(expect.arrayContaining(onPage('job-on-hosts')));

    const bootMs = Number((openClock(CLOCK_REALTIME)!() - openClock(CLOCK_BOOTTIME)!()) / 1_000n) / 1e3;
    const TICK_MS = 10;
    const started = (Object.keys(CLOCKS) as Host[]).map((host) => {
      const said = new RegExp(`^${host}: (\\d+)$`, 'm').exec(stdout)?.[1];
      const [, from, to] = new RegExp(`^${host}: noonmark: started (.+) to (.+) after it$`, 'm').exec(stdout) ?? [];
      const lengthOf = (text = '') => parseDuration(text.replace(' ', ''))! / 1e6;
      return {
        late: Number(said) * TICK_MS + bootMs - moment,
        least: lengthOf(from) * 0.99,
        most: lengthOf(to) * 1.01,
      };
    });
    for (const { late, least, most } of started) {
      expect(late + TICK_MS).toBeGreaterThan(least);
      expect(late).toBeLessThan(most);
      for (const other of started) expect(Math.abs(other.late - late)).toBeLessThan(other.most + most + TICK_MS);
    }
  });
});

it.each([
  ['log-order.sh', '1', 'nova-api'],
  ['job-on-hosts.sh', '+1s', 'true'],
])('examples/%s says by its exit code that a host was not reached', async (script, ...args) => {
  const env = { NOONMARK_URL: 'http://127.0.0.1:1', ...pretendHosts(CLOCKS, {}) };
  expect(await runChild('sh', [`examples/${script}`, ...args, 'nobody'], { env })).toMatchObject({
    code: 1,
    stdout: '',
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { flushLog, log, setLogFormat } from '../../../ntp-gateway/io/log.ts';
import { runChild } from '../../support/child.ts';
import { logLines, watchStderr } from '../../support/log-lines.ts';
import { NODE, ROOT } from '../../support/root.ts';
import { hasTerminal, startOnTerminal } from '../../support/terminal.ts';

const GOOD = { event: 'synchronization', state: 'synchronized', msg: 'synchronized' } as const;
const BAD = { event: 'publish', level: 'warn', edge: 'https://a.test', msg: 'publish: forked' } as const;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

afterEach(() => {
  flushLog();
  setLogFormat('auto');
});

it('says one line of JSON on stderr: level, time, event, fields, msg', () => {
  const written = watchStderr();
  log(GOOD);
  log(BAD);
  const time = expect.stringMatching(TIME);
  expect(logLines(written())).toEqual([
    { ...GOOD, level: 'info', time },
    { ...BAD, time },
  ]);
});

it('says it to people where it is told to', () => {
  const written = watchStderr();
  setLogFormat('text');
  log(GOOD);
  log(BAD);
  expect(written()).toMatch(/^\[\d{4}-\d\d-\d\dT\S+Z\] INFO: synchronized\n\[\d{4}-\S+Z\] WARN: publish: forked\n$/);
});

it.each(['json', 'text'] as const)('lets nothing stand that moves a cursor or turns letters round: %s', (format) => {
  const written = watchStderr();
  setLogFormat(format);
  const hostile = '\u001b[2J\u009b1A a\r\nb\u2028c\u202ed\u{e0041} \ud800 é µ';
  log({ event: 'publish', edge: hostile, msg: hostile });
  expect(written()).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+\n$/u);
  expect(written()).toContain('é µ');
  expect(written()).toContain('u{1b}[2J');
});

it('is bounded, whoever has had his say in it', () => {
  const written = watchStderr();
  log({ event: 'publish', detail: 'x'.repeat(1e6), msg: 'y'.repeat(1e6) });
  expect(written().length).toBeLessThan(3_000);
});

it('says a state that flaps a few times, and how it stands when it ends', () => {
  const written = watchStderr();
  for (let i = 0; i < 1_000; i++) log({ event: 'publish', edge: 'flaps', msg: `at ${i}` });
  flushLog();
  expect(logLines(written()).map(({ msg }) => msg)).toEqual([
    ...['at 0', 'at 1', 'at 2', 'at 3', 'at 4', 'at 5'],
    'at 999 (changed 994 times within a minute)',
  ]);
});

const programOf = (...statements: readonly string[]): readonly string[] => [
  '--input-type=module',
  '-e',
  ["import { log } from './ntp-gateway/io/log.ts'", ...statements].join(';'),
];
const say = (change: object): string => `log(${JSON.stringify(change)})`;

it('tells the journal how serious a line is', () => {
  // A shell, for only what starts the program knows before it which file its stderr will be.
  const script = 'JOURNAL_STREAM=$(stat -L -c %d:%i /dev/fd/2) exec "$0" "$@"';
  const args = ['-c', script, NODE, ...programOf(say(GOOD), say(BAD))];
  const { stderr } = spawnSync('sh', args, { cwd: ROOT, encoding: 'utf8' });
  expect(stderr).toMatch(/^<6>\{"level":"info".*\n<4>\{"level":"warn".*\n$/);
});

it.skipIf(!hasTerminal)('is text on a terminal', async () => {
  await using child = await startOnTerminal(NODE, ...programOf(say(BAD)));
  await child.ended;
  expect(stripVTControlCharacters(child.said.stdout)).toMatch(/^\[20\S+Z\] WARN: publish: forked\r\n/);
});

it('goes on where nothing can be written, or nobody reads', () => {
  const program = programOf(say(GOOD), `setTimeout(() => { ${say(BAD)}; console.log('alive') }, 100)`);
  for (const stderr of [openSync('/dev/full', 'w'), 'pipe'] as const) {
    const script = stderr === 'pipe' ? 'exec 3>&1; { "$@" 2>&1 >&3; } | true' : '"$@"';
    const { stdout } = spawnSync('bash', ['-c', script, 'bash', NODE, ...program], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', stderr],
    });
    expect(stdout).toBe('alive\n');
  }
});

it('does not wait for a reader that stands still, nor keeps all for it', async () => {
  const flood = `for (let i = 0; i < 9_000; i++) log({ event: 'publish', edge: 'e' + i, msg: 'x'.repeat(500) })`;
  const stays = 'console.log(process.stderr.writableLength); process.exit()';
  const child = spawn(NODE, programOf(flood, stays), { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [length] = await once(child.stdout, 'data'); // and of its stderr nothing is read
  expect(Number(length)).toBeGreaterThan(500_000);
  expect(Number(length)).toBeLessThan(1_050_000);
  child.stderr.resume();
  await once(child, 'close');
});

it('has written a line before the process is killed', async () => {
  const { stderr } = await runChild(NODE, programOf(say(GOOD), `process.kill(process.pid, 'SIGKILL')`));
  expect(logLines(stderr)).toHaveLength(1);
});

/** The command line as a shell meets it, where no edge is asked: usage, help, completion, and what a terminal is told. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runChild } from '../support/child.ts';
import { startFakeEdge } from '../support/fake-edge.ts';
import { NOONMARK, runNoonmark } from '../support/noonmark.ts';
import { NODE } from '../support/root.ts';

const KEY = 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw';
const EDGE = 'https://time.example.org';

describe('wrong use', { concurrent: true }, () => {
  it.each([
    [[], 'Usage: noonmark'],
    [['nothing'], "unknown command 'nothing'"],
    [['time'], 'which edge? Name its URL, or set NOONMARK_URL'],
    [['time', 'time.example.org'], 'an edge is named by its URL, such as https://time.example.org.'],
    [['time', 'ftp://time.example.org'], 'an edge is named by its URL'],
    [['time', EDGE, EDGE], 'too many arguments'],
    [['time', EDGE, '--timeout', '5'], 'a length of time has a unit'],
    [['time', EDGE, '--timeout', '0s'], 'a length of time has a unit'],
    [['time', EDGE, '--timeout', '61m'], 'an hour is the most'],
    [['time', EDGE, '--gateway-key', `../../${KEY.slice(6)}`], 'a key’s id has 43 characters'],
    [['time', EDGE, '--ca', '/nowhere'], 'it cannot be read'],
    [['time', EDGE, '--ca', NOONMARK], 'it holds no certificate in PEM'],
    [['verify', EDGE], "required option '--gateway-key <id>' not specified"],
    [['skew', EDGE, '--warn', '2s'], '--warn is above --crit'],
    [['audit'], "missing required argument 'url'"],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish'],
  ])('%j', async (args, text) => {
    const { code, stdout, stderr } = await runNoonmark(args);
    expect(stderr).toContain(text);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('is an edge in NOONMARK_URL that is no URL', async () => {
    const { code, stderr } = await runNoonmark(['time'], { env: { NOONMARK_URL: 'time.example.org' } });
    expect(stderr).toContain('NOONMARK_URL is invalid. an edge is named by its URL');
    expect(code).toBe(2);
  });
});

const commandsIn = (help: string): readonly string[] =>
  [...(/\nCommands:\n(.*?)\n\n/s.exec(help)?.[1] ?? '').matchAll(/^ {2}(\w+) /gm)].map(([, name = '']) => name);

describe('help', { concurrent: true }, () => {
  it('of each command has an example and, where it asks an edge, its exit codes', async () => {
    const { code, stdout } = await runNoonmark(['--help']);
    expect(code).toBe(0);
    const commands = commandsIn(stdout).filter((name) => name !== 'help');
    expect(commands).toEqual(expect.arrayContaining(['time', 'skew', 'verify', 'audit', 'token', 'completion']));
    for (const name of commands) {
      const help = await runNoonmark([name, '--help']);
      expect(help.code).toBe(0);
      expect(help.stdout, name).toMatch(/^Examples?:\n {2}.*noonmark /m);
      if (help.stdout.includes('--timeout')) expect(help.stdout, name).toMatch(/\bExit codes: /);
    }
  });
});

describe('completion', { concurrent: true }, () => {
  /** What bash offers once it has been told by us. */
  const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
    const { stdout: script } = await runNoonmark(['completion', 'bash']);
    const line = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _noonmark; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { code, stdout, stderr } = await runChild('bash', ['--norc', '-uc', `${script}\n${line}`, 'bash', ...words]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout.trim().split('\n');
  };

  it('in bash offers commands, and then their options', async () => {
    expect(await offered('noonmark', 'ver')).toEqual(['verify']);
    const commands = commandsIn((await runNoonmark(['--help'])).stdout).filter((name) => name !== 'help');
    expect(await offered('noonmark', '')).toEqual(commands);
    expect(await offered('noonmark', 'skew', '--w')).toEqual(['--warn']);
    expect(await offered('noonmark', 'skew', EDGE, '--c')).toEqual(['--ca', '--crit']);
    expect(await offered('noonmark', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await offered('noonmark', 'nothing', '')).toEqual(['']);
  });

  it.each(['zsh', 'fish'])('in %s names every option; the shell can read it, where it is there', async (shell) => {
    const { code, stdout } = await runNoonmark(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['time', 'verify', 'gateway-key', 'crit']) expect(stdout).toContain(word);
    const program = [`/bin/${shell}`, `/usr/bin/${shell}`].find(existsSync);
    if (program) expect(await runChild(program, ['-n', '-c', stdout])).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('on a terminal', { concurrent: true }, () => {
  /** By util-linux's script, whose other end is a terminal. */
  const onTerminal = (args: readonly string[], env: readonly string[] = []) => {
    const line = ['env -u CI -u NO_COLOR', ...env, NODE, NOONMARK, ...args].join(' '); // npm test sets both: no colours
    return runChild('script', ['-qec', line, '/dev/null'], { env: { TERM: 'xterm', NO_PROXY: '*' } });
  };
  const COLOUR = '\x1b[3';

  it('there are colours, unless NO_COLOR is set', async () => {
    await using edge = await startFakeEdge();
    const args = ['verify', edge.origin, '--gateway-key', edge.gatewayKey];
    const here = ['XDG_STATE_HOME=/nowhere'];
    expect((await onTerminal(args, here)).stdout).toContain(COLOUR);
    expect((await onTerminal(args, [...here, 'NO_COLOR=1'])).stdout).not.toContain(COLOUR);
    expect((await runNoonmark(args)).stdout).not.toContain(COLOUR);
  });

  it('it says what it waits for, once that takes more than a second, and takes that back', async () => {
    await using edge = await startFakeEdge({ instead: () => true });
    const args = ['time', edge.origin, '--timeout', '2500ms'];
    const { stdout } = await onTerminal(args);
    expect(stdout).toContain(`\r\x1b[Kasking ${edge.origin}, 1 s`);
    expect(stdout).toContain(`\r\x1b[Knoonmark: ${edge.origin}: timeout: `);
    expect((await runNoonmark(args)).stderr).not.toContain('asking');
  });
});

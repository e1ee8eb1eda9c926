/** The command line as a shell meets it, where no edge is asked: usage, help, completion, and what a terminal is told. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { runChild } from '../support/child.ts';
import { startFakeEdge } from '../support/fake-edge.ts';
import { NOONMARK, runNoonmark } from '../support/noonmark.ts';
import { NODE } from '../support/root.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const KEY = 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw';
const EDGE = 'https://time.example.org';

/** Authorities, of which one has lost a letter. */
const DAMAGED = join(makeTempDir(), 'ca.pem');
const pem = readFileSync(makeCertificate().ca, 'latin1');
writeFileSync(DAMAGED, pem + pem.replace(/MII/, 'MI'));

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
    [['time', EDGE, '--ca', '/nowhere/at/all'], 'it cannot be read: ENOENT'],
    [['stamp'], 'which edge? Name its URL with --url, or set NOONMARK_URL'],
    [['time', EDGE, '--ca', NOONMARK], 'it holds no certificate in PEM'],
    [['time', EDGE, '--ca', DAMAGED], 'certificate 2 of 2 in it is damaged'],
    [['verify', EDGE], "required option '--gateway-key <id>' not specified"],
    [['audit'], 'which edge? Name its URL, or set NOONMARK_URL'],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish'],
  ])('%j', async (args, text) => {
    const { code, stdout, stderr } = await runNoonmark(args);
    expect(stderr).toContain(text);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it.each([
    [['--warn', '2s'], '--warn is above --crit, which is 1s where it is not named'],
    [['--nothing'], "unknown option '--nothing'"],
  ])('of a monitoring plugin is UNKNOWN: skew %j', async (args, text) => {
    const { code, stdout, stderr } = await runNoonmark(['skew', EDGE, ...args]);
    expect(stderr).toContain(text);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  });

  it('is an edge in NOONMARK_URL that is no URL', async () => {
    const { code, stderr } = await runNoonmark(['time'], { env: { NOONMARK_URL: 'time.example.org' } });
    expect(stderr).toContain('NOONMARK_URL is invalid. an edge is named by its URL');
    expect(code).toBe(2);
  });
});

describe('what cannot be written', { concurrent: true }, () => {
  /** `where` is what a shell does with what is printed. */
  const printed = (where: string, args: readonly string[], input = '') =>
    runChild('sh', ['-c', `{ "$@"; echo "exit $?" >&2; } ${where}`, 'sh', NODE, NOONMARK, ...args], { input });

  it.skipIf(!existsSync('/dev/full')).each(['time', 'stamp', 'completion'])('is no success of %s', async (name) => {
    await using edge = await startFakeEdge();
    const args = { time: [edge.origin], stamp: ['--url', edge.origin], completion: ['zsh'] }[name] ?? [];
    const { stderr } = await printed('> /dev/full', [name, ...args], 'a line\n');
    expect(stderr).toBe('noonmark: ENOSPC: not all could be written to standard output\nexit 3\n');
  });

  it('changes no verdict where nobody reads it', async () => {
    const { stderr } = await printed('| true', ['skew', 'http://127.0.0.1:1']);
    expect(stderr).toBe('exit 3\n');
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
    const helps = await Promise.all(commands.map((name) => runNoonmark([name, '--help'])));
    for (const [place, { code, stdout }] of helps.entries()) {
      expect(code).toBe(0);
      expect(stdout, commands[place]).toMatch(/^Examples?:\n {2}.*noonmark /m);
      if (stdout.includes('--timeout')) expect(stdout, commands[place]).toMatch(/\bExit codes: /);
    }
  });
});

describe('completion', { concurrent: true }, () => {
  /** What bash offers once it has been told by us. */
  const offered = async (script: string, ...words: readonly string[]): Promise<readonly string[]> => {
    const line = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _noonmark; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { code, stdout, stderr } = await runChild('bash', ['--norc', '-uc', `${script}\n${line}`, 'bash', ...words]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout.trim().split('\n');
  };

  it('in bash offers commands, and then their options', async () => {
    const { stdout: script } = await runNoonmark(['completion', 'bash']);
    expect(await offered(script, 'noonmark', 'ver')).toEqual(['verify']);
    const commands = commandsIn((await runNoonmark(['--help'])).stdout).filter((name) => name !== 'help');
    expect(await offered(script, 'noonmark', '')).toEqual(commands);
    expect(await offered(script, 'noonmark', 'skew', '--w')).toEqual(['--warn']);
    expect(await offered(script, 'noonmark', 'skew', EDGE, '--c')).toEqual(['--ca', '--crit']);
    expect(await offered(script, 'noonmark', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await offered(script, 'noonmark', 'nothing', '')).toEqual(['']);
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
    const here = [`XDG_STATE_HOME=${makeTempDir()}`];
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

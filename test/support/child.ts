/** Programs that tests start. None survives: each is stopped by its test, and all that is left when the test process ends. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { atExit } from './at-exit.ts';
import { ROOT } from './root.ts';

export type Child = {
  readonly pid: number;
  readonly stdin: Writable;
  /** All that it has said so far. */
  readonly said: { stdout: string; stderr: string };
  /** Its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Asks it to end (SIGTERM), and after two seconds no longer asks. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type ChildOptions = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> };

const GRACE_MS = 2_000;
const running = new Set<ChildProcessWithoutNullStreams>();
atExit(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program in the checkout, with `env` added to this process's own. */
export const startChild = async (
  command: string,
  args: readonly string[] = [],
  { cwd = ROOT, env = {} }: ChildOptions = {},
): Promise<Child> => {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  child.stdin.on('error', () => {}); // it may end without having read what it was given
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await once(child, 'spawn');
  running.add(child);
  child.once('exit', () => running.delete(child));

  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const grace = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await ended;
    clearTimeout(grace);
  };
  return { pid: child.pid!, stdin: child.stdin, said, ended, stop, [Symbol.asyncDispose]: stop };
};

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/**
 * Runs a program to its end and collects what it says.
 *
 * @throws where it has not ended `withinMs`, with what it said until then.
 */
export const runChild = async (
  command: string,
  args: readonly string[] = [],
  { input = '', withinMs = 30_000, ...options }: ChildOptions & { input?: string; withinMs?: number } = {},
): Promise<Ran> => {
  await using child = await startChild(command, args, options);
  child.stdin.end(input);
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    child.stop();
  }, withinMs);
  const code = await child.ended;
  clearTimeout(limit);
  if (isLate) throw new Error(`${command}: not ended within ${withinMs} ms\n${child.said.stdout}${child.said.stderr}`);
  return { code, ...child.said };
};

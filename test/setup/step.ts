/** One program of the test run: its words go straight to the terminal, and nothing of it is left when it is over. */
import { spawn } from 'node:child_process';
import { ROOT } from '../support/root.ts';

/** How a step ended; `why` only where it was not by itself and with exit code 0. */
export type Ended = { readonly seconds: number; readonly why?: string };

const endGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: all of it is gone already
  }
};

/**
 * Runs a JavaScript program under this very Node, whatever other `node` the machine has.
 *
 * It leads a process group of its own. When it ends, takes too long, or we are told to stop, the whole group is ended:
 * what a crashed test left running does not survive it.
 */
export const runStep = (
  script: string,
  args: readonly string[],
  { limitSeconds, env }: { readonly limitSeconds: number; readonly env: NodeJS.ProcessEnv },
): Promise<Ended> => {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, env, stdio: 'inherit', detached: true });
  const group = child.pid;
  const end = () => group !== undefined && endGroup(group);
  const interrupted = () => {
    end();
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);

  return new Promise((resolve) => {
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      end();
    }, limitSeconds * 1_000);
    const done = (why?: string) => {
      clearTimeout(limit);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      end();
      const seconds = (performance.now() - startedAt) / 1_000;
      resolve(why === undefined ? { seconds } : { seconds, why });
    };
    child.once('error', (error) => done(error.message));
    child.once('exit', (code, signal) => {
      if (isLate) done(`ended after ${limitSeconds} s`);
      else done(code === 0 ? undefined : `exit ${code ?? signal}`);
    });
  });
};

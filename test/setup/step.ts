/** One program of the test run: its words go straight to the terminal, and nothing of it is left when it is over. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../support/root.ts';

const GRACE_MS = 500;

/** Asked first: who is killed at once leaves its files behind. */
const endGroup = async (leader: number): Promise<void> => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(-leader, signal);
    } catch {
      return; // ESRCH: nothing of it is left
    }
    await sleep(GRACE_MS);
  }
};

/**
 * Runs a JavaScript program under this very Node, whatever other `node` the machine has.
 *
 * It leads a process group of its own. When it ends, takes too long, or we are told to stop, the whole group is ended:
 * what a crashed test left running does not survive it.
 *
 * @returns why it is not good; undefined where it ended by itself with exit code 0.
 */
export const runStep = (
  script: string,
  args: readonly string[],
  { limitSeconds, env }: { readonly limitSeconds: number; readonly env: NodeJS.ProcessEnv },
): Promise<string | undefined> => {
  const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, env, stdio: 'inherit', detached: true });
  const end = async () => child.pid !== undefined && endGroup(child.pid);
  const interrupted = () => {
    child.removeAllListeners(); // no next step
    end().then(() => process.exit(130));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);

  return new Promise((resolve) => {
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      end();
    }, limitSeconds * 1_000);
    const done = async (why?: string) => {
      clearTimeout(limit);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      await end();
      resolve(why);
    };
    child.once('error', (error) => done(error.message));
    child.once('exit', (code, signal) => {
      if (isLate) done(`ended after ${limitSeconds} s`);
      else done(code === 0 ? undefined : `exit ${code ?? signal}`);
    });
  });
};

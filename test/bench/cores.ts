/** Who runs on which core: with two of them, who answers and who asks do not take each other's time. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { runChild } from '../support/child.ts';
import { NODE } from '../support/root.ts';

const ASKING = '0';
const ANSWERING = '1';
/** `taskset` is Linux's. */
export const isPinned = process.platform === 'linux' && availableParallelism() > 1;

const children = (): readonly string[] =>
  readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim().split(' ');

/** Of the child that runs this program, which some library has started; NaN where the system is not Linux. */
export const childPid = (program: string): number => {
  if (process.platform !== 'linux') return Number.NaN;
  const runs = (pid: string): boolean => readFileSync(`/proc/${pid}/comm`, 'latin1').trim() === program;
  return Number(children().find(runs));
};

/** All that this process has started so far and still runs, with all its threads, moves to where programs answer. */
export const moveChildrenToAnswering = async (): Promise<void> => {
  if (!isPinned) return;
  for (const child of children()) {
    const { code, stderr } = await runChild('taskset', ['--all-tasks', '--cpu-list', '--pid', ANSWERING, child]);
    if (code !== 0) throw new Error(stderr);
  }
};

const LONGEST_MS = 900_000;

/** Runs a script that asks, to its end. @returns what it prints as JSON. */
export const runAsking = async <Load>(...args: readonly string[]): Promise<Load> => {
  const [command, ...rest] = isPinned ? ['taskset', '--cpu-list', ASKING, NODE, ...args] : [NODE, ...args];
  const { code, stdout, stderr } = await runChild(command!, rest, { withinMs: LONGEST_MS });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Load;
};

const TICK_S = 0.01;
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** What a process has used so far, user and system, all threads; NaN for NaN. proc(5), counted behind the name. */
export const cpuSeconds = (pid: number): number => {
  if (Number.isNaN(pid)) return Number.NaN;
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * TICK_S;
};

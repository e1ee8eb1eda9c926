/** A program that runs in this one's place: it has its standard streams, and gets the signals that are meant for it. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { attempt } from '../../attempt.ts';

export type Program = {
  /** False where there is none of that name that may be run. */
  readonly isStarted: boolean;
  /** What a shell would say of its end: its exit code, or 128 and the signal's number; 127 or 126 where it was not started. */
  readonly ended: Promise<number>;
};

/** As shells have it. */
export const NOT_FOUND = 127;
export const NOT_RUNNABLE = 126;
const BY_SIGNAL = 128;

const SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const;
/** What a terminal sends, it sends to the program as well: passed on, it would come twice. */
const OF_TERMINAL: readonly string[] = ['SIGINT', 'SIGQUIT'];

/** Without a shell. As this returns, the program has been started, or has not. */
export const runProgram = ([file, ...args]: readonly [string, ...string[]]): Program => {
  const passOn = (signal: NodeJS.Signals): void => {
    if (!(OF_TERMINAL.includes(signal) && isatty(0))) child?.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, passOn); // before there is a program that would be left alone
  // Of what it cannot start, Node says some at once: arguments that are too many, a path through a file, no name.
  const child = attempt(() => spawn(file, args, { stdio: 'inherit' }));
  const ended = new Promise<number>((resolve) => {
    if (!child) return resolve(NOT_RUNNABLE);
    child.once('exit', (code, signal) => resolve(code ?? BY_SIGNAL + (signal ? constants.signals[signal] : 0)));
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve(error.code === 'ENOENT' ? NOT_FOUND : NOT_RUNNABLE);
    });
  }).finally(() => {
    for (const signal of SIGNALS) process.off(signal, passOn);
  });
  return { isStarted: child?.pid !== undefined, ended };
};

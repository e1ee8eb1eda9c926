/** `waitsync`: for what must not start before the time is known. */
import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds, type Nanos, nanos } from '#contract/time.ts';
import { formatDuration } from '#contract/units.ts';
import { askControl, whyUnanswered } from '../io/control.ts';
import { boundText } from '../status/figures.ts';
import type { Status } from '../status/status.ts';
import { NO, NO_DAEMON } from './exit-codes.ts';

export type WaitOptions = {
  readonly stateDir: string;
  /** Absent: any bound will do. */
  readonly within?: Nanos;
  readonly timeout: Nanos;
  readonly json?: true;
};

type Outcome = 'good' | 'too-wide' | 'unsynchronized' | 'no-daemon';

const EVERY_MS = 200;
/** A daemon that takes longer is busy starting, or hangs. */
const ANSWER_MS = 3_000;
/** What takes no longer needs no words. */
const PATIENCE_MS = 1_000;

export const waitsync = async (options: WaitOptions): Promise<void> => {
  const { stateDir, within, timeout, json } = options;
  const began = performance.now();
  const waited = (): Nanos => milliseconds(performance.now() - began);
  let status: Status | undefined;
  let outcome: Outcome;
  for (;;) {
    status = (await askControl(stateDir, '/status', ANSWER_MS)) as Status | undefined;
    outcome = outcomeOf(status, within);
    if (outcome === 'good' || waited() >= timeout) break;
    tellProgress(`${formatDuration(nanos(Math.floor(waited() / 1e9) * 1e9))}: ${stateText(status)}`, waited());
    await sleep(Math.min(EVERY_MS, Math.max((timeout - waited()) / 1e6, 0)));
  }
  tellProgress('', waited());

  if (outcome !== 'good') process.exitCode = outcome === 'no-daemon' ? NO_DAEMON : NO;
  const after = formatDuration(waited());
  if (json) {
    const uncertaintyMs = status?.clock?.uncertaintyMs ?? null;
    const waitedSeconds = Math.round(waited() / 1e6) / 1e3;
    console.log(JSON.stringify({ outcome, uncertaintyMs, waitedSeconds }));
  } else if (outcome === 'good') console.log(`${stateText(status)}, after ${after}`);
  else if (outcome === 'no-daemon') console.error(`noonmark-gateway: after ${after}: ${whyUnanswered(stateDir)}`);
  else console.error(`noonmark-gateway: not in time: after ${after} ${stateText(status)}`);
};

const outcomeOf = (status: Status | undefined, within: Nanos | undefined): Outcome => {
  if (!status) return 'no-daemon';
  if (!status.synchronized || !status.clock) return 'unsynchronized';
  return within === undefined || milliseconds(status.clock.uncertaintyMs) <= within ? 'good' : 'too-wide';
};

const stateText = (status: Status | undefined): string => {
  if (!status) return 'no gateway answers';
  if (!status.synchronized || !status.clock) return 'not synchronized';
  return `synchronized to ± ${boundText(status.clock.uncertaintyMs)}`;
};

/** On a terminal's last line; nothing takes it away again. */
const tellProgress = (text: string, waited: Nanos): void => {
  if (process.stderr.isTTY && waited >= milliseconds(PATIENCE_MS)) process.stderr.write(`\r\x1b[K${text}`);
};

/**
 * What is written to the state directory: never a reason to stop. A disk that is full, or read-only, is said once, what could not be
 * written is tried again until it is, and time is served meanwhile.
 */
import { log } from './log.ts';

export type Keeping = {
  /** Does it now, or says so and tries again; the newest for a path takes the place of the last. @returns whether it is done. */
  readonly keep: (path: string, act: () => void) => boolean;
  /** The same in two halves, for what takes a while. @param again - tries once more, and tells of that. */
  readonly failed: (path: string, fault: string, again: () => void) => void;
  readonly done: (path: string) => void;
  /** What is not written at present, by path, and how often something was not. */
  readonly state: () => { readonly faults: Readonly<Record<string, string>>; readonly failures: number };
};

const AGAIN_MS = 10_000;

/** @param later - calls it after a while. */
export const openKeeping = (later: (fire: () => void) => void): Keeping => {
  const waiting = new Map<string, { readonly fault: string; readonly again: () => void }>();
  let [failures, isAwaited] = [0, false];

  const tryAll = (): void => {
    isAwaited = false;
    for (const { again } of [...waiting.values()]) again();
    waitOn();
  };
  const waitOn = (): void => {
    if (isAwaited || waiting.size === 0) return;
    isAwaited = true;
    later(tryAll);
  };
  const failed: Keeping['failed'] = (path, fault, again) => {
    failures++;
    const msg = `${fault}: tried again every ${AGAIN_MS / 1e3} s, time is served meanwhile`;
    if (waiting.size === 0) log({ event: 'state-dir', level: 'warn', file: path, msg });
    waiting.set(path, { fault, again });
    waitOn();
  };
  const done: Keeping['done'] = (path) => {
    if (!waiting.delete(path) || waiting.size > 0) return;
    log({ event: 'state-dir', file: path, msg: 'what could not be written is written now' });
  };
  const keep: Keeping['keep'] = (path, act) => {
    try {
      act();
    } catch (error) {
      failed(path, error instanceof Error ? error.message : `${error}`, () => void keep(path, act));
      return false;
    }
    done(path);
    return true;
  };
  return {
    keep,
    failed,
    done,
    state: () => ({
      faults: Object.fromEntries([...waiting].map(([path, { fault }]) => [path, fault])),
      failures,
    }),
  };
};

/** This process's: it has one state directory. */
export const keeping = openKeeping((fire) => void setTimeout(fire, AGAIN_MS).unref());

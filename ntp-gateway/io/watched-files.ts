/** Files that others write while we run: an editor, a configuration manager, Kubernetes by a symbolic link. */
import { statSync } from 'node:fs';

export type Watch = {
  /** Looks at once; what has changed counts, settled or not. */
  readonly look: () => void;
  /** Tells once more at the next look, changed or not: what kept the files from being used may pass and leave no trace on them. */
  readonly again: () => void;
  readonly close: () => void;
};

const LOOK_MS = 2_000;

/**
 * Tells of each change, once nothing has changed from one look to the next: nobody writes two files at once, nor a long one. It also
 * tells that a file has gone, and the first look's state: what was read before may have been another.
 */
export const watchFiles = (paths: () => readonly string[], changed: () => void, lookMs = LOOK_MS): Watch => {
  let told: string | undefined;
  let seen: string | undefined;
  const look = (isSettled: (state: string) => boolean): void => {
    const state = paths().map(stateOf).join();
    const isNews = state !== told && isSettled(state);
    seen = state;
    if (!isNews) return;
    told = state;
    changed();
  };
  const timer = setInterval(() => look((state) => state === seen), lookMs).unref();
  const again = (): void => {
    told = undefined;
  };
  return { look: () => look(() => true), again, close: () => clearInterval(timer) };
};

/** Changes whenever the file does, or why it cannot be looked at. */
const stateOf = (path: string): string => {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
};

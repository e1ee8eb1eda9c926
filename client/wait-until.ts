import type { Clock, World } from './clock.ts';

/** How long a timer is relied on, in ms: it stands still while the host sleeps. */
const LONGEST_MS = 1_000;

/** Resolves once it certainly is after that moment; rejects with the signal's reason. */
export const waitUntil = (
  unixMs: number,
  signal: AbortSignal,
  { after, now, timer }: Pick<Clock, 'after' | 'now'> & Pick<World, 'timer'>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    if (Number.isNaN(unixMs)) throw new RangeError('NaN is no moment');
    let cancel = (): void => {};
    const end = (): void => {
      cancel();
      reject(signal.reason);
    };
    const check = (): void => {
      if (!after(unixMs)) {
        cancel = timer(Math.min(Math.max(unixMs - now().earliest, 1), LONGEST_MS), check);
        return;
      }
      signal.removeEventListener('abort', end);
      resolve();
    };
    if (signal.aborted) return end();
    signal.addEventListener('abort', end, { once: true });
    check();
  });
